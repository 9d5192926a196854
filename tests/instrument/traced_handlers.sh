#!/usr/bin/env bash
# Signal handlers that do I/O while the program does: nothing breaks, and nothing of the program's is
# missing; what a handler does inside the tracer is not written, and no more than that.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
export FLOWDAR_IO_SESSIONS=1 FLOWDAR_IO_BYTES=4
program=$FLOWDAR_BUILD/tests/traced_handlers
"$program" >"$work/plain"
trace_create
trace_start
preloaded libflowdar-io.so timeout 400 "$program" >"$work/on" || fail "exit status $?"
trace_stop
head -n 1 "$work/plain" >"$work/sum"
head -n 1 "$work/on" >"$work/sum_on"
same "$work/sum" "$work/sum_on"
read -r out in handler handled < <(tail -n 1 "$work/on")

count() {
	grep -c -E -- "$1" "$work/events" || true
}
[ "$(count " io op = 2, fd = $out, result = 1$")" = 20000 ] || fail "$(count " io op = 2, fd = $out,") sent"
[ "$(count " io op = 1, fd = $in, result = 1$")" = 20000 ] || fail "$(count " io op = 1, fd = $in,") read"
[ "$(count ' session_begin ')" = 2 ] || fail "$(count ' session_begin ') sessions"
written=$(count " io op = 2, fd = $handler, result = 1$")
[ "$written" -gt 0 ] && [ "$written" -le "$handled" ] || fail "$handled handlers, $written events"
awk '$3 == "wait_begin" { open[$2]++ } $3 == "wait_end" { open[$2]-- }
	END { for (tid in open) if (open[tid] != 0) exit 1 }' "$work/events" || fail "waits are not balanced"
echo "20000 rounds, $handled handlers, of which $written are written; $(count 'wait_begin what = "pthread_mutex_lock"') waits for a lock"
