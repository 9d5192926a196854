#!/usr/bin/env bash
# libflowdar-io.so beside others that stand in front of the same calls: another preloaded library,
# before it and after it, and a server that has its own read() and its own allocator.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
source=${FLOWDAR_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
export FLOWDAR_IO_SESSIONS=1 FLOWDAR_IO_BYTES=8
gcc -D_GNU_SOURCE -O2 -shared -fPIC "$source/tests/instrument/neighbour.c" -o "$work/neighbour.so"
gcc -D_GNU_SOURCE -O2 "$source/tests/instrument/headstrong.c" -o "$work/traced_headstrong"

program=$FLOWDAR_BUILD/tests/traced_io
"$program" >"$work/plain" 3>"$work/ignored"

# beside NAME PRELOAD: the results are the plain ones, and what is traced is what it is alone.
beside() {
	trace_create
	trace_start
	LD_PRELOAD=$2 "$program" >"$work/on" 3>"$work/expected" 2>"$work/errors" ||
		fail "$1: $(cat "$work/errors")"
	trace_stop
	[ ! -s "$work/errors" ] || fail "$1: $(cat "$work/errors")"
	same "$work/plain" "$work/on"
	rm -rf "$work/trace"
	grep -o '^[a-z_]*' "$work/expected" | sort | uniq -c >"$work/names"
	local pid
	pid=$(head -n 1 "$work/events" | cut -d' ' -f1)
	sed -n "s/^$pid $pid //p" "$work/events" | grep -v -E '^(process|process_end|forking) ' | grep -o '^[a-z_]*' | sort | uniq -c >"$work/found"
	same "$work/names" "$work/found"
	echo "$1: $(wc -l <"$work/events") events"
}

beside "another library before it" "$helpers:$work/neighbour.so:$libraries/libflowdar-io.so"
beside "another library after it" "$helpers:$libraries/libflowdar-io.so:$work/neighbour.so"

trace_create
trace_start
said=$(preloaded libflowdar-io.so timeout 300 "$work/traced_headstrong") || fail "the headstrong server"
trace_stop
[ "$said" = "hello" ] || fail "the headstrong server says: $said"
# Its read() is its own business; all else of it is seen.
for event in 'session_begin ' 'session_end ' 'io op = 2' 'io op = 3' 'io op = 4' 'io op = 5' 'thread_begin '; do
	grep -q -F " $event" "$work/events" || fail "the headstrong server: no $event"
done
echo "a server with its own read() and malloc(): $(wc -l <"$work/events") events"
