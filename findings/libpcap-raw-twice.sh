#!/usr/bin/env bash
# libpcap 1.10.3 refuses a pcapng file with two interfaces of raw IP: it takes their types for different ones.
#
# Guess: a file with two interfaces is read when both have one link type and one snap length; that is libpcap's known rule.
# So it is for Ethernet, Linux cooked, BSD loopback, raw IPv4. Two interfaces of raw IP (101: tun, WireGuard, PPP, IPIP) are
# refused at the first packet: "an interface has a type 101 different from the type of the first interface", whose type is 101. 101 is
# not what libpcap calls it inside (12), where most numbers are; the first is kept by the inner name, and the
# others are compared by the number in the file. A file with one raw interface is read, so is the same capture as pcap.
# mergecap -I none writes such a file, and its default mode does when the interfaces differ in anything else, as any program may that
# captures on two tunnels at once.
# What helps: `editcap -F pcap`. The message is no sign of different types.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
# shellcheck source=lib/pcap.sh
. "$lib/pcap.sh"
unpack wireshark-common=4.0.17-0+deb12u3 tcpdump=4.99.3-1 libpcap0.8=1.10.3-1

# UDP, 192.0.2.1 port 4000 to 192.0.2.2 port 9, one byte
ip=4500001d000100004011f6ccc0000201c00002020fa000090009000078
bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
tcpdump() { # FILE: status, packets, what it complains of
	local rc=0
	run tcpdump -n -r "$1" >out 2>err || rc=$?
	echo "status $rc, $(grep -c '192\.0\.2\.1' out || true) packets$(sed -n 's/^.*pcap_[a-z]*: /, /p' err)"
}
two_of() { # LINKTYPE HEADER: two captures of that type, merged with an interface each
	capture one.pcap "$1" 262144 "$2$ip"
	run mergecap -I none -w two.pcapng one.pcap one.pcap
	tcpdump two.pcapng
}
{ run tcpdump --version 2>&1 || true; } | sed -n 1,2p
good="status 0, 2 packets"
expect "two of Ethernet (1)" "$(two_of 1 0200000000010200000000020800)" "$good"
expect "two of BSD loopback (0)" "$(two_of 0 02000000)" "$good"
expect "two of Linux cooked (113)" "$(two_of 113 00000001000602000000000100000800)" "$good"
expect "two of Linux cooked v2 (276)" "$(two_of 276 0800000000000001000100060200000000010000)" "$good"
expect "two of raw IPv4 (228)" "$(two_of 228 "")" "$good"
expect "two of raw IP (101)" "$(two_of 101 "")" \
	"status 1, 0 packets, an interface has a type 101 different from the type of the first interface"
echo "what that file says of its interfaces:"
run capinfos -I two.pcapng | grep -E 'Encapsulation|Capture length'
run editcap -F pcap two.pcapng two.pcap
expect "the same as pcap" "$(tcpdump two.pcap)" "$good"
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
