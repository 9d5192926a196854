#!/usr/bin/env bash
# What libflowdar-io.so tells of descriptors: sessions, io, bytes; and of threads and children.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
export FLOWDAR_IO_SESSIONS=1 FLOWDAR_IO_BYTES=8

# lines PATTERN: how many events of any thread fit.
lines() {
	grep -c -E -- "$1" "$work/events" || true
}

# check PROGRAM: results without the library, with it and tracing off, and with tracing on.
check() {
	local program=$FLOWDAR_BUILD/tests/$1 pid
	"$program" >"$work/plain" 3>"$work/ignored"
	preloaded libflowdar-io.so "$program" >"$work/off" 3>"$work/ignored"
	rm -rf "$work/trace"
	trace_create
	trace_start
	preloaded libflowdar-io.so "$program" >"$work/on" 3>"$work/expected"
	trace_stop
	same "$work/plain" "$work/off"
	same "$work/plain" "$work/on"

	pid=$(head -n 1 "$work/events" | cut -d' ' -f1)
	# Of "data = [ [0] = 0x68, [1] = 0x69 ]" the bytes alone, and no length.
	sed -E -i '/ bytes /{s/_data_length = [0-9]+, //; s/,? \[[0-9]+\] = 0x([0-9A-F]+)/ \1/g
		s/data = \[/data =/; s/ \]$//}' "$work/events"
	sed -n "s/^$pid $pid //p" "$work/events" | grep -v -E '^(process|process_end|forking) ' >"$work/of_main"
	same "$work/expected" "$work/of_main"

	# The child of fork(): the same key, in its own name, and nothing of it is the parent's.
	local child
	child=$(sed -nE "s/^([0-9]+) [0-9]+ bytes .*total = 12, data = 66 72 6F 6D.*/\1/p" "$work/events")
	[ -n "$child" ] && [ "$child" != "$pid" ] || fail "the child's bytes are not there"
	sed -nE "s/^$child $child (session_begin|session_end|io|bytes) .*/\1/p" "$work/events" |
		tr '\n' ' ' >"$work/of_child"
	[ "$(cat "$work/of_child")" = "session_begin io bytes io session_end " ] ||
		fail "the child's events: $(grep -n "^$child " "$work/events")"

	# The program that was given a connection: as its descriptor 1, which is 0 as well.
	[ "$(lines 'session_begin .*peer = "127.0.0.1:[0-9]*", fd = 1$')" = 1 ] || fail "no session of fd 1"
	[ "$(lines 'bytes .*total = 9, data = 61 20 70 72')" = 2 ] || fail "what a program wrote and was read"

	[ "$(lines ' thread_begin name = "traced_')" = 6 ] || fail "$(grep thread_ "$work/events")"
	[ "$(lines ' thread_begin name = "traced_exits"')" = 1 ] || fail "no name"
	[ "$(lines ' thread_end name = "traced_')" = 4 ] || fail "$(grep thread_ "$work/events")"
	[ "$(lines ' thread_end name = "traced_cancel"')" = 1 ] || fail "no end when cancelled"
	echo "$1: $(wc -l <"$work/plain") results, $(wc -l <"$work/of_main") events"
}

check traced_io
check traced_io_fortified
