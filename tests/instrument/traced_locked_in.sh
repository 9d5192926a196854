#!/usr/bin/env bash
# A server that forbids itself system calls is not asked what only the kernel knows: it goes on, all of its
# events are there, and of its second half nothing is told of being off the processor.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
[ "$FLOWDAR_TEST_NAMESPACE" = own ] || { echo "skipped: needs root, to get a world of its own"; exit 77; }

"$FLOWDAR_BUILD/bin/flowdar" record -q -o "$work/run" --detail function -- "$FLOWDAR_BUILD/tests/traced_locked_in" >"$work/said"
if grep -q 'no filters' "$work/said"; then echo "skipped: no filters for system calls here"; exit 77; fi
grep -q '^alive$' "$work/said" || fail "the server did not live: $(cat "$work/said")"
grep -q '"calls_lost"' "$work/run/recording.json" || fail "no call was on another stack"
"$FLOWDAR_BUILD/bin/flowdar" export "$work/run" --ctf "$work/ctf" >/dev/null
babeltrace2 "$work/ctf" >"$work/events"
[ "$(grep -c 'scope_enter: ' "$work/events")" -ge 40 ] ||
	fail "some rounds are missing: $(cut -d' ' -f4 "$work/events" | sort | uniq -c)"
[ "$(grep -c 'session_resume: ' "$work/events")" -ge 20 ] || fail "marks are packed where it is locked in"
grep -q 'off_cpu: .*why = 0, ns = 0' "$work/events" || { echo "skipped: nothing is told of being off the processor here"; exit 77; }
grep -q 'off_cpu: .*why = 2, ' "$work/events" || fail "nothing was told before"
sed -n '/off_cpu: .*why = 0, ns = 1 /,$p' "$work/events" >"$work/after"
[ -s "$work/after" ] || fail "it does not say that it tells no more"
! grep -q 'off_cpu: .*why = [12]' "$work/after" || fail "it was asked afterwards"
echo "$(wc -l <"$work/events") events, $(wc -l <"$work/after") since it is locked in"
