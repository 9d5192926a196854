#!/usr/bin/env bash
# scapy 2.5.0: ignores if_tsoffset of pcapng: such a capture is of 1970, or lies beside another by years.
#
# Guess: scapy's times of a pcapng are those of tshark; it reads if_tsresol, so the other option of the same kind, too.
# So it is: if_tsoffset (seconds to be added to each time of the interface) is skipped. A capture whose interface has it
# begins in 1970.
# Nothing is warned of. tshark has the right time of the same packets.
# What helps: editcap -F pcapng IN OUT before: it writes absolute times.
#
# Exit status: 0 as described, 1 not so, 2 could not be run (no root or user namespaces).
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
# shellcheck source=lib/pcap.sh
. "$lib/pcap.sh"
unpack python3-scapy=2.5.0+dfsg-2 python3=3.11.2-1+b1 coreutils tshark=4.0.17-0+deb12u3 wireshark-common=4.0.17-0+deb12u3
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

syn=$ethernet$syn
ack=$ethernet$ack
at=1700000000000000
{ section; packet $at $syn; packet $((at + 1000)) $ack; } >root/work/plain.pcapng
# option 14, eight bytes: 1700000000
{ section 0e00080000f153650000000000000000; packet 0 $syn; packet 1000 $ack; } >root/work/offset.pcapng
cp root/work/*.pcapng .
run editcap -F pcapng offset.pcapng root/work/anew.pcapng

cat >root/work/times.py <<'PY'
import logging, sys, warnings
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
from scapy.all import rdpcap
for name in sys.argv[1:]:
    print(name, *[str(p.time) for p in rdpcap(name)])
PY
for name in plain offset anew; do
	echo "tshark $name.pcapng $(run tshark -r "$([ $name != anew ] || echo root/work/)$name.pcapng" -T fields -e frame.time_epoch 2>/dev/null | paste -sd ' ')"
done >said
inside env HOME=/work python3 times.py plain.pcapng offset.pcapng anew.pcapng >>said 2>err || { cat err; exit 2; }
cat said
diff - said <<'SAID' || { echo "  NOT AS DESCRIBED"; exit 1; }
tshark plain.pcapng 1700000000.000000000 1700000000.001000000
tshark offset.pcapng 1700000000.000000000 1700000000.001000000
tshark anew.pcapng 1700000000.000000000 1700000000.001000000
plain.pcapng 1700000000 1700000000.001
offset.pcapng 0 0.001
anew.pcapng 1700000000 1700000000.001
SAID
