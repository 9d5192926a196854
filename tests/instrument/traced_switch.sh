#!/usr/bin/env bash
# Macros follow the tracing session while the program runs; log levels choose what is recorded; the
# libraries survive calls made before they are initialised.
set -euo pipefail
. "$(dirname "$0")/lttng.sh"

# ask: what the running program says of its next round.
ask() {
	local answer
	echo go >&"${program[1]}"
	read -r -t 120 answer <&"${program[0]}" || fail "no answer"
	echo "$answer"
}

# ask_until NUMBER: rounds until that many arguments were evaluated; sessions take a moment.
ask_until() {
	local tries
	for tries in {1..1000}; do
		[ "$(ask)" != "$1" ] || return 0
		sleep 0.05
	done
	fail "never $1 arguments evaluated, last $(ask) after $tries tries"
}

coproc program { preloaded libflowdar-functions.so:"$libraries"/libflowdar-io.so "$FLOWDAR_BUILD/tests/traced_switch"; }
read -r -t 120 line <&"${program[0]}" && [ "$line" = ready ] || fail "the program did not start"
[ "$(ask)" = 0 ] || fail "arguments were evaluated with no session"
trace_create
trace_start
ask_until 5
trace_stop
ask_until 0

# By log level, as `record --detail` does it. Waits and bytes are DEBUG_UNIT: between hand-offs and
# functions in LTTng's order.
levels() {
	rm -rf "$work/trace"
	trace_create --loglevel="$1"
	trace_start
	ask_until "$2"
	trace_stop
	ask_until 0
	cut -d' ' -f3 "$work/events" | sort -u | tr '\n' ' ' >"$work/names"
	[ "$(cat "$work/names")" = "$3" ] || fail "--loglevel=$1 recorded $(cat "$work/names"), expected $3"
}
levels TRACE_INFO 2 "note session_begin session_end "
levels TRACE_DEBUG_PROCESS 3 "handoff_put note session_begin session_end "
levels TRACE_DEBUG_UNIT 4 "bytes handoff_put note session_begin session_end wait_begin wait_end "
levels TRACE_DEBUG_FUNCTION 5 "bytes handoff_put note scope_enter scope_exit session_begin session_end wait_begin wait_end "

# shellcheck disable=SC2154
pid=$program_PID
to=${program[1]}
exec {to}>&-
wait "$pid" || fail "the program ended with $?"
echo "arguments and events follow the session and its log level"
