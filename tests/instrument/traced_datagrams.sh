#!/usr/bin/env bash
# Datagrams: each that comes from an address is a session of that peer, and ends with the next receive or poll;
# what a server asks others, over sockets on which it sends first, is no client. Of those that are taken several at
# once each has its session, too: one is given at a time, but to who might take that for all there are.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
export FLOWDAR_IO_SESSIONS=1

# datagrams PROGRAM HOW SKIPPED: its main thread's sessions are those of the ports that it prints, each with a read and a
# write; SKIPPED events are before the first of them.
datagrams() {
	local pid
	rm -rf "$work/trace"
	trace_create
	trace_start
	preloaded libflowdar-io.so "$FLOWDAR_BUILD/tests/$1" "$2" >"$work/ports"
	trace_stop
	pid=$(head -n 1 "$work/events" | cut -d' ' -f1)
	sed -nE "s/^$pid $pid session_begin .*peer = \"127.0.0.1:([0-9]+)\".*/\1/p" "$work/events" >"$work/peers"
	same "$work/ports" "$work/peers"
	grep -E "^$pid $pid (session_begin|session_end|io) " "$work/events" |
		sed -nE 's/^[0-9]+ [0-9]+ (session_begin|session_end) .*/\1/p; s/^[0-9]+ [0-9]+ io op = ([12]), .*/io \1/p' |
		tail -n +$(($3 + 1)) | head -n 8 | tr '\n' ' ' >"$work/order"
	[ "$(cat "$work/order")" = "session_begin io 1 io 2 session_end session_begin io 1 io 2 session_end " ] ||
		fail "$2: $(cat "$work/order")"
	echo "$2: $(wc -l <"$work/peers") datagrams"
}

for how in loop poll; do
	datagrams traced_datagrams $how 0
done
datagrams traced_datagrams_many waits 0
# Two writes and a read of what it asks itself.
datagrams traced_datagrams_many asks 3
# One read of all, and four writes.
datagrams traced_datagrams_many edges 5
# What comes back is of no client.
datagrams traced_datagrams_many errors 0
