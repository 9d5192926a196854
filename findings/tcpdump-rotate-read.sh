#!/usr/bin/env bash
# tcpdump 4.99.3: -G rotates by the clock on the wall, for packets that are read from a file, too.
#
# Guess: `tcpdump -r day.pcap -w part-%s.pcap -G 60` cuts a capture into files of a minute, as the same options do at capture time,
# each named by when it begins.
# So it is: the seconds are those that tcpdump itself runs. A file is read in less than that, so there is one part, with all packets,
# named by the time of day at which the command was given; status 0. A file so large that reading it takes minutes is cut at
# places that have nothing to do with its packets.
# What helps: editcap -i 60 (see editcap-interval-gaps.sh), or filters on time: editcap -A FROM -B TO.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack tcpdump=4.99.3-1

# four packets of 20 bytes: at 0, 5, 100 and 105 s after 1700000000
bytes() { local hex; for hex; do printf '%b' "\\x${hex:0:2}"; [ -z "${hex:2}" ] || bytes "${hex:2}"; done; }
u32() { bytes "$(printf '%08x' "$1" | sed -E 's/(..)(..)(..)(..)/\4\3\2\1/')"; }
{
	u32 0xa1b2c3d4; bytes 0200 0400; u32 0; u32 0; u32 65535; u32 1
	for after in 0 5 100 105; do u32 $((1700000000 + after)); u32 0; u32 20; u32 20; head -c 20 /dev/zero; done
} >gap.pcap

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
count() { run tcpdump --count -r "$1" 2>/dev/null; }
run tcpdump --version 2>&1 | head -2
before=$(date +%s)
run tcpdump -r gap.pcap -w 'part-%s.pcap' -G 10 2>/dev/null
after=$(date +%s)
expect "files" "$(find . -maxdepth 1 -name 'part-*' | wc -l)" 1
named=$(find . -maxdepth 1 -name 'part-*' -printf '%f' | tr -dc 0-9)
echo "named by $named; tcpdump was called at $before, the packets are of 1700000000 and later"
[ "$named" -ge "$before" ] && [ "$named" -le "$after" ] || { bad=1; echo "  NOT AS DESCRIBED"; }
expect "packets in it" "$(count "part-$named.pcap")" "4 packets"
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
