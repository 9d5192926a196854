#!/usr/bin/env bash
# A server that goes to the background and forks for each connection, again and again on a busy machine: it
# never hangs for what is in it, and each process of it is recorded. FLOWDAR_STARTS says how often.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
starts=${FLOWDAR_STARTS:-12}
children=3
program=$FLOWDAR_BUILD/tests/traced_forker

# client: says something, and hears it again.
client() {
	local line
	exec 5<>"/dev/tcp/127.0.0.1/$1" || fail "start $2: no connection"
	echo hello >&5
	read -r -t 200 line <&5 && [ "$line" = hello ] || fail "start $2: no answer"
	exec 5>&-
}

# The machine is busy meanwhile.
busy=()
for _ in 1 2; do
	(while :; do :; done) &
	busy+=($!)
done
trap 'kill "${busy[@]}" 2>/dev/null || true; trace_cleanup' EXIT

trace_create
trace_start
began=$SECONDS
hows=('daemon' 'title,daemon' 'title,blocked,daemon' 'exit,daemon')
for ((i = 0; i < starts; i++)); do
	# Until the last of its processes has closed the pipe.
	exec 6< <(preloaded libflowdar-functions.so timeout -k 1 300 "$program" $children "${hows[i % 4]}")
	read -r -t 200 _ _ port <&6 || fail "start $i: it does not come up"
	for ((client = 0; client < children; client++)); do
		client "$port" $i
	done
	timeout 200 cat <&6 || fail "start $i: it does not end"
	exec 6<&-
done
kill "${busy[@]}"
wait "${busy[@]}" 2>/dev/null || true
busy=()
trace_stop
# The first one, the one in the background, and their children: each has calls in the trace.
processes=$(awk '$3 == "calls" { print $1 }' "$work/events" | sort -u | wc -l)
[ "$processes" = $((starts * (children + 2))) ] || fail "$processes processes are recorded, should be $((starts * (children + 2)))"
echo "$starts starts in $((SECONDS - began)) s"
