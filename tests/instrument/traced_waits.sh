#!/usr/bin/env bash
# The waits of libflowdar-io.so: what is traced, and that nothing else about the calls changes.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"

# check PROGRAM: results without the library, with it and tracing off, and with tracing on.
check() {
	local program=$FLOWDAR_BUILD/tests/$1 pid
	"$program" >"$work/plain" 3>/dev/null
	preloaded libflowdar-io.so "$program" >"$work/off" 3>/dev/null
	rm -rf "$work/trace"
	trace_create
	trace_start
	preloaded libflowdar-io.so "$program" >"$work/on" 3>"$work/expected"
	trace_stop
	same "$work/plain" "$work/off"
	same "$work/plain" "$work/on"

	pid=$(head -n 1 "$work/events" | cut -d' ' -f1)
	# What was done with descriptors is for traced_io.sh to compare.
	sed -n "s/^$pid $pid //p" "$work/events" | grep -v -E '^(io|forking|process_end) ' >"$work/of_main"
	same "$work/expected" "$work/of_main"
	# Of every thread: a wait that began has ended, cancelled ones and those of children too.
	awk '$3 == "wait_begin" { open[$2]++ } $3 == "wait_end" { open[$2]-- }
		END { for (tid in open) if (open[tid] != 0) { print "open in " tid; exit 1 } }' \
		"$work/events" || fail "waits are not balanced"
	echo "$1: $(wc -l <"$work/plain") results, $(wc -l <"$work/of_main") events"
}

check traced_waits
check traced_waits_fortified
