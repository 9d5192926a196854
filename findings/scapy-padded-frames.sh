#!/usr/bin/env bash
# scapy 2.5.0: packet[TCP].payload of an ACK without data has six bytes, those that fill the Ethernet frame.
#
# Guess: what is behind the TCP header up to the length that the IP header says is the payload: len(packet[TCP].payload) is 0 for a bare
# ACK, and bytes(packet[TCP].payload) of "hi" are b"hi", as tshark's tcp.len and tcp.payload say.
# So it is: Ethernet fills frames up to 60 bytes, which is in captures of what was received. Those bytes are a layer "Padding" behind the
# payload, and payload, len() and bytes() have them: each ACK has six zero bytes "of data", a short message ends in zeros, sums of
# payload and streams put together from bytes(packet[TCP].payload) are wrong. Captures taken on the sending side have no such
# bytes, so it works when it is tried. dpkt cuts them off.
# What helps: packet[Raw].load if Raw in packet; or the length from the headers: IP.len - 4 * (IP.ihl + TCP.dataofs).
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
# shellcheck source=lib/pcap.sh
. "$lib/pcap.sh"
unpack python3-scapy=2.5.0+dfsg-2 python3-dpkt=1.9.8-1 python3=3.11.2-1+b1 tshark=4.0.17-0+deb12u3 wireshark-common=4.0.17-0+deb12u3 coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }
export HOME=$tmp LC_ALL=C

# A bare ACK and one with "hi", as IP; on Ethernet with what fills the frame, and without.
hi=4500002a000040004006b6cac0000201c00002020fa00050000003e9000013895018ffffdbfc00006869
fill() { # PACKET: to 46 bytes
	local packet=$1
	while [ ${#packet} -lt 92 ]; do packet+=00; done
	echo "$packet"
}
# shellcheck disable=SC2154 # of pcap.sh
{
	capture received.pcap 1 65535 "$ethernet$(fill "$ack")" "$ethernet$(fill $hi)"
	capture sent.pcap 1 65535 "$ethernet$ack" "$ethernet$hi"
}
cp received.pcap sent.pcap root/work/
cat >root/work/payload.py <<'PY'
import logging
logging.disable(logging.CRITICAL)
import warnings
warnings.simplefilter("ignore")
import dpkt, scapy
from scapy.all import IP, TCP, Raw, rdpcap
print("version", scapy.__version__)
for name in "sent", "received":
    packets = rdpcap(name + ".pcap")
    print(name, "len", *[len(p[TCP].payload) for p in packets])
    print(name, "bytes", *[bytes(p[TCP].payload) for p in packets])
    print(name, "raw", *[p[Raw].load if Raw in p else b"" for p in packets])
    print(name, "headers", *[p[IP].len - 4 * (p[IP].ihl + p[TCP].dataofs) for p in packets])
    with open(name + ".pcap", "rb") as file:
        print(name, "dpkt", *[dpkt.ethernet.Ethernet(data).data.data.data for time, data in dpkt.pcap.Reader(file)])
PY
inside python3 payload.py >said 2>/dev/null
for name in sent received; do
	echo "$name tshark" "$(run tshark -r $name.pcap -T fields -e tcp.len 2>/dev/null | paste -sd ' ')" >>said
done
cat said
bad=0
is() { # LINE...: among what was said
	local line
	for line; do grep -qxF -- "$line" said || { bad=1; echo "NOT AS DESCRIBED: $line"; }; done
}
is "sent len 0 2" "sent bytes b'' b'hi'" "received len 6 6" "received bytes b'\\x00\\x00\\x00\\x00\\x00\\x00' b'hi\\x00\\x00\\x00\\x00'" \
	"received raw b'' b'hi'" "received headers 0 2" "received dpkt b'' b'hi'" "received tshark 0 2"
exit $bad
