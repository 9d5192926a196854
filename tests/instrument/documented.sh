#!/usr/bin/env bash
# The program of docs/instrument.md compiles, serves, and is traced as the page says.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"
source=${FLOWDAR_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}

sed -n '/^```c$/,/^```$/{/^```/d;p}' "$source/docs/instrument.md" >"$work/traced_shout.c"
gcc -g -Wall -Wextra -Werror -I "$source/instrument/include" "$work/traced_shout.c" -o "$work/traced_shout"

# shout_at_it: a word for one client of the server that is started with the rest of the arguments.
shout_at_it() {
	local port answer pid
	port=$((20000 + RANDOM % 12000))
	"$@" "$work/traced_shout" $port 1 &
	pid=$!
	for _ in {1..1200}; do
		{ exec 3<>/dev/tcp/127.0.0.1/$port; } 2>/dev/null && break
		kill -0 $pid 2>/dev/null || fail "the server did not start on port $port"
		sleep 0.05
	done
	printf hello >&3
	read -r -n 5 -t 120 answer <&3 || fail "no answer"
	exec 3>&-
	[ "$answer" = HELLO ] || fail "the answer is $answer"
	wait $pid || fail "the server ended with $?"
}

shout_at_it env
trace_create
trace_start
shout_at_it preloaded libflowdar.so
trace_stop
cut -d' ' -f3 "$work/events" >"$work/names"
printf '%s\n' session_begin handoff_put handoff_take bytes scope_enter scope_exit session_end process_end >"$work/expected"
same "$work/expected" "$work/names"
[ "$(grep -v process_end "$work/events" | cut -d' ' -f2 | uniq | wc -l)" = 2 ] || fail "expected two threads, one after the other"
echo "as documented"
