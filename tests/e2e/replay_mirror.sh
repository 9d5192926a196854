#!/usr/bin/env bash
# The mirror: clients talk to one server, the mirror plays them at another. In a network namespace of
# our own, where we may capture without root.
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

figure() {
	jq "[.replay[].$1] | add" mirrored.json
}

expect() {
	[ "$2" = "$3" ] || fail "$1: got $2, expected $3; $(head -c 1500 mirrored.json); $(cat mirror.err)"
}

# mirror_start ARGUMENTS...: from the server at $from, on $interface.
interface=lo
from_host=127.0.0.1
mirror_start() {
	rm -f mirror.err mirrored.jsonl
	setsid "$FLOWDAR" mirror -i "$interface" --from "$from_host:$from" -o mirrored.jsonl --format json \
		--timeout 3s "$@" >mirrored.json 2>mirror.err 4>&- &
	mirror=$!
	replay_pids+=("$mirror")
	wait_for "the mirror" grep -q "watching $interface" mirror.err
}

# mirror_stop COUNT: when so many sessions are over; a Ctrl-C, and exit 130.
mirror_stop() {
	local status=0
	wait_for "what is mirrored" played mirrored.jsonl "$1"
	kill -INT "$mirror"
	wait "$mirror" || status=$?
	expect "exit after Ctrl-C" $status 130
}

echo_start
from=$port
echo_start
to=$port

# Five sessions of datagrams, and twelve with all that sessions do; each once.
mirror_start --to "127.0.0.1:$to"
"$FLOWDAR" replay "$captures/replay-udp.pcap" --to "127.0.0.1:$from" >/dev/null
"$FLOWDAR" replay "$captures/replay-echo.pcap" --to "127.0.0.1:$from" >/dev/null
mirror_stop 12
expect sessions "$(figure sessions)" 17
expect ok "$(figure ok)" 12
# Datagrams have no end: those flows were not yet silent for long enough to be called over.
expect "UDP flows going on" "$(figure stopped)" 5
expect "UDP answers" "$(jq -s '[.[] | select(.transport == "udp") | .received_bytes] | add' mirrored.jsonl)" 225
expect bytes "$(figure sent_bytes)" "$(figure received_bytes)"
[ "$(figure sent_bytes)" -gt 15000 ] || fail "only $(figure sent_bytes) bytes were mirrored"
grep -q '17 sessions seen' mirror.err || fail "the capture is not told: $(cat mirror.err)"

# Multiplied: every clone with an address of its own.
mirror_start --to "127.0.0.1:$to" --clones 5
"$FLOWDAR" replay "$captures/replay-echo.pcap" --to "127.0.0.1:$from" --clones 10 --asap >/dev/null
mirror_stop 600
expect "ok, multiplied" "$(figure ok)" 600
expect "addresses" "$(jq -r '.client | split(":")[0]' mirrored.jsonl | sort -u | wc -l)" 600

# A session that runs already is joined at its next request: four of ten are left then.
exec 4<>"/dev/tcp/127.0.0.1/$from"
for i in 1 2 3 4 5; do
	echo "request $i" >&4
	read -r -u 4 answer
	[ "$answer" = "request $i" ] || fail "the echo server said: $answer"
done
mirror_start --to "127.0.0.1:$to"
for i in 6 7 8 9 10; do
	echo "request $i" >&4
	read -r -u 4 answer
done
exec 4>&-
mirror_stop 1
expect "joined sessions" "$(figure sessions)" 1
expect "joined and ok" "$(figure ok)" 1
# The sixth request is the first that was seen; its answer tells where the seventh begins.
expect "requests after joining" "$(figure exchanges)" 4

# A target that refuses costs the mirrored clients nothing, and is told.
mirror_start --to "127.0.0.1:$(free_port)"
"$FLOWDAR" replay "$captures/replay-echo.pcap" --to "127.0.0.1:$from" --format json >replayed.json
[ "$(jq '[.replay[].ok] | add' replayed.json)" = 12 ] || fail "the mirror disturbed the clients"
mirror_stop 12
expect refused "$(figure refused)" 12

# On all interfaces at once, and on one that has no link layer.
interface=any
mirror_start --to "127.0.0.1:$to"
"$FLOWDAR" replay "$captures/replay-echo.pcap" --to "127.0.0.1:$from" >/dev/null
mirror_stop 12
expect "sessions on any" "$(figure sessions)" 12
expect "ok on any" "$(figure ok)" 12
if [ -w /dev/net/tun ]; then
	serve tun "$FLOWDAR_BUILD/tests/tun_back" tun0
	wait_for "a tun" grep -q 'there is tun0' tun.log
	ip addr add 198.18.0.1/24 dev tun0
	ip link set tun0 up
	for interface in tun0 any; do
		from_host=198.18.0.2
		mirror_start --to "127.0.0.1:$to"
		"$FLOWDAR" replay "$captures/replay-echo.pcap" --to "198.18.0.2:$from" --allow-remote \
			--sources 198.18.0.1/32 --format json >replayed.json
		expect "ok over tun0" "$(jq '[.replay[].ok] | add' replayed.json)" 12
		mirror_stop 12
		expect "sessions of tun0 on $interface" "$(figure sessions)" 12
		expect "ok of tun0 on $interface" "$(figure ok)" 12
	done
else
	echo "no /dev/net/tun for us here: left out"
fi

# What it cannot do.
for wrong in "-i nonsense --from 127.0.0.1:$from --to 127.0.0.1:$to" \
	"-i lo --from 127.0.0.1:$from --to 127.0.0.1:$from" "-i lo --to 127.0.0.1:$to" \
	"-i lo --from 127.0.0.1:$from --to 192.0.2.1:80"; do
	status=0
	# shellcheck disable=SC2086 # options
	timeout 120 "$FLOWDAR" mirror $wrong >out 2>err || status=$?
	[ $status = 1 ] || [ $status = 2 ] || fail "exit $status of: $wrong"
	[ ! -s out ] || fail "printed something: $wrong"
done
echo "mirror: done"
