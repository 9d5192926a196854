#!/usr/bin/env bash
# tshark 4.0.17: with SOCKS in a capture the numbers of streams have holes, and a loop over them misses the last ones.
#
# Guess: tcp.stream counts connections from 0, so of N conversations (`-z conv,tcp`) the streams are 0 to N-1, and a loop with
# `-z follow,tcp,raw,I` has them all.
# So it is: the dissector of SOCKS makes a conversation of its own for what is asked of the proxy, which takes a number: no packet ever
# has it. Three connections over a proxy on port 1080 and one behind them are 0, 2, 4 and 6. Following 1 shows an empty stream of
# node ":0", status 0; and the loop over four numbers has seen two connections. The same capture with SOCKS on another port,
# which tshark does not know, is 0 to 3.
# What helps: the numbers that there are: `-T fields -e tcp.stream | sort -nu`; --disable-protocol socks.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack tshark=4.0.17-0+deb12u3 python3=3.11.2-1+b1

cat >capture.py <<'PY'
import struct, sys
proxy, path = int(sys.argv[1]), sys.argv[2]
packets = []
def packet(ports, seq, ack, flags, data=b""):
    ends = [b"\x0a\0\0" + (b"\1" if port >= 40000 else b"\2") for port in ports]
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0, *ends)
    packets.append(ip + struct.pack(">HHIIBBHHH", *ports, seq, ack, 0x50, flags, 65535, 0, 0) + data)
def connection(client, server, talk):
    numbers = [1, 1]
    packet((client, server), 0, 0, 2)
    packet((server, client), 0, 1, 18)
    packet((client, server), 1, 1, 16)
    for way, data in talk + [(0, None), (1, None)]:
        ports = (client, server) if way == 0 else (server, client)
        packet(ports, numbers[way], numbers[1 - way], 17 if data is None else 24, data or b"")
        numbers[way] += 1 if data is None else len(data)
where = b"\x01\xc0\0\2\1\x1f\x90"
for i in range(3):
    connection(40000 + i, proxy, [(0, b"\5\1\0"), (1, b"\5\0"), (0, b"\5\1\0" + where), (1, b"\5\0\0" + where), (0, b"hello\n"), (1, b"yes\n")])
connection(41000, 7777, [(0, b"the last\n"), (1, b"yes\n")])
with open(path, "wb") as out:
    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    for i, data in enumerate(packets):
        out.write(struct.pack("<IIII", 1700000000, i * 1000, len(data), len(data)) + data)
PY
run python3.11 capture.py 1080 socks.pcap
run python3.11 capture.py 1088 other.pcap
run tshark --version 2>/dev/null | sed -n 1p

bad=0
expect() { # WHAT SEEN DESCRIBED
	echo "$1: $2"
	if [ "$2" != "$3" ]; then bad=1; echo "  NOT AS DESCRIBED, was $3"; fi
}
on() { run tshark -r "$@" 2>/dev/null; }
streams() { on "$1" -T fields -e tcp.stream "${@:2}" | sort -nu | xargs; }
expect "conversations" "$(on socks.pcap -q -z conv,tcp | grep -c '<->')" 4
expect "streams" "$(streams socks.pcap)" "0 2 4 6"
expect "streams, the proxy on another port" "$(streams other.pcap)" "0 1 2 3"
expect "streams, without the dissector" "$(streams socks.pcap --disable-protocol socks)" "0 1 2 3"
expect "stream 1, followed" "$(on socks.pcap -q -z follow,tcp,raw,1 | grep '^Node' | xargs)" "Node 0: :0 Node 1: :0"
seen=0
for i in 0 1 2 3; do
	if on socks.pcap -q -z "follow,tcp,raw,$i" | grep '10.0.0' >/dev/null; then seen=$((seen + 1)); fi
done
expect "connections seen by a loop over four numbers" "$seen" 2
exit $bad
