#!/usr/bin/env bash
# What libflowdar-io.so tells is the same to the call whether functions are recorded beside it or not, also
# of functions whose last deed is a call of libc's (patched ones return through a trampoline of ours).
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
export FLOWDAR_IO_SESSIONS=1
program=$FLOWDAR_BUILD/tests/traced_tail
io=$libraries/libflowdar-io.so functions=$libraries/libflowdar-functions.so

# traced OUT LIBRARIES: what the program's first thread says of I/O, waits and sessions, without numbers of
# descriptors, and how many threads begin and end.
traced() {
	rm -rf "$work/trace"
	trace_create
	trace_start
	LD_PRELOAD=$helpers:$2 "$program"
	trace_stop
	grep -c ' calls ' "$work/events" >"$1.calls" || true
	local pid
	pid=$(head -n 1 "$work/events" | cut -d' ' -f1)
	sed -nE "s/^$pid $pid (io|wait_begin|session_begin|session_end) /\1 /p" "$work/events" | grep -v pthread_join |
		sed -E 's/(key|peer|local) = [^,]*,? ?//g; s/fd = -?[0-9]+(, )?//; s/^(io op = 3,).*/\1/' >"$1"
	grep -c -E "^$pid [0-9]+ thread_(begin|end) " "$work/events" >>"$1"
}

traced "$work/alone" "$io"
for beside in "$io:$functions" "$functions:$io"; do
	traced "$work/beside" "$beside"
	same "$work/alone" "$work/beside"
	[ "$(cat "$work/beside.calls")" -gt 0 ] || fail "no function was recorded"
done
# 3 clients of 4 talks: reads 5 each, sends 4; each read of data waits, as each accept does.
for expected in 'io op = 1,:15' 'io op = 2,:12' 'session_begin:3' 'session_end:3' \
	'wait_begin what = "accept":3' 'wait_begin what = "read":6' 'wait_begin what = "recv":6' \
	'wait_begin what = "poll":3' 'wait_begin what = "pthread_mutex_lock":3'; do
	count=$(grep -c "^${expected%:*}" "$work/alone" || true)
	[ "$count" = "${expected##*:}" ] || fail "${expected%:*}: $count, not ${expected##*:}"
done
echo "$(wc -l <"$work/alone") events of I/O, with functions and without"
