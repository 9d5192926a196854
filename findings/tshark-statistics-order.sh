#!/usr/bin/env bash
# tshark 4.0.17 prints several -z statistics last first, and a conversation that is not there as an empty one.
#
# Guess: the results of `tshark -q -z A -z B -z C` come in the order in which they were asked for, and a follow of a stream number
# that the capture does not have is an error.
# So it is: C, B, A, whatever their kinds are. The payloads of many connections are read fastest in one start with one
# -z follow,tcp,raw,N each; a script that pairs the blocks with its list of N by position has each payload at the wrong connection
# (but for the one in the middle). A number that is not there is printed as a block with nodes ":0" and no bytes, status 0: a
# loop that asks for one too many finds a connection in which nobody said anything.
# What helps: take the number from the block's line "Filter: tcp.stream eq N", and pass over blocks whose node is ":0".
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack tshark=4.0.17-0+deb12u3 # 50 MB of packages
export HOME=$tmp # no settings of the user's

for n in 1 2 3; do # one segment each of three connections
	printf 'client %d\n' $n | od -Ax -tx1 | run text2pcap -q -T 400$n,80 - part$n.pcapng 2>/dev/null
done
run mergecap -a -w three.pcapng part1.pcapng part2.pcapng part3.pcapng

bad=0
expect() { # WANTED TAP...
	local wanted=$1 tap taps=() got rc=0
	shift
	for tap; do taps+=(-z "$tap"); done
	run tshark -r three.pcapng -q "${taps[@]}" >out 2>/dev/null || rc=$?
	got=$(sed -nE 's/^Filter: tcp.stream eq ([0-9]+)$/stream \1:/p; s/^Node 0: :0$/nobody/p; s/^(client [0-9])$/\1/p
		s/^(TCP Conversations|Protocol Hierarchy).*/\1,/p' out | paste -sd' ')
	echo "${taps[*]}"
	echo "  status $rc: $got"
	[ "$rc $got" = "0 $wanted" ] || { bad=1; echo "  NOT AS DESCRIBED, was $wanted"; }
}
run tshark --version 2>/dev/null | sed -n 1p
expect 'stream 2: client 3 stream 1: client 2 stream 0: client 1' follow,tcp,ascii,{0,1,2}
expect 'stream 0: client 1 TCP Conversations, Protocol Hierarchy,' io,phs conv,tcp follow,tcp,ascii,0
expect 'stream 3: nobody stream 2: client 3' follow,tcp,ascii,{2,3}
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
