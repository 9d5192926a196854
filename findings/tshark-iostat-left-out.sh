#!/usr/bin/env bash
# tshark 4.0.17: -z io,stat leaves packets out that end an interval exactly, or all of them when the first one is late.
#
# Guess: `-z io,stat,1` puts each packet into the second of its time, counted from the first one, also when a few are out of order
# (several queues, merged interfaces). Whatever the intervals, their sum is the number of packets.
# So it is: a packet that comes late is counted with the one before it, so of 1, 2, 3, 5.5 and 4.1 s there is a second without
# packets and one with two: a gap and a burst that never were. If the last packet is a whole number of intervals after the first,
# it is in no line, though the last line says "<> Dur": four of 1, 2, 3, 4, 5 s; and late ones with it: three of 1, 2, 3, 5, 4 s.
# If the first packet is the latest (5, 1, 2, 3, 4 s: one written too early) the table has no line at all, duration 0, also with
# -z io,stat,0, "all of it". Status 0, no warning; -z conv counts all five, capinfos too.
# What helps: reordercap before (capinfos -o says whether it is needed); -z io,stat,0 beside, to compare the sum.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
# shellcheck source=lib/pcap.sh
. "$lib/pcap.sh"
unpack tshark=4.0.17-0+deb12u3 wireshark-common=4.0.17-0+deb12u3
export HOME=$tmp LC_ALL=C TZ=UTC

syn=000000000001000000000002080045000028000040004006b6ccc0000201c00002020fa00050000003e8000000005002ffff18070000
written() { # TENTH...: a capture of packets at these tenths of a second
	local tenth
	section ""
	for tenth; do packet $((1700000000000000 + tenth * 100000)) $syn; done
}
written 10 20 30 41 55 >order.pcapng
written 10 20 30 40 50 >whole.pcapng
written 10 20 30 55 41 >late.pcapng
written 10 20 30 50 40 >both.pcapng
written 50 10 20 30 40 >early.pcapng
run reordercap early.pcapng sorted.pcapng >/dev/null

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
frames() { # NAME INTERVAL: of each line of the table
	run tshark -r "$1.pcapng" -q -z "io,stat,$2" 2>/dev/null >said
	awk -F '|' '/<>/ { printf "%s%d", n++ ? " " : "", $3; } END { if (!n) printf "no lines"; }' said
}
run tshark --version 2>/dev/null | sed -n 1p
for case in order:"1 1 1 1 1":5 whole:"1 1 1 1":5 late:"1 1 1 0 2":5 both:"1 1 1 0":5 early:"no lines":"no lines" sorted:"1 1 1 1":5; do
	IFS=: read -r name second all <<<"$case"
	expect "$name, capinfos" "$(run capinfos -M -T -r -c "$name.pcapng" | cut -f 2)" 5
	expect "$name, conversations" "$(run tshark -r "$name.pcapng" -q -z conv,ip 2>/dev/null | sed -n 's/.*<->.* \([0-9]*\) [0-9]* bytes *[-0-9.]* *[0-9.]*$/\1/p')" 5
	expect "$name, each second" "$(frames "$name" 1)" "$second"
	expect "$name, as a whole" "$(frames "$name" 0)" "$all"
done
cat said
exit $bad
