#!/usr/bin/env bash
# tcprewrite 4.4.3: new addresses and ports go into the packets and into ARP, not into what ICMP errors quote of them.
#
# Guess: --pnat, --seed, --endpoints and --portmap do what a NAT does: an error ("port unreachable", "fragmentation needed") still
# belongs to the packet that it is about, whose header it quotes (RFC 5508 says so for NATs). ARP is rewritten, too.
# So it is: the outer header has the new addresses, the quoted one the old ones and the old ports, checksums right, status 0. A stack that gets
# the replayed capture finds no connection for the error and drops it, so path MTU discovery and refused ports are not played; readers
# file it under a connection that is not in the capture; and a capture made over with --seed has the old addresses still.
# What helps: to leave the addresses and give them to the receiver; or scapy for the errors: new = packet[ICMP][IPerror].
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
# shellcheck source=lib/pcap.sh
. "$lib/pcap.sh"
unpack tcpreplay=4.4.3-1 tshark=4.0.17-0+deb12u3
export HOME=$tmp LC_ALL=C TZ=UTC

# "hello" over UDP from 10.0.0.1 port 5000 to 10.0.0.2 port 5001, the answer that this port is unreachable, and an ARP request
ask=00000000000002000000000008004500002100010000401166c90a0000010a00000213881389000d80ee68656c6c6f
unreachable=00000000000002000000000008004500003d00010000400166bd0a0000020a0000010303111e000000004500002100010000401166c90a0000010a00000213881389000d80ee68656c6c6f
arp=ffffffffffff000000000001080600010800060400010000000000010a0000010000000000000a000002
capture old.pcap 1 65535 $ask $unreachable $arp

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
fields() { # FRAME FIELD...: of new.pcap, all occurrences
	local field fields=()
	for field in "${@:2}"; do fields+=(-e "$field"); done
	run tshark -r new.pcap -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -Y "frame.number == $1" -T fields "${fields[@]}" 2>/dev/null | tr '\t' ' '
}
rewrite() {
	local rc=0
	run tcprewrite -i old.pcap -o new.pcap "$@" >said 2>&1 || rc=$?
	expect "tcprewrite $*" "status $rc, $(wc -l <said) lines" "status 0, 0 lines"
}
run tcprewrite --version 2>&1 | sed -n 1p
rewrite --pnat=10.0.0.0/24:192.168.7.0/24 --portmap=5001:6001
expect "  packet" "$(fields 1 ip.src ip.dst udp.dstport)" "192.168.7.1 192.168.7.2 6001"
expect "  error, and what it quotes" "$(fields 2 ip.src ip.dst udp.dstport)" "192.168.7.2,10.0.0.1 192.168.7.1,10.0.0.2 5001"
expect "  checksums of error and quoted header" "$(fields 2 ip.checksum.status icmp.checksum.status)" "1,1 1"
expect "  ARP" "$(fields 3 arp.src.proto_ipv4 arp.dst.proto_ipv4)" "192.168.7.1 192.168.7.2"
rewrite --seed=7
expect "  packets with an old address outside" "$(for n in 1 2; do fields $n ip.src | grep -c '^10\.0\.0\.' || true; done | paste -sd ' ')" "0 0"
expect "  quoted by the error" "$(fields 2 ip.src ip.dst | sed 's/[0-9.]*,//g')" "10.0.0.1 10.0.0.2"
exit $bad
