#!/usr/bin/env bash
# What threads say of having been off the processor: that others had it, for as long as their own clocks say,
# and that they were blocked.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
[ "$FLOWDAR_TEST_NAMESPACE" = own ] || { echo "skipped: needs root, to get a world of its own"; exit 77; }
command -v jq >/dev/null || { echo "skipped: needs jq"; exit 77; }

flowdar=$FLOWDAR_BUILD/bin/flowdar
"$flowdar" record -q -o "$work/run" --detail function -- "$FLOWDAR_BUILD/tests/traced_off_cpu" >"$work/said"
off=$(sed -n 's/^shared //p' "$work/said")
[ "$off" -gt 20000000 ] || fail "nobody shared the processor: $off ns"
"$flowdar" export "$work/run" --ctf "$work/ctf" >/dev/null
babeltrace2 "$work/ctf" | sed -nE 's/.* flowdar:off_cpu: .*\{ what = "([a-z]*)", why = ([0-9]), ns = ([0-9]+) \}$/\1 \2 \3/p' >"$work/told"
grep -q '^ 0 0$' "$work/told" || {
	echo "skipped: this kernel or C library does not say when a thread is off the processor"
	exit 77
}

# sum WHAT WHY
sum() {
	awk -v what="$1" -v why="$2" '$1 == what && $2 == why { ns += $3 } END { printf "%.0f\n", ns }' "$work/told"
}
kept=$(sum processor 1) blocked=$(sum blocked 2)
# On a busy machine others have it, too, when the thread does something else than to run.
queued=$(sed -n 's/^queued //p' "$work/said") slept=$(sed -n 's/^slept //p' "$work/said")
[ "$((kept * 10))" -gt "$((off * 8))" ] && [ "$kept" -lt "$((${queued:-$off} + off / 5 + 20000000))" ] ||
	fail "others had the processor for $off ns of running and ${queued:-?} in all, told are $kept"
[ "$blocked" -gt 49000000 ] && [ "$blocked" -lt "$((slept + 50000000))" ] ||
	fail "a sleep of 50 ms that nobody sees, in all $slept ns: told are $blocked ns blocked"

# It is a wait, and the function that was open ran for its processor time.
"$flowdar" analyze "$work/run" --server --format json >"$work/json"
jq -e '[.. | objects | select(.function? == "run")] | length > 0' "$work/json" >/dev/null || fail "no run: $(cat "$work/json")"
ran=$(jq '[.. | objects | select(.function? == "run" and (.own_ns? // null) != null) | .own_ns] | max' "$work/json")
[ "$ran" -gt 90000000 ] && [ "$ran" -lt "$((140000000 + off / 5))" ] || fail "a tenth of a second of processor time is $ran ns"
echo "off the processor for $off ns: told $kept, blocked $blocked; run took $ran"
