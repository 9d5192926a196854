#!/usr/bin/env bash
# The budget: with tiny functions that are called all the time, recording gets down to it by itself,
# says what it switched off, and keeps the functions that are rare and long.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
programs=$FLOWDAR_BUILD/tests
tool=$programs/control_tool

builds='hooked'
[ -x "$programs/traced_selected_patched" ] && builds='hooked patched'
trace_create
lttng disable-event -u -s "$session" -c events 'flowdar:*' >/dev/null
lttng enable-channel -u -s "$session" --subbuf-size=1M --num-subbuf=16 calls >/dev/null
for context in vpid vtid procname; do lttng add-context -u -s "$session" -c calls -t $context >/dev/null; done
lttng enable-event -u -s "$session" -c calls 'flowdar:*' >/dev/null
trace_start
for build in $builds; do
	export FLOWDAR_CONTROL=$work/$build.control
	"$tool" "$FLOWDAR_CONTROL" make "$build"
	"$tool" "$FLOWDAR_CONTROL" set budget_ppm 50000
	preloaded libflowdar-functions.so "$programs/traced_selected_$build" 1500 busy >"$work/said.$build"
	echo "$build: $("$tool" "$FLOWDAR_CONTROL" get calls) calls, $("$tool" "$FLOWDAR_CONTROL" get budget_off) functions off"
done
trace_stop
# Whole seconds of calls are too much to expand: only the events that switch, and who switched.
for build in $builds; do
	read -r _ pid <"$work/said.$build"
	grep "^$pid .* switched " "$work/events" >"$work/switched" || fail "$build: nothing was switched off"
	for function in tiny_one tiny_two; do
		address=$(awk -v f="$function" '$1 == "call" && $2 == f { print $3 }' "$work/said.$build")
		grep -q "addr = $address, on = 0, reason = 1" "$work/switched" || fail "$build: $function is still on"
	done
	address=$(awk '$1 == "call" && $2 == "rare_long" { print $3 }' "$work/said.$build")
	! grep -q "addr = $address," "$work/switched" || fail "$build: rare_long was switched"
	[ "$(wc -l <"$work/switched")" -le 8 ] || fail "$build: switched $(wc -l <"$work/switched") times: it does not settle"
	[ "$("$tool" "$work/$build.control" get budget_off)" -ge 2 ] || fail "$build: not in the segment"
done
