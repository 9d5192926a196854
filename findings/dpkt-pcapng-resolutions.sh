#!/usr/bin/env bash
# python3-dpkt 1.9.8 takes the time resolution of a pcapng file from its first interface alone.
#
# Guess: dpkt.pcapng.Reader gives each packet's time in seconds, whatever if_tsresol its interface has; each packet of the
# format names its interface.
# So it is: the resolution of the first interface is taken for all. A capture that mergecap made of a microsecond and a nanosecond
# file has packets of the year 55840, or, the other way round, of January 1970; no error, no warning. Each file alone is
# read right, so it shows only once files are merged.
# What helps: mergecap -F nsecpcap (or pcap), whose files have one resolution; or editcap -F pcap on each file before.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack python3-dpkt=1.9.8-1 python3-minimal=3.11.2-1+b1 wireshark-common=4.0.17-0+deb12u3 coreutils # 40 MB of packages
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

# a packet each: at 1700000000.25 s in microseconds, at 1700000000.75 s in nanoseconds
cat >root/work/make.py <<'PY'
import struct
for name, magic, part in (('micro', 0xa1b2c3d4, 250000), ('nano', 0xa1b23c4d, 750000000)):
    with open(name + '.pcap', 'wb') as f:
        f.write(struct.pack('<IHHiIII', magic, 2, 4, 0, 0, 65535, 1))
        f.write(struct.pack('<IIII', 1700000000, part, 60, 60) + bytes(60))
PY
cat >root/work/times.py <<'PY'
import dpkt, sys
with open(sys.argv[1], 'rb') as f:
    kind = dpkt.pcapng if sys.argv[1].endswith('ng') else dpkt.pcap
    print(' '.join('%.2f' % time for time, data in kind.Reader(f)))
PY
inside python3.11 make.py
export HOME=$tmp
run mergecap -a -w root/work/micro-first.pcapng root/work/{micro,nano}.pcap
run mergecap -a -w root/work/nano-first.pcapng root/work/{nano,micro}.pcap
run mergecap -a -F nsecpcap -w root/work/both.pcap root/work/{micro,nano}.pcap

bad=0
expect() { # FILE TIMES
	local got
	got=$(inside python3.11 times.py "$1")
	echo "$1: $got"
	[ "$got" = "$2" ] || { bad=1; echo "  NOT AS DESCRIBED, was $2"; }
}
echo "dpkt $(inside python3.11 -c 'import dpkt; print(dpkt.__version__)'); interfaces of micro-first.pcapng:"
run capinfos root/work/micro-first.pcapng | grep -E 'Time precision|resolution' || true
expect micro-first.pcapng "1700000000.25 1700000000750.00"
expect nano-first.pcapng "1700000000.75 1700000.00"
expect both.pcap "1700000000.25 1700000000.75"
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
