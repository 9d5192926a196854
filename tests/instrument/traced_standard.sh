#!/usr/bin/env bash
# A server that has closed 0 to 2 and puts its connections there: nothing of ours or of LTTng's closes them,
# neither when a child has just been made nor later. Under strace, which makes of the moment between two
# system calls of another thread one that the server comes into each time; without it a child in a hundred did.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
program=$FLOWDAR_BUILD/tests/traced_standard
command -v strace >/dev/null || { echo "skipped: needs strace"; exit 77; }

trace_create
trace_start
# run CHILDREN MS LIBRARY...
run() {
	local children=$1 ms=$2 preload=$helpers library
	shift 2
	for library; do
		preload+=:$libraries/$library
	done
	strace -f -qq --seccomp-bpf -e trace=socket,openat,fcntl,close,dup2,dup3 -o "$work/strace" -E LD_PRELOAD="$preload" timeout 500 "$program" "$children" "$ms" >"$work/said" ||
		fail "with $*: $(cat "$work/said")"
	[ "$(cat "$work/said")" = "$children of $children" ] || fail "with $*: $(cat "$work/said")"
}
run 60 20 libflowdar.so libflowdar-io.so libflowdar-functions.so
run 2 100 libflowdar.so
run 2 100 libflowdar-functions.so
# When its helper opens what it likes.
run 1 1500 libflowdar.so libflowdar-io.so libflowdar-functions.so
trace_stop
# Fathers and children.
processes=$(cut -d' ' -f1 "$work/events" | sort -u | wc -l)
[ "$processes" = 69 ] || fail "$processes processes are recorded, should be 69"
echo ok
