#!/usr/bin/env bash
# Two hosts, each a network, a hostname and a session daemon of its own, send their traces to one lttng-relayd. What it has
# laid down is read as it lies: a host a row, a batch a recording each. What the one asked the other says how far their clocks
# are apart, and puts them right; and what is cut off of one host is not the other's.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/private.sh"
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
GENERATOR=$FLOWDAR_BUILD/tests/ctf/trace_generator
ECHO=$FLOWDAR_BUILD/bin/echo_server
for need in lttng lttng-relayd ip nsenter hostname jq python3; do
	command -v $need > /dev/null || { echo "skipped: needs $need"; exit 77; }
done
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns

# The relay daemon's host: the machines of both others are behind a bridge of it.
network() {
	ip netns add relay && ip -n relay link set lo up && ip -n relay link add br0 type bridge &&
		ip -n relay addr add 10.9.0.1/24 dev br0 && ip -n relay link set br0 up && linked alpha 10.9.0.15 && linked beta 10.9.0.14
}

# linked HOST ADDRESS
linked() {
	ip netns add "$1" && ip -n relay link add "v-$1" type veth peer name e0 netns "$1" && ip -n relay link set "v-$1" master br0 up &&
		ip -n "$1" link set lo up && ip -n "$1" addr add "$2/24" dev e0 && ip -n "$1" link set e0 up &&
		nsenter --net="/run/netns/$1" unshare -u -m true
}
network 2> "$WORK/network" || { echo "skipped: needs networks with a bridge between them: $(cat "$WORK/network")"; exit 77; }
on_relay=(nsenter --net=/run/netns/relay)
"${on_relay[@]}" lttng-relayd -o "$WORK/relay" -C tcp://10.9.0.1:5342 -D tcp://10.9.0.1:5343 -L tcp://10.9.0.1:5344 \
	> "$WORK/relayd.err" 2>&1 &
relayd=$!
wait_for 60 "${on_relay[@]}" bash -c 'exec 3<> /dev/tcp/10.9.0.1/5342' || fail "no relay daemon"

cat > "$WORK/host" << 'EOF'
hostname "$1"
mount -t tmpfs tmpfs /run/lttng && mount -t tmpfs tmpfs /dev/shm || exit
mkdir "$WORK/$1" && export HOME=$WORK/$1 LTTNG_HOME=$WORK/$1
lttng-sessiond --daemonize --no-kernel > /dev/null 2>&1 || exit
lttng -q create web --set-url=net://10.9.0.1 && lttng -q enable-event -u 'flowdar:*' &&
	lttng -q add-context -u -t vpid -t vtid -t procname && lttng -q start || exit
"$GENERATOR" all "$2"
export FLOWDAR_IO_SESSIONS=1
if [ "$1" = beta ]; then
	LD_PRELOAD=$FLOWDAR_BUILD/lib/flowdar/libflowdar-io.so "$ECHO" 8080 &
	touch "$WORK/serves"
	until [ -e "$WORK/asked" ]; do sleep 0.05; done
	kill $! && wait $! || exit
else
	LD_PRELOAD=$FLOWDAR_BUILD/lib/flowdar/libflowdar-io.so "$PYTHON" "$WORK/ask.py" || exit
	touch "$WORK/asked"
fi
lttng -q stop && lttng -q destroy
EOF
cat > "$WORK/ask.py" << 'EOF'
import socket, time
for n in range(30):
    for tries in range(1200):
        try:
            s = socket.create_connection(("10.9.0.14", 8080), 60)
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    for tries in range(3):
        s.sendall(b"x" * 300)
        left = 300
        while left:
            left -= len(s.recv(left))
    s.close()
EOF
# Not a script in front of it: that would be processes, too.
PYTHON=$(python3 -c "import sys; print(sys.executable)")
export GENERATOR ECHO PYTHON WORK
nsenter --net=/run/netns/beta unshare -u -m bash "$WORK/host" beta 200 > "$WORK/beta.err" 2>&1 &
beta=$!
wait_for 60 test -e "$WORK/serves" || fail "beta"
nsenter --net=/run/netns/alpha unshare -u -m bash "$WORK/host" alpha 100 > "$WORK/alpha.err" 2>&1 || fail "alpha"
wait $beta || fail "beta"
kill $relayd
wait $relayd 2> /dev/null || true

# by_host TRACE: "HOST PROCESSES SESSIONS CALLS" a line.
by_host() {
	"$FLOWDAR" analyze "$1" --by host --limit 0 --format json 2> "$WORK/analyze.err" |
		jq -r '.hosts[] | "\(.host) \(.processes) \(.sessions) \(.calls)"' | sort
}
by_host "$WORK/relay" > "$WORK/both"
[ "$(cut -d' ' -f1,2 "$WORK/both" | xargs)" = "alpha 2 beta 2" ] || fail "hosts: $(cat "$WORK/both")"
for host in alpha beta; do
	by_host "$WORK/relay/$host" | cmp - <(grep "^$host" "$WORK/both") || fail "$host alone has others"
done
"$FLOWDAR" batch "$WORK/relay" -o "$WORK/profiles" --format json > "$WORK/batch.json" 2> "$WORK/batch.err" || fail "batch"
[ "$(jq -r '.recordings[].recording' "$WORK/batch.json" | sed 's/-[0-9-]*$//' | sort | xargs)" = "alpha-web beta-web" ] ||
	fail "recordings: $(jq -c . "$WORK/batch.json")"

# Clocks that are 3 s apart, and what the hosts' clocks were apart before: they are of one kernel, so that is known.
offset_of() {
	grep -a -o 'offset = [0-9]*' "$1"/*/ust/uid/*/64-bit/metadata | awk '{ print $NF; exit }'
}
cp -r "$WORK/relay" "$WORK/apart"
for metadata in "$WORK"/apart/beta/*/ust/uid/*/64-bit/metadata; do
	offset=$(offset_of "$WORK/apart/beta")
	sed -i "s/offset = $offset/offset = $((offset + 3000000000))/" "$metadata"
done
by_host "$WORK/apart" | cmp - "$WORK/both" || fail "clocks that are apart"
said=$(sed -nE 's/.*the clock of host beta is ([0-9.]+) s ahead of that of alpha, \+-([0-9.]+ [mu]?s), by [0-9]+ messages of 30 connections: put right/\1 \2/p' \
	"$WORK/analyze.err")
awk -v truth=$(($(offset_of "$WORK/apart/beta") - $(offset_of "$WORK/apart/alpha"))) '{
	within = $2 * ($3 == "s" ? 1e9 : $3 == "ms" ? 1e6 : 1e3)
	off = $1 * 1e9 - truth
	exit !(within < 1e9 && off <= 1.1 * within + 1 && -off <= 1.1 * within + 1)
}' <<< "${said:-0 9 s}" || fail "not so: $said, $(cat "$WORK/analyze.err")"
for trace in relay apart; do
	"$FLOWDAR" info "$WORK/$trace" --format json > "$WORK/$trace.json" 2> "$WORK/info.err" || fail "info"
done
[ "$(jq -s 'map(.end_ns - .begin_ns) | (.[0] - .[1]) * (.[0] - .[1]) < 1e18' "$WORK/relay.json" "$WORK/apart.json")" = true ] ||
	fail "times are apart: $(jq -c '[.begin_ns, .end_ns]' "$WORK/relay.json" "$WORK/apart.json")"
[ "$(jq '.processes | length' "$WORK/apart.json")" = 4 ] || fail "processes: $(jq -c .processes "$WORK/apart.json")"

# One host's streams are cut off.
cp -r "$WORK/relay" "$WORK/cut"
truncate -s 5000 "$WORK"/cut/beta/*/ust/uid/*/64-bit/channel0_*
by_host "$WORK/cut" > "$WORK/left"
grep "^alpha" "$WORK/left" | cmp - <(grep "^alpha" "$WORK/both") || fail "what is cut off of beta is alpha's: $(cat "$WORK/left")"
grep -c 'damaged.*beta' "$WORK/analyze.err" > /dev/null || fail "not said: $(cat "$WORK/analyze.err")"
note "beta ahead: $said; $(xargs < "$WORK/both"), cut: $(xargs < "$WORK/left")"
