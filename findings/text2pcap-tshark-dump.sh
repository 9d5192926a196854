#!/usr/bin/env bash
# text2pcap 4.0.17: of what tshark -x prints it makes packets that were not in the capture.
#
# Guess: `tshark -r in.pcap -x | text2pcap - out.pcap` gives the packets back, without their times: both are of one house.
# So it is: for each message put together from several segments (also for what is decrypted or uncompressed) tshark prints a second dump,
# "Reassembled TCP (21 bytes):", below that of the frame, and text2pcap makes a packet of it: Ethernet addresses of letters, and the numbers
# of all later packets are one more. "wrote 5 packets" of 4, status 0. In a capture without such messages all is well. -a, which text2pcap(1)
# wants for dumps with text beside, is no help against it; without -a the packet of "...200 OK" is a byte longer too, as "00 OK"
# begins like one; and with -a the dump without text (noascii) loses bytes, here 11 of 75.
# What helps: tshark --hexdump frames --hexdump noascii, and text2pcap without -a.
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

# a request, the response whose end is the FIN, the FIN, its acknowledgement: right checksums
request=00000000000002000000000008004500003a00010000400666bb0a0000010a0000029c400050000003d7000013895018ffff0928
request+=0000474554202f20485454502f312e300d0a0d0a
response=00000000000002000000000008004500003d00010000400666b80a0000020a00000100509c4000001389000003e95018ffffb478
response+=0000485454502f312e3020323030204f4b0d0a0d0a6869
fin=00000000000002000000000008004500002800010000400666cd0a0000020a00000100509c400000139e000003e95011ffffe7b90000
ack=00000000000002000000000008004500002800010000400666cd0a0000010a0000029c400050000003e90000139f5010ffffe7b90000
capture http.pcap 1 65535 $request $response $fin $ack
capture raw.pcap 1 65535 $request $fin $ack

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
lengths() { run tshark -r "$1" -T fields -e frame.len 2>/dev/null | paste -sd ' '; }
back() { # CAPTURE TSHARK-OPTIONS TEXT2PCAP-OPTIONS: lengths of the packets that come back, status
	local rc=0 dump=() options=()
	read -r -a dump <<<"$2"
	read -r -a options <<<"$3"
	run tshark -r "$1" "${dump[@]}" >dump.txt 2>/dev/null
	run text2pcap "${options[@]}" dump.txt out.pcap >said 2>&1 || rc=$?
	echo "$(lengths out.pcap), status $rc"
}
run text2pcap --version | sed -n 1p
expect "the capture" "$(lengths http.pcap)" "72 75 54 54"
expect "-x" "$(back http.pcap -x "")" "72 76 54 21 54, status 0"
grep -A 2 Reassembled dump.txt
expect "-x, text2pcap -a" "$(back http.pcap -x -a)" "72 75 54 21 54, status 0"
expect "-x, nothing put together" "$(back raw.pcap -x "")" "72 54 54, status 0"
expect "frames" "$(back http.pcap "--hexdump frames" "")" "72 76 54 54, status 0"
expect "frames, noascii, text2pcap -a" "$(back http.pcap "--hexdump frames --hexdump noascii" -a)" "72 64 54 54, status 0"
expect "frames, noascii" "$(back http.pcap "--hexdump frames --hexdump noascii" "")" "72 75 54 54, status 0"
exit $bad
