#!/usr/bin/env bash
# flowdar record: what is left when parts of it are killed. Each time a recording that opens, with what
# had been finished by then, and nothing else.
. "$(dirname "$0")/private.sh"

# start NAME OPTIONS...: records the demo server in the background; sets $recorder and $port. Three
# requests are in the trace by then, one is not on its way yet.
start() {
	local name=$1
	shift
	set -m
	timeout 300 "$FLOWDAR" record -o "$WORK/$name" "$@" -- "$SERVER" --port 0 \
		> "$WORK/$name.out" 2> "$WORK/$name.err" &
	recorder=$!
	set +m
	wait_for 15 grep -q 'listening on' "$WORK/$name.out" "$WORK/$name.err" ||
		fail "$name did not start"
	port=$(cat "$WORK/$name.out" "$WORK/$name.err" | port_of /dev/stdin)
	for _ in 1 2 3; do
		curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "no answer"
	done
	wait_for 30 kept "$name" || fail "$name: the buffers are not written out"
	curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "no answer"
}

# kept NAME: the buffers were written out, with the first three sessions.
kept() {
	[ "$(sessions "$1")" -ge 3 ]
}

# sessions NAME: how many sessions flowdar finds in it.
sessions() {
	"$FLOWDAR" info "$WORK/$1" --format json |
		jq '[.events[] | select(.event == "session_begin").count] | add // 0'
}

# left NAME STATUS ENDED SESSIONS: how it ended (a pattern), and that so many sessions at least are there.
left() {
	local status=0
	wait "$recorder" || status=$?
	[ "$status" = "$2" ] || fail "$1: exit status $status"
	# shellcheck disable=SC2053 # it is a pattern
	[[ $(field "$WORK/$1" ended) = $3 ]] || fail "$1: ended: $(field "$WORK/$1" ended)"
	[ "$(sessions "$1")" -ge "$4" ] || fail "$1: $(sessions "$1") sessions, not $4"
	grep -q 'end of the trace may be missing' "$WORK/$1.err" || fail "$1: no warning"
	nothing_left
}

# Once in a while LTTng's session daemon falls as well, before the recorder looks: then that is what it finds.
note "kill -9 of the consumer daemon"
start consumer
kill -9 "$(pgrep -x lttng-consumerd)"
left consumer 0 "@(consumer|session) daemon died" 3

note "kill -9 of the watchdog, and so of the session daemon"
start watchdog
kill -9 "$(pgrep -x flowdar-watch)"
left watchdog 0 "session daemon died" 3

note "kill -9 of both daemons"
start both
kill -9 "$(pgrep -x lttng-consumerd)" "$(pgrep -x lttng-sessiond)"
left both 0 "session daemon died" 3

note "the same, crash-safe: what was in the buffers is there, too"
start safe --crash-safe
kill -9 "$(pgrep -x lttng-consumerd)" "$(pgrep -x lttng-sessiond)"
left safe 0 "session daemon died" 4
# Once in a while the buffers were written out just before.
if [ -d "$WORK/safe/trace/recovered" ]; then
	grep -q 'was read from its buffers' "$WORK/safe.err" || fail "nothing said"
else
	note "  (nothing was in the buffers this time)"
fi

note "crash-safe, and the recorder is killed as well"
start orphan --crash-safe
kill -9 "$(pgrep -x lttng-consumerd)" "$(pgrep -x lttng-sessiond)" "$(pgrep -P "$recorder" -x flowdar)"
wait "$recorder" 2> /dev/null
wait_for 30 nobody_left || fail "processes stay behind"
[ "$(sessions orphan)" -ge 4 ] || fail "$(sessions orphan) sessions"
nothing_left

note "crash-safe without a crash leaves nothing special"
start calm --crash-safe
kill -INT "$(pgrep -P "$recorder" -x flowdar)"
status=0
wait "$recorder" || status=$?
[ $status = 130 ] || fail "exit status $status"
[ ! -e "$WORK/calm/trace/recovered" ] || fail "something was recovered"
[ "$(field "$WORK/calm" events)" = "$(referee "$WORK/calm")" ] || fail "wrong count"
nothing_left

note "recorder and watchdog: the next recorder takes away what they left"
start first
kill -9 "$(pgrep -x flowdar-watch)" "$(pgrep -P "$recorder" -x flowdar)"
wait "$recorder" 2> /dev/null
pkill -x demo_httpd
wait_for 20 nobody_left || fail "processes stay behind"
"$FLOWDAR" info "$WORK/first" | grep -q '^ended: not yet, or the recorder and its watchdog were killed;' ||
	fail "does not say what may have been"
ls -d /dev/shm/flowdar-* > /dev/null 2>&1 || fail "the test is too late: nothing is left"
"$FLOWDAR" record -q -o "$WORK/next" --duration 1s -- "$SERVER" --port 0 > /dev/null 2> "$WORK/next.err" ||
	fail "exit status $?"
rm -f /run/lttng/flowdar.lock
nothing_left
echo ok
