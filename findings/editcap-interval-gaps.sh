#!/usr/bin/env bash
# editcap 4.0.17: -i SECONDS writes a file for every interval without packets, named by packets that are not in it.
#
# Guess: `editcap -i 10 in.pcap out.pcap` cuts a capture into files of ten seconds that have packets, each named by its first one.
# So it is: a gap of 100 seconds makes ten files, nine of them empty or nearly so; a night between two packets makes thousands, and
# a wrong clock in one packet as many as the disk takes. The name's time is that of the packet that ended the gap: several files
# have the same one, none of it theirs. A packet that is exactly on the border is in the file before it.
# What helps: to go by the number in the name, or by capinfos, not by the time; to drop empty ones after (capinfos -Tm -c).
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack wireshark-common=4.0.17-0+deb12u3
export HOME=$tmp TZ=UTC

# four packets of 20 bytes: at 0, 5, 100 and 105 s after 1700000000, which is 2023-11-14 22:13:20
bytes() { local hex; for hex; do printf '%b' "\\x${hex:0:2}"; [ -z "${hex:2}" ] || bytes "${hex:2}"; done; }
u32() { bytes "$(printf '%08x' "$1" | sed -E 's/(..)(..)(..)(..)/\4\3\2\1/')"; }
{
	u32 0xa1b2c3d4; bytes 0200 0400; u32 0; u32 0; u32 65535; u32 1
	for after in 0 5 100 105; do u32 $((1700000000 + after)); u32 0; u32 20; u32 20; head -c 20 /dev/zero; done
} >gap.pcap

run editcap --version | sed -n 1p
run editcap -i 10 gap.pcap part.pcap
got=
for part in part_*; do
	packets=$(run capinfos -M -c "$part" | sed -n 's/^Number of packets: *//p')
	echo "$part: $packets packets"
	got+="${part:6:4} at ${part:19:6}: $packets, "
done
wanted="0000 at 221320: 2, "
for n in 1 2 3 4 5 6 7 8; do wanted+="000$n at 221500: 0, "; done
wanted+="0009 at 221500: 1, 0010 at 221505: 1, "
if [ "$got" = "$wanted" ]; then echo "as described"; else echo "not as described, was $wanted" >&2; exit 1; fi
