#!/usr/bin/env bash
# Clients out of 16.0.0.0/8 and out of an IPv6 prefix, as T-Rex has them: in a network namespace of
# our own, which needs no root. Also: what reaches the server is what was captured, piece by piece.
set -euo pipefail
. "$(dirname "$0")/replay_lib.sh"
: "${FLOWDAR:?}" "${FLOWDAR_BUILD:?}" "${FLOWDAR_SOURCE:?}"
need unshare ip jq
captures=$FLOWDAR_SOURCE/tests/captures
if [ -z "${IN_NAMESPACE:-}" ]; then
	unshare -rn true 2>/dev/null || skip "this kernel lets nobody make a network namespace"
	rm -rf "$replay_work"
	IN_NAMESPACE=1 exec unshare -rn bash "$0"
fi

cd "$replay_work"
ip link set lo up
ip route add local 16.0.0.0/8 dev lo
ip route add local 48.0.0.0/16 dev lo
v6=1
ip -6 route add local fd16::/64 dev lo 2>/dev/null || v6=

replay() {
	"$FLOWDAR" replay --max-lag 0 "$@" -o journal.jsonl --format json >summary.json
}

expect() {
	[ "$2" = "$3" ] || fail "$1: got $2, expected $3; $(head -c 2000 summary.json)"
}

figure() {
	jq "[.replay[].$1] | add" summary.json
}

hosts() {
	jq -r '.client | sub(":[0-9]+$"; "")' journal.jsonl | sort -u
}

echo_start
# The target is the namespace's own by its route: no --allow-remote.
replay "$captures/replay-echo.pcap" --to "48.0.0.1:$port" --sources 16.0.0.0/8 --clones 300 --speed 2
expect ok "$(figure ok)" 3600
expect hosts "$(hosts | wc -l)" 300
expect "hosts elsewhere" "$(hosts | grep -vc '^16\.' || true)" 0
expect "first host" "$(hosts | sort -V | head -1)" 16.0.0.1

# A prefix that is smaller than the number of clones: hosts are shared, addresses and ports are not.
replay "$captures/replay-echo.pcap" --to "48.0.0.1:$port" --sources 16.0.0.0/30 --clones 10
expect ok "$(figure ok)" 120
expect hosts "$(hosts | wc -l)" 2
expect "addresses and ports" "$(jq -r .client journal.jsonl | sort -u | wc -l)" 120

# An address that is not ours gives a verdict for each, not a hang.
status=0
replay "$captures/replay-echo.pcap" --to "48.0.0.1:$port" --sources 17.0.0.0/24 2>err || status=$?
expect exit $status 1
expect "local errors" "$(figure local_error)" 12

if [ -n "$v6" ]; then
	echo_start -6
	replay "$captures/replay-echo.pcap" --to "[fd16::99]:$port" --sources fd16::/64 --allow-remote --clones 20
	expect "ok, IPv6" "$(figure ok)" 240
	expect "hosts, IPv6" "$(hosts | wc -l)" 20
	replay "$captures/replay-udp.pcap" --to "[::1]:$port" --clones 5
	expect "ok, UDP over IPv6" "$(figure ok)" 25
else
	echo "no IPv6 here: left out"
fi

# What the wire sees: the same pieces, in size, order and direction, session by session, and the
# same way of ending. tshark is the referee; its streams are numbered in order of their SYNs.
if command -v dumpcap >/dev/null && command -v tshark >/dev/null; then
	echo_start
	capture_start wire.pcap "tcp port $port"
	replay "$captures/replay-echo.pcap" --to "127.0.0.1:$port"
	capture_stop wire.pcap
	# client FILE PORT: a line a packet of the client: stream, bytes, FIN, RST. Retransmissions and
	# bare acknowledgements say nothing about what the client did.
	client() {
		tshark -r "$1" -Y "tcp.dstport == $2 && !tcp.analysis.retransmission && (tcp.len > 0 || tcp.flags.fin == 1 || tcp.flags.reset == 1)" \
			-T fields -e tcp.stream -e tcp.len -e tcp.flags.fin -e tcp.flags.reset 2>/dev/null |
			sort -s -n -k1,1
	}
	captured_port=$(tshark -r "$captures/replay-echo.pcap" -c 1 -T fields -e tcp.dstport 2>/dev/null)
	client "$captures/replay-echo.pcap" "$captured_port" >captured.txt
	client wire.pcap "$port" >played.txt
	[ -s captured.txt ] || fail "the referee saw nothing"
	diff -u captured.txt played.txt >wire.diff || fail "other pieces on the wire than captured: $(head -30 wire.diff)"
else
	echo "no tshark: the wire is not looked at"
fi
echo "replay in a namespace: done"
