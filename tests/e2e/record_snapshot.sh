#!/usr/bin/env bash
# flowdar record --snapshot: the flight recorder.
. "$(dirname "$0")/private.sh"

# start NAME OPTIONS...: records the demo server in the background; sets $recorder and $port.
start() {
	local name=$1
	shift
	set -m
	"$FLOWDAR" record -o "$WORK/$name" --snapshot "$@" -- "$SERVER" --port 0 \
		> "$WORK/$name.out" 2> "$WORK/$name.err" &
	recorder=$!
	set +m
	wait_for 15 grep -q 'listening on' "$WORK/$name.out" "$WORK/$name.err" ||
		fail "$name did not start"
	port=$(cat "$WORK/$name.out" "$WORK/$name.err" | port_of /dev/stdin)
}

request() {
	curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "no answer"
}

# taken NAME NUMBER: that snapshot stands.
taken() {
	[ -e "$WORK/$1/$2/symbols" ] && jq -e .ended "$WORK/$1/$2/recording.json" > /dev/null
}

# sessions DIR: how many begin in it.
sessions() {
	printed "$1" | grep -c flowdar:session_begin:
}

note "told by a signal, by a session that lasts too long, and at the end"
start three --trigger 'session>1s'
request
request
kill -USR1 "$recorder"
wait_for 10 taken three 1 || fail "no snapshot at the signal"
grep -q 'snapshot: the signal' "$WORK/three.err" || fail "nothing said"
[ "$(field "$WORK/three/1" ended)" = "snapshot: the signal" ] || fail "$(field "$WORK/three/1" ended)"
[ "$(field "$WORK/three/1" events)" = "$(referee "$WORK/three/1")" ] || fail "wrong count"
[ "$(sessions "$WORK/three/1")" = 2 ] || fail "$(sessions "$WORK/three/1") sessions in place of 2"
[ ! -e "$WORK/three/2" ] || fail "a snapshot without a reason"
(exec 3<> "/dev/tcp/127.0.0.1/$port"; printf 'GET / HT' >&3; sleep 5) &
slow=$!
wait_for 10 taken three 2 || fail "no snapshot of the slow session"
grep -q 'snapshot: a session of [0-9.]* s' "$WORK/three.err" || fail "nothing said"
kill -0 $slow || fail "the snapshot came after the session"
[ "$(sessions "$WORK/three/2")" = 3 ] || fail "$(sessions "$WORK/three/2") sessions in place of 3"
request
kill -INT "$recorder"
wait "$recorder"
status=$?
[ $status = 130 ] || fail "exit status $status"
taken three 3 || fail "no snapshot of the end"
[ "$(sessions "$WORK/three/3")" = 4 ] || fail "$(sessions "$WORK/three/3") sessions in place of 4"
"$FLOWDAR" analyze "$WORK/three/3" > /dev/null || fail "cannot be analysed"
nothing_left

note "only the last is kept: the memory has a bound"
start busy --memory 16M --duration 8s
most=0
( while curl -s -o /dev/null "http://127.0.0.1:$port/match?s=aaaaaaaaaaaaaaaab"; do :; done ) &
while kill -0 "$recorder" 2> /dev/null; do
	now=$(du -sk /dev/shm | cut -f1)
	[ "$now" -gt "$most" ] && most=$now
	sleep 0.1
done
wait "$recorder" || fail "exit status $?"
[ "$most" -le 16384 ] || fail "$most KiB in memory"
calls=$(field "$WORK/busy/1" calls)
[ "$calls" -gt 10000 ] || fail "only $calls calls"
"$FLOWDAR" info "$WORK/busy/1" > /dev/null || fail "cannot be read"
nothing_left

note "the consumer daemon dies behind a snapshot: it ends soon, and says that the end is lost"
start alone --trigger 'session>1s'
request
kill -USR1 "$recorder"
wait_for 10 taken alone 1 || fail "no snapshot at the signal"
request
pkill -9 -x lttng-consumerd || fail "no consumer daemon"
began=$SECONDS
wait "$recorder"
[ $((SECONDS - began)) -le 60 ] || fail "it took $((SECONDS - began)) s to end"
[ ! -e "$WORK/alone/2" ] || fail "a snapshot of buffers that nobody could read"
grep -q 'there is no snapshot of the end: consumer daemon died' "$WORK/alone.err" || fail "not said: $(cat "$WORK/alone.err")"
[ "$(sessions "$WORK/alone/1")" = 1 ] || fail "the snapshot before is not whole"
nothing_left

note "kill -9 of the recorder: the watchdog takes the last snapshot"
start orphan
request
kill -9 "$recorder"
wait "$recorder" 2> /dev/null
wait_for 20 nobody_left || fail "processes stay behind"
[ "$(sessions "$WORK/orphan")" = 1 ] || fail "nothing can be read"
"$FLOWDAR" info "$WORK/orphan" | grep -q '^ended: the recorder was killed;' || fail "does not say how it ended"
nothing_left
echo ok
