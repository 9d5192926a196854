#!/usr/bin/env bash
# Datagrams: each that comes from an address is a session of that peer, and ends with the next receive or poll;
# what a server asks others, over sockets on which it sends first, is no client.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
export FLOWDAR_IO_SESSIONS=1

for how in loop poll; do
	rm -rf "$work/trace"
	trace_create
	trace_start
	preloaded libflowdar-io.so "$FLOWDAR_BUILD/tests/traced_datagrams" $how >"$work/ports"
	trace_stop
	pid=$(head -n 1 "$work/events" | cut -d' ' -f1)
	sed -nE "s/^$pid $pid session_begin .*peer = \"127.0.0.1:([0-9]+)\".*/\1/p" "$work/events" >"$work/peers"
	same "$work/ports" "$work/peers"
	grep -E "^$pid $pid (session_begin|session_end|io|wait_begin) " "$work/events" |
		sed -nE 's/^[0-9]+ [0-9]+ (session_begin|session_end) .*/\1/p; s/^[0-9]+ [0-9]+ io op = ([12]), .*/io \1/p
			s/^[0-9]+ [0-9]+ wait_begin what = "(poll|recvfrom)".*/\1/p' | grep -v -E 'poll|recvfrom' |
		head -n 8 | tr '\n' ' ' >"$work/order"
	[ "$(cat "$work/order")" = "session_begin io 1 io 2 session_end session_begin io 1 io 2 session_end " ] ||
		fail "$how: $(cat "$work/order")"
	echo "$how: $(wc -l <"$work/peers") datagrams"
done
