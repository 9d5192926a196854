#!/usr/bin/env bash
# libpcap 1.10.3 with mergecap 4.0.17: what mergecap makes of two ordinary captures cannot be read by tcpdump if their snap lengths differ.
#
# Guess: mergecap writes a capture, tcpdump reads captures. One file was taken with -s 96 and one without; their packets are Ethernet
# in both, none is longer than 96 bytes.
# So it is: mergecap writes pcapng with an interface for each file, and keeps each one's snap length. libpcap opens the file, and
# gives up before the *first* packet, not where the other interface has its first: "an interface has a snapshot length 96 different
# from the snapshot length of the first interface". So a filter or a count of packets that would leave the second out does not help,
# and `editcap -s` does not either: it cuts packets and leaves the interfaces as they say. Whatever reads through libpcap
# shares this; what reads as Wireshark does (capinfos, tshark) does not.
# What helps: write pcap, which has one snap length for all: `mergecap -F pcap`, or `editcap -F pcap` afterwards.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
# shellcheck source=lib/pcap.sh
. "$lib/pcap.sh"
unpack wireshark-common=4.0.17-0+deb12u3 tcpdump=4.99.3-1 libpcap0.8=1.10.3-1

# UDP, 192.0.2.1 port 4000 to 192.0.2.2 port 9, one byte, in Ethernet
packet=02000000000102000000000208004500001d000100004011f6ccc0000201c00002020fa000090009000078
capture long.pcap 1 262144 "$packet" "$packet"
capture short.pcap 1 96 "$packet"
run mergecap -w merged.pcapng long.pcap short.pcap
run mergecap -F pcap -w merged.pcap long.pcap short.pcap
run editcap -s 64 merged.pcapng cut.pcapng
run editcap -r merged.pcapng first.pcapng 1
run editcap -F pcap merged.pcapng after.pcap

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
tcpdump() { # ARGUMENT...: status, packets, what it complains of
	local rc=0
	run tcpdump -n "$@" >out 2>err || rc=$?
	echo "status $rc, $(wc -l <out) packets$(sed -n 's/^.*pcap_[a-z]*: /, /p' err)"
}
{ run tcpdump --version 2>&1 || true; } | sed -n 1,2p
run mergecap --version | sed -n 1p
refused="an interface has a snapshot length 96 different from the snapshot length of the first interface"
expect "each by itself" "$(tcpdump -r long.pcap); $(tcpdump -r short.pcap)" "status 0, 2 packets; status 0, 1 packets"
expect "merged" "$(tcpdump -r merged.pcapng)" "status 1, 0 packets, $refused"
expect "merged, one packet asked for" "$(tcpdump -c 1 -r merged.pcapng)" "status 1, 0 packets, $refused"
expect "only the first interface's packet kept" "$(tcpdump -r first.pcapng)" "status 1, 0 packets, $refused"
expect "packets cut to 64" "$(tcpdump -r cut.pcapng)" "status 1, 0 packets, $refused"
expect "merged as pcap" "$(tcpdump -r merged.pcap)" "status 0, 3 packets"
expect "made pcap afterwards" "$(tcpdump -r after.pcap)" "status 0, 3 packets"
expect "capinfos, of the refused one" "$(run capinfos -Trc merged.pcapng | cut -f2)" 3
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
