#!/usr/bin/env bash
# pcapfix 1.1.7: "fixes corruptions" of whole pcapng files: TLS keys go, and packets without a time become unreadable.
#
# Guess: a repair tool leaves a file alone that has nothing wrong ("Nothing to fix!"), and so can be run over all that comes in.
# So it is: a block of a type that it does not know is taken for damage. A capture with decryption secrets (as editcap
# --inject-secrets writes them) has "3 Corruption(s) fixed!", and the fixed file has all packets and no keys: it
# can no longer be decrypted. A vendor's custom block goes the same way. Simple packet blocks, the short form of a packet without
# a time, are counted as corruptions, too, and capinfos finds no packet in what is
# written any more. Status 0 in all these; of the originals it counts all packets.
# What helps: pcapfix only on what tshark or capinfos has refused; the original kept (it writes fixed_NAME beside it).
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
# shellcheck source=lib/pcap.sh
. "$lib/pcap.sh"
unpack pcapfix=1.1.7-2 tshark=4.0.17-0+deb12u3 wireshark-common=4.0.17-0+deb12u3

syn=$ethernet$syn
ack=$ethernet$ack
at=1700000000000000
{ section; packet $at $syn; packet $((at + 1000)) $ack; } >plain.pcapng
{ section; block 10 4b534c540400000061620a0a; packet $at $syn; packet $((at + 1000)) $ack; } >secrets.pcapng
{ section; block 0xbad d97e000068656c6c6f; packet $at $syn; packet $((at + 1000)) $ack; } >custom.pcapng
{ section; block 3 "$(hex32 54)$syn"; block 3 "$(hex32 54)$ack"; } >simple.pcapng

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
packets() { run capinfos -c -T -r "$1" 2>/dev/null | cut -f 2; }
fix() { # NAME: what is said, its packets before and after
	local status=0
	run pcapfix "$1.pcapng" >said 2>&1 || status=$?
	echo "$(packets "$1.pcapng") packets, $(tail -n 2 said | grep -oE 'Nothing to fix|[0-9]+ Corruption.*fixed'), status $status, $([ ! -e "fixed_$1.pcapng" ] && echo as it was || packets "fixed_$1.pcapng")"
}
expect "plain" "$(fix plain)" "2 packets, Nothing to fix, status 0, as it was"
expect "secrets" "$(fix secrets)" "2 packets, 3 Corruption(s) fixed, status 0, 2"
expect "keys before and after" "$(grep -c 'ab' secrets.pcapng) $(grep -c 'ab' fixed_secrets.pcapng || :)" "1 0"
expect "custom" "$(fix custom)" "2 packets, 3 Corruption(s) fixed, status 0, 2"
expect "simple packets" "$(fix simple | sed 's/, [0-9]* C/, several C/')" "2 packets, several Corruption(s) fixed, status 0, "
exit $bad
