#!/usr/bin/env bash
# scapy 2.5.0: packet.time is the capture's, packet[IP].time of the same packet is the moment when it was taken apart.
#
# Guess: packet[TCP] is a view of the packet, so its time is the packet's. Loops over layers are how scapy is used
# ("for p in rdpcap(f): if TCP in p: times.append(p[TCP].time)").
# So it is: each layer is a Packet with a time of its own, set to time.time() when it is made; only the outermost gets the time from
# the file. Of an old capture the layers are "now", some microseconds apart and increasing, so that intervals look like real ones.
# Writing the layers again (wrpcap of packet[IP], to take the Ethernet header off) gives a capture of today. Copies keep the time;
# Ether(bytes(packet)) does not.
# What helps: the time of the outermost packet only; after taking a layer out: layer.time = packet.time.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
# shellcheck source=lib/pcap.sh
. "$lib/pcap.sh"
unpack python3-scapy=2.5.0+dfsg-2 python3=3.11.2-1+b1 coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

# two empty segments of a connection, on Ethernet, a millisecond apart, of November 2023
capture root/work/old.pcap 1 65535 $ethernet$syn $ethernet$ack
cat >root/work/times.py <<'PY'
import logging, time
logging.disable(logging.CRITICAL)
import warnings
warnings.simplefilter("ignore")
import scapy
from scapy.all import rdpcap, wrpcap, Ether, IP, TCP
start = time.time()
packets = rdpcap("old.pcap")
def age(t):
    return str(t) if t < 1700000100 else "now" if t >= start else "another"
print("version", scapy.__version__)
print("packet", *[age(p.time) for p in packets])
print("IP", *[age(p[IP].time) for p in packets])
print("TCP", *[age(p[TCP].time) for p in packets])
print("copy", *[age(p.copy().time) for p in packets])
print("again", *[age(Ether(bytes(p)).time) for p in packets])
wrpcap("ip.pcap", [p[IP] for p in packets])
print("written", *[age(p.time) for p in rdpcap("ip.pcap")])
PY
inside env HOME=/work python3 times.py >said 2>err || { cat err; exit 2; }
cat said
diff - said <<'SAID' || { echo "  NOT AS DESCRIBED"; exit 1; }
version 2.5.0
packet 1700000000.001000 1700000000.002000
IP now now
TCP now now
copy 1700000000.001000 1700000000.002000
again now now
written now now
SAID
