#!/usr/bin/env bash
# Every macro of flowdar.h, through the provider and a real session daemon: count, fields, order.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
programs=$FLOWDAR_BUILD/tests

trace_create
trace_start
preloaded libflowdar.so "$programs/traced_macros" "$programs/traced_plugin.so" >"$work/expected"
preloaded libflowdar.so "$programs/traced_unwinding"
# Without the library the same programs run and write nothing.
"$programs/traced_macros" "$programs/traced_plugin.so" >"$work/unheard"
"$programs/traced_unwinding"
trace_stop


# The first program's, its child's included, are as it said itself; what comes last is the second's.
pid=$(tail -n 1 "$work/events" | cut -d' ' -f1)
grep -v -E "^$pid |^[0-9]+ [0-9]+ (forking|process_end) " "$work/events" >"$work/of_macros"
same "$work/expected" "$work/of_macros"

grep "^$pid " "$work/events" | grep -v ' process_end ' | cut -d' ' -f3- |
	sed 's/key = 0x[0-9A-F]*/key/' >"$work/unwinding"
cat >"$work/expected_unwinding" <<-'END'
	scope_enter name = "main"
	session_begin key, peer = "somebody", fd = -1
	scope_enter name = "try"
	scope_enter name = "fail"
	scope_exit name = "fail"
	scope_exit name = "try"
	note key = "caught", value = "on purpose"
	scope_exit name = "main"
END
same "$work/expected_unwinding" "$work/unwinding"
echo "$(wc -l <"$work/events") events, all as expected"
