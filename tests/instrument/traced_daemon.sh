#!/usr/bin/env bash
# A plugin-loading server that goes to the background, again and again on a busy machine: it never hangs for
# what is in it, and its last process is recorded each time. FLOWDAR_STARTS says how often.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
starts=${FLOWDAR_STARTS:-12}
program=$FLOWDAR_BUILD/tests/traced_daemon
command -v cc >/dev/null || { echo "skipped: needs a compiler"; exit 77; }

# Each with functions enough that the helper has something to look at.
awk 'BEGIN {
	for (i = 0; i < 1500; i++)
		printf "__attribute__((noinline)) int plug_%d(int n) { __asm__ volatile(\"\"); return n + %d; }\n", i, i
	print "int plug(int n) { return plug_1(n) + plug_2(n); }"
}' >"$work/plug.c"
cc -O1 -fPIC -shared -fpatchable-function-entry=5 -o "$work/plug.so" "$work/plug.c"
plugins=()
for i in 1 2 3 4 5 6; do
	cp "$work/plug.so" "$work/plug$i.so"
	plugins+=("$work/plug$i.so")
done

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
for ((i = 0; i < starts; i++)); do
	# How long the helper takes to look at all of it is not known: every moment of it comes.
	preloaded libflowdar-functions.so timeout -k 1 200 "$program" $((i * 7919 % 120000)) "${plugins[@]}" \
		>>"$work/last" || fail "start $i: exit status $?"
done
kill "${busy[@]}"
wait "${busy[@]}" 2>/dev/null || true
busy=()
# The last ones are on their way out: their calls are written there.
while read -r pid; do
	for ((i = 0; i < 2400; i++)); do
		[ -e "/proc/$pid" ] || break
		sleep 0.05
	done
done <"$work/last"
trace_stop
[ "$(grep -c '^[1-9]' "$work/last")" = "$starts" ] || fail "$(wc -l <"$work/last") of $starts came up"
# The last one's process event, and its calls.
while read -r pid; do
	grep -q "^$pid $pid calls " "$work/events" || fail "process $pid is not recorded: $(grep -c "^$pid " "$work/events") events of it, $(grep -n "^$pid$" "$work/last" | cut -d: -f1) of $starts"
done <"$work/last"
echo "$starts starts in $((SECONDS - began)) s"
