#!/usr/bin/env bash
# tshark 4.0.17: the nine decimals of the times in -z follow,tcp,yaml are not those of the packets.
#
# Guess: "timestamp: 1700000000.003000021" is what it looks like, the packet's time in nanoseconds, the one that -T fields -e
# frame.time_epoch gives; it can be joined with other outputs by it, and times of one capture in microseconds end in 000.
# So it is: the time goes through a double, whose steps are 238 ns in our days, and is written with the digits of the double: ...003000 is
# ...003000021, ...005000 is ...005000114. Packets less than a step apart may have one time, distances are wrong by up to 238 ns, and
# nothing can be joined by it. Everywhere else (fields, json, pdml, frame.time_delta) tshark keeps the nine digits.
# What helps: the field "packet" beside it, a frame's number, joined with -T fields -e frame.number -e frame.time_epoch.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
# shellcheck source=lib/pcap.sh
. "$lib/pcap.sh"
unpack tshark=4.0.17-0+deb12u3
export HOME=$tmp LC_ALL=C TZ=UTC

# one connection, 192.0.2.1 port 4000 to 192.0.2.2 port 80, on Ethernet with right checksums: 9, 20 and 9 bytes of payload
capture micro.pcap 1 65535 $ethernet$syn $ethernet$synack $ethernet$ack $ethernet$first $ethernet$middle $ethernet$last
{ # the same with times in nanoseconds (if_tsresol 9): the three segments 100 ns apart
	section 0900010009000000
	at=1700000000000000000
	for one in $syn $synack $ack $first $middle $last; do packet $((at += 100)) "$ethernet$one"; done
} >nano.pcapng

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
run tshark --version 2>/dev/null | sed -n 1p
fields() { run tshark -r "$1" -Y tcp.len -T fields -e frame.time_epoch 2>/dev/null | tail -n 3 | sed 's/^1700000000//' | paste -sd ' '; }
followed() { run tshark -r "$1" -q -z follow,tcp,yaml,0 2>/dev/null | sed -n 's/.*timestamp: 1700000000//p' | paste -sd ' '; }
expect "microseconds, fields" "$(fields micro.pcap)" ".004000000 .005000000 .006000000"
expect "microseconds, followed" "$(followed micro.pcap)" ".003999949 .005000114 .006000042"
expect "nanoseconds, fields" "$(fields nano.pcapng)" ".000000400 .000000500 .000000600"
expect "nanoseconds, followed" "$(followed nano.pcapng)" ".000000477 .000000477 .000000715"
exit $bad
