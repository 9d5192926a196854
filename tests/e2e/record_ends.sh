#!/usr/bin/env bash
# flowdar record: the hard ways a recording can end. Each leaves a recording that can be read, or
# nothing, and no process.
. "$(dirname "$0")/private.sh"

# start NAME OPTIONS... -- COMMAND...: records in the background into $WORK/NAME; sets $recorder.
# Job control gives it the default for SIGINT, which background jobs of scripts ignore otherwise.
start() {
	local name=$1
	shift
	set -m
	"$FLOWDAR" record -o "$WORK/$name" "$@" > "$WORK/${name#*/}.out" 2> "$WORK/${name#*/}.err" &
	recorder=$!
	set +m
	wait_for 15 grep -q '^recording' "$WORK/${name#*/}.err" || fail "$name did not start"
}

# listens NAME: waits for the demo server of that recording; sets $port.
listens() {
	local logs="$WORK/${1#*/}"
	wait_for 10 grep -q 'listening on' "$logs.out" "$logs.err" || fail "$1: no server"
	port=$(cat "$logs.out" "$logs.err" | port_of /dev/stdin)
	curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "$1: no answer"
}

server_pid() {
	sed -n 's/^recording .*(pid \([0-9]*\)) into.*/\1/p' "$WORK/$1.err"
}

# good NAME: the recording is whole: as many events as babeltrace2 sees, sessions among them.
good() {
	[ "$(field "$WORK/$1" events)" = "$(referee "$WORK/$1")" ] ||
		fail "$1: $(field "$WORK/$1" events) events, babeltrace2 has $(referee "$WORK/$1")"
	printed "$WORK/$1" | grep -q flowdar:session_begin: || fail "$1: no session in it"
	[ -z "$(field "$WORK/$1" unfinished)" ] || fail "$1: is not finished"
}

note "Ctrl-C"
start interrupted -- "$SERVER" --port 0
listens interrupted
kill -INT "$recorder"
wait "$recorder"
status=$?
[ $status = 130 ] || fail "exit status $status"
good interrupted
[ "$(field "$WORK/interrupted" ended)" = interrupted ] || fail "ended otherwise"
[ "$(field "$WORK/interrupted" exit_status)" = 0 ] || fail "the server did not end politely"
nothing_left

note "kill -9 of the server"
start killed -- "$SERVER" --port 0
listens killed
kill -9 "$(server_pid killed)"
wait "$recorder" || fail "exit status $?"
good killed
[ "$(field "$WORK/killed" exit_status)" = 137 ] || fail "exit_status $(field "$WORK/killed" exit_status)"
"$FLOWDAR" info "$WORK/killed" > "$WORK/killed.info" || fail "info: exit status $?"
for told in "$WORK/killed.err" "$WORK/killed.info"; do
	grep -q "killed by signal 9 (Killed); the server's exit status is 137\$" "$told" || fail "$(cat "$told")"
done
note "kill -9 of a server that was to lose nothing: what its threads had not written is lost"
start cut --lossless -- "$SERVER" --port 0
listens cut
kill -9 "$(server_pid cut)"
wait "$recorder"
status=$?
[ $status = 1 ] || fail "exit status $status"
grep -q 'not lossless: the recording is good, but not whole' "$WORK/cut.err" || fail "$(cat "$WORK/cut.err")"
"$FLOWDAR" info "$WORK/cut" > "$WORK/cut.info"
! grep -q 'without loss' "$WORK/cut.info" && grep -q 'with --lossless, and not whole' "$WORK/cut.info" || fail "$(cat "$WORK/cut.info")"
[ "$(field "$WORK/cut" processes_killed)" = 1 ] || fail "$(field "$WORK/cut" processes_killed) processes were cut short"
good cut
field "$WORK/killed" ended | grep -q 'killed by signal 9' || fail "does not say how it ended"
nothing_left

note "a server that ignores SIGTERM"
start stubborn --duration 1s --grace 1s -- sh -c 'trap "" TERM; "$0" --port 0 & while :; do sleep 0.2; done' "$SERVER"
wait "$recorder" || fail "exit status $?"
[ "$(field "$WORK/stubborn" exit_status)" = 137 ] || fail "was not killed"
nothing_left

note "a server that goes to the background"
start background -- sh -c '"$0" --port 0 & exit 0' "$SERVER"
listens background
wait_for 5 grep -q 'went to the background' "$WORK/background.err" || fail "nothing said"
kill -0 "$recorder" || fail "stopped recording"
kill -INT "$recorder"
wait "$recorder"
status=$?
[ $status = 130 ] || fail "exit status $status"
good background
nothing_left

note "a server that fails and leaves a process behind: it is ended, too"
start straggler -- sh -c '"$0" --port 0 & sleep 1; exit 7' "$SERVER"
wait "$recorder" || fail "exit status $?"
[ "$(field "$WORK/straggler" exit_status)" = 7 ] || fail "exit_status $(field "$WORK/straggler" exit_status)"
nothing_left

note "kill -9 of the recorder: the server ends, what was recorded can be read"
start orphan -- "$SERVER" --port 0
listens orphan
[ "$(field "$WORK/orphan" unfinished)" = 1 ] || fail "looks as if it were finished while it runs"
field "$WORK/orphan" ended | grep -q '^not yet' || fail "looks as if it had ended"
kill -9 "$recorder"
wait "$recorder" 2> /dev/null
wait_for 10 nobody_left || fail "processes stay behind"
[ "$(referee "$WORK/orphan")" -gt 0 ] || fail "nothing can be read"
printed "$WORK/orphan" | grep -q flowdar:session_begin: || fail "no session in it"
# Who it was is in recording.json from the beginning, and the watchdog says how it ended.
[ "$(field "$WORK/orphan" unfinished)" = 1 ] || fail "looks as if it were finished"
[ "$(field "$WORK/orphan" ended)" = "the recorder was killed" ] || fail "ended: $(field "$WORK/orphan" ended)"
[ "$(field "$WORK/orphan" command)" = "$SERVER --port 0" ] || fail "command: $(field "$WORK/orphan" command)"
[ "$(field "$WORK/orphan" duration_ns)" -gt 0 ] || fail "no duration"
[ "$(field "$WORK/orphan" trace_bytes)" -gt 0 ] || fail "no size"
"$FLOWDAR" info "$WORK/orphan" > "$WORK/orphan.info" || fail "info: exit status $?"
grep -q "orphan: $SERVER --port 0\$" "$WORK/orphan.info" || fail "info does not show the command"
grep -q '^ended: the recorder was killed;' "$WORK/orphan.info" || fail "info does not say how it ended"
grep -q "^[0-9]* events .*; 0 events lost" "$WORK/orphan.info" || fail "info does not count"
[ -z "$(find "$WORK/orphan" -name "recording.json?*")" ] || fail "something half-made stays"
nothing_left

note "kill -9 of a recorder that waits for its session daemon: what was asked for is known"
printf '#!/bin/sh\nexec sleep 1000\n' > "$WORK/standing-daemon"
chmod +x "$WORK/standing-daemon"
LTTNG_SESSIOND_PATH=$WORK/standing-daemon "$FLOWDAR" record -o "$WORK/early" -- "$SERVER" --port 0 \
	> "$WORK/early.out" 2> "$WORK/early.err" &
recorder=$!
wait_for 60 grep -q unfinished "$WORK/early/recording.json" || fail "nothing is known of what was asked for"
kill -9 "$recorder"
wait "$recorder" 2> /dev/null
"$FLOWDAR" info "$WORK/early" > "$WORK/early.info" 2>&1 && fail "info found events"
grep -q "early: $SERVER --port 0\$" "$WORK/early.info" || fail "info does not tell the command: $(cat "$WORK/early.info")"
grep -q '^warning: unfinished' "$WORK/early.info" || fail "info does not say that it is unfinished: $(cat "$WORK/early.info")"
# What is in memory of one that had no watchdog yet, the next recorder takes away.
wait_for 60 nobody_left || fail "processes stay behind"

note "a command that cannot be executed leaves nothing"
"$FLOWDAR" record -q -o "$WORK/nothing" -- "$WORK/no-such-program" 2> "$WORK/nothing.err" && fail "recorded"
[ ! -e "$WORK/nothing" ] || fail "something half-made stays"
nothing_left

# kept NAME: the buffers were written out, with something in them.
kept() {
	[ "$("$FLOWDAR" info "$WORK/$1" --format json | jq '[.events[].count] | add // 0')" -gt 0 ]
}

note "kill -9 of the session daemon"
start daemonless -- "$SERVER" --port 0
listens daemonless
wait_for 30 kept daemonless || fail "the buffers are not written out"
kill -9 "$(pgrep -x lttng-sessiond)"
wait "$recorder"
status=$?
[ $status = 0 ] || fail "exit status $status"
[ "$(field "$WORK/daemonless" ended)" = "session daemon died" ] || fail "ended: $(field "$WORK/daemonless" ended)"
[ "$(field "$WORK/daemonless" events)" -gt 0 ] || fail "nothing saved"
grep -q 'end of the trace may be missing' "$WORK/daemonless.err" || fail "no warning"
nothing_left

note "a disk that gets full"
mkdir "$WORK/small"
mount -t tmpfs -o size=3m tmpfs "$WORK/small"
start small/full -- "$SERVER" --port 0
listens small/full
( while curl -s -o /dev/null "http://127.0.0.1:$port/"; do :; done ) &
wait "$recorder" || fail "exit status $?"
[ "$(field "$WORK/small/full" ended)" = "disk full" ] || fail "ended: $(field "$WORK/small/full" ended)"
[ "$(field "$WORK/small/full" events)" -gt 1000 ] || fail "$(field "$WORK/small/full" events) events"
wait
umount "$WORK/small"
nothing_left

note "a disk that is full from the start"
mkdir "$WORK/tiny"
mount -t tmpfs -o size=200k tmpfs "$WORK/tiny"
"$FLOWDAR" record -o "$WORK/tiny/none" -- "$SERVER" --port 0 2> "$WORK/tiny.err" && fail "recorded"
grep -q 'the disk is full' "$WORK/tiny.err" || fail "does not say so"
[ ! -e "$WORK/tiny/none" ] || fail "something half-made stays"
umount "$WORK/tiny"
nothing_left
echo ok
