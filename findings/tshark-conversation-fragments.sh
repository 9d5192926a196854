#!/usr/bin/env bash
# tshark 4.0.17: of a UDP datagram that came in fragments -z conv,udp counts the last fragment's frame alone.
#
# Guess: tshark puts the fragments together and knows by that to which ports all of them belong, so that frames and bytes of a
# conversation are those of its traffic; -z conv,ip and -z conv,udp of a capture with nothing but UDP agree.
# So it is: ports, and with them the conversation and the protocol (-z io,phs), are known only in the frame
# that completes the datagram; the frames before it count for IP alone. Of 8 kB answers on Ethernet (NFS, DNSSEC, RADIUS, media) one
# frame of six is counted, the shortest. Rates by port are too small by that, and a filter (-Y udp.port == 5001) leaves the same
# frames out. With -o ip.defragment:FALSE it is the first fragment instead, not all of them.
# What helps: -z conv,ip; or -Y 'udp.port == 5001' for ip.id first and a second run for all frames with these.
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

# 80 bytes of UDP from 10.0.0.1 port 5000 to 10.0.0.2 port 5001 in three fragments, and an answer in one packet: 74, 74, 42 and 44 bytes
first=00000000000002000000000008004500003c00072000401146a80a0000010a0000021388138900581e5d303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f
second=00000000000002000000000008004500003c00072005401146a30a0000010a000002505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f7071727374757677
third=00000000000002000000000008004500001c0007000a401166be0a0000010a00000278797a7b7c7d7e7f
answer=00000000000002000000000008004500001e00080000401166c50a0000020a00000113891388000a555b6f6b
capture fragments.pcap 1 65535 $first $second $third $answer

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
said() { run tshark -r fragments.pcap -o "ip.defragment:$1" "${@:2}" 2>/dev/null; }
conversation() { # DEFRAGMENT PROTOCOL: frames and bytes of its one conversation
	said "$1" -q -z "conv,$2" | sed -n 's/.*<->.* \([0-9]*\) \([0-9]*\) bytes *[0-9.]* *[0-9.]*$/\1 frames, \2 bytes/p'
}
run tshark --version 2>/dev/null | sed -n 1p
for case in TRUE:86 FALSE:118; do
	IFS=: read -r defragment bytes <<<"$case"
	expect "ip.defragment $defragment, IP" "$(conversation "$defragment" ip)" "4 frames, 234 bytes"
	expect "ip.defragment $defragment, UDP" "$(conversation "$defragment" udp)" "2 frames, $bytes bytes"
	expect "  in the hierarchy" "$(said "$defragment" -q -z io,phs | sed -n 's/^ *udp *//p')" "frames:2 bytes:$bytes"
done
expect "frames of the port" "$(said TRUE -Y 'udp.port == 5001' -T fields -e frame.number | paste -sd ' ')" "3 4"
exit $bad
