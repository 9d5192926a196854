#!/usr/bin/env bash
# tshark and capinfos 4.0.17: a vendor's custom block in a pcapng is a frame without a time, and takes the capture's times along.
#
# Guess: a reader skips custom blocks of somebody it does not know, as the format asks for.
# So it is: tshark makes a frame of it. A capture of two packets has three frames, and all frame numbers behind it are one higher than
# tcpdump's; -T fields gives an empty line for it. capinfos counts two packets, but because one record has no time, it has "n/a" for
# first, last and duration of the whole file. Status 0, nothing on stderr.
# What helps: -Y frame.time_epoch (frames that have a time), and frame numbers never compared between tools.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
# shellcheck source=lib/pcap.sh
. "$lib/pcap.sh"
unpack tshark=4.0.17-0+deb12u3 wireshark-common=4.0.17-0+deb12u3 tcpdump=4.99.3-1

syn=$ethernet$syn
ack=$ethernet$ack
at=1700000000000000
{ section; packet $at $syn; packet $((at + 1000)) $ack; } >plain.pcapng
# 32473 is the enterprise number for examples
{ section; block 0xbad d97e000068656c6c6f; packet $at $syn; packet $((at + 1000)) $ack; } >custom.pcapng

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
frames() { run tshark -r "$1" -T fields -e frame.number -e frame.time_epoch 2>/dev/null | tr '\t\n' ' ;'; }
info() { run capinfos -T -r -c -u -a "$1" 2>&1 | cut -f 2-4 | tr '\t' ' '; }
export TZ=UTC
for name in plain custom; do
	expect "$name, tcpdump" "$(run tcpdump -nr $name.pcapng 2>/dev/null | grep -c IP) packets" "2 packets"
done
expect "plain, tshark" "$(frames plain.pcapng)" "1 1700000000.000000000;2 1700000000.001000000;"
expect "custom, tshark" "$(frames custom.pcapng)" "1 ;2 1700000000.000000000;3 1700000000.001000000;"
expect "plain, capinfos" "$(info plain.pcapng)" "2 0.001000 2023-11-14 22:13:20.000000"
expect "custom, capinfos" "$(info custom.pcapng)" "2 n/a n/a"
expect "custom, tshark -Y frame.time_epoch" "$(run tshark -r custom.pcapng -Y frame.time_epoch 2>/dev/null | grep -c .) frames" "2 frames"
exit $bad
