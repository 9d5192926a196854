#!/usr/bin/env bash
# tshark 4.0.17: -z follow,tcp,raw puts an English sentence into the bytes of a stream where the capture lacks some.
#
# Guess: "raw" (the hex of the payload, to be had back by xxd -r -p) and "yaml" (base64) have the bytes that were sent. Where the
# capture lost a segment there is a hole, an error or zeros; a sentence for it is for "ascii", which people read.
# So it is: "[20 bytes missing in capture file]" and a NUL, 35 bytes, are in the stream as its payload, in hex and in base64, looking
# like any other segment; what comes after is 15 bytes further on than it was sent. Status 0, and nothing on standard error. In yaml
# it is a packet of its own, at the time 0, with the number of a packet that is another one's (here the server's answer).
# What helps: tshark -Y tcp.analysis.lost_segment before; or -T fields -e tcp.seq -e tcp.payload, and the joining by oneself.
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

# one connection, 192.0.2.1 port 4000 to 192.0.2.2 port 80, as raw IPv4 with right checksums: 9, 20 and 9 bytes, and an acknowledgement
acked=45000028000040004006b6ccc0000202c000020100500fa0000013890000040f5010ffff04490000
capture whole.pcap 101 65535 $syn $synack $ack $first $middle $last $acked
capture short.pcap 101 65535 $syn $synack $ack $first $last $acked

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
follow() { # FORMAT NAME: the stream, in said; status and what is on standard error beside the warning for root
	local rc=0
	run tshark -r "$2.pcap" -q -z "follow,tcp,$1,0" >said 2>err || rc=$?
	echo "status $rc, $(grep -c -v '^Running as user' err || true) lines on standard error"
}
text() { LC_ALL=C tr '\0\r\n' '0rn'; } # of bytes, with NUL as 0
run tshark --version 2>/dev/null | sed -n 1p
for name in whole short; do
	expect "$name, raw" "$(follow raw $name)" "status 0, 0 lines on standard error"
	hex=$(grep -E '^[0-9a-f]+$' said | tr -d '\n')
	case $name in whole) wanted='GET /one HTTP/1.0rnLonger: 12Host: arn';; short) wanted='GET /one [20 bytes missing in capture file]0Host: arn';; esac
	expect "  back from hex" "$(bytes "$hex" | text)" "$wanted"
	expect "$name, yaml" "$(follow yaml $name)" "status 0, 0 lines on standard error"
	expect "  back from base64" "$(sed -n 's/^ *\([A-Za-z0-9+/]*=*\)$/\1/p' said | while read -r line; do base64 -d <<<"$line"; done | text)" "$wanted"
done
expect "times at 0 in yaml" "$(grep -c 'timestamp: 0.000000000' said)" 1
exit $bad
