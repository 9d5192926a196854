#!/usr/bin/env bash
# flowdar record beside others: two recorders at once, and a user's own tracing session.
. "$(dirname "$0")/private.sh"

# start NAME COMMAND...: records in the background; sets $recorder.
start() {
	local name=$1
	shift
	"$FLOWDAR" record -o "$WORK/$name" "$@" > "$WORK/$name.out" 2> "$WORK/$name.err" &
	recorder=$!
	wait_for 15 grep -q 'listening on' "$WORK/$name.out" "$WORK/$name.err" ||
		fail "$name did not start"
	port=$(cat "$WORK/$name.out" "$WORK/$name.err" | port_of /dev/stdin)
}

# pid_of NAME: of the recording's server, which does not fork.
pid_of() {
	sed -n 's/^recording .*(pid \([0-9]*\)) into.*/\1/p' "$WORK/$1.err"
}

# alone NAME OTHER...: nothing but its own server is in the recording, and that whole; the others have
# said in its trace whose they are, whatever they had said before it began.
alone() {
	local name=$1 own other
	shift
	own=$(pid_of "$name")
	[ "$("$FLOWDAR" info "$WORK/$name" --format json | jq -c '[.processes[].pid]')" = "[$own]" ] ||
		fail "$name: not only process $own: $("$FLOWDAR" info "$WORK/$name" --format json | jq -c .processes)"
	[ "$(field "$WORK/$name" events)" = "$(count_in "$name" "vpid = ${own}[, ]")" ] ||
		fail "$name: $(field "$WORK/$name" events) events, $(count_in "$name" "vpid = ${own}[, ]") are its own"
	for other in "$@"; do
		field "$WORK/$name" strangers | grep -q -w "$(pid_of "$other")" || fail "$name: $other is no stranger"
		printed "$WORK/$name" | grep flowdar:process: | grep "vpid = $(pid_of "$other")[, ]" |
			grep -q "\"$(field "$WORK/$other" name)\"" || fail "$name: $other has not said whose it is"
	done
}

# sessions DIR: how many sessions there are in what flowdar takes for the recording.
count_in() {
	printed "$WORK/$1" | grep -c "$2"
}

note "two recorders, one session daemon: the first to come ends first"
start one -- "$SERVER" --port 0
one=$recorder one_port=$port
start two -- "$SERVER" --port 0
two=$recorder two_port=$port
[ "$(pgrep -x lttng-sessiond | wc -l)" -gt 0 ] || fail "no session daemon"
# They look around ten times a second, and have what they see written down by the end.
wait_for 30 grep -q 'record the same events' "$WORK/two.err" || fail "the second does not see the first"
sleep 1
for _ in 1 2 3; do curl -s -o /dev/null "http://127.0.0.1:$one_port/"; done
for _ in 1 2 3 4 5; do curl -s -o /dev/null "http://127.0.0.1:$two_port/"; done
end_recorder "$one"
pgrep -x lttng-sessiond > /dev/null || fail "the daemon ended with the first"
curl -s -o /dev/null "http://127.0.0.1:$two_port/" || fail "the second server is gone"
end_recorder "$two"
[ "$(field "$WORK/one" ended)" = interrupted ] || fail "the first: $(field "$WORK/one" ended)"
[ "$(field "$WORK/two" ended)" = interrupted ] || fail "the second: $(field "$WORK/two" ended)"
# LTTng put the events of both servers into both traces. What counts is less.
[ -n "$(field "$WORK/one" strangers)" ] || fail "the first did not see the second"
[ -n "$(field "$WORK/two" strangers)" ] || fail "the second did not see the first"
alone one two
alone two one
[ "$(field "$WORK/one" events)" -lt "$(referee "$WORK/one")" ] || fail "strangers are counted"
[ "$(field "$WORK/two" events)" -lt "$(referee "$WORK/two")" ] || fail "strangers are counted"
[ "$(count_in two "vpid = $(pid_of two),")" -gt 0 ] || fail "own events are missing"
grep -q 'record the same events' "$WORK/two.err" || fail "nothing said of the first"
nothing_left

note "the second to come ends first, and was there for a moment only"
start long -- "$SERVER" --port 0
long=$recorder long_port=$port
( while curl -s -o /dev/null "http://127.0.0.1:$long_port/"; do sleep 0.02; done ) &
sleep 1
start short --duration 1500ms -- "$SERVER" --port 0
for _ in 1 2 3 4 5; do curl -s -o /dev/null "http://127.0.0.1:$port/"; done
wait "$recorder" || fail "exit status $? of the second"
end_recorder "$long"
alone long short
alone short long
nothing_left

note "two that start at the same moment"
both=()
for side in left right; do
	"$FLOWDAR" record -o "$WORK/$side" -- "$SERVER" --port 0 > "$WORK/$side.out" 2> "$WORK/$side.err" &
	both+=($!)
done
# Each server says something while both record, however late one of them came.
for side in left right; do
	wait_for 60 grep -q '^recording' "$WORK/$side.err" || fail "the $side one does not record"
	wait_for 60 grep -q 'listening on' "$WORK/$side.out" || fail "the $side server did not start"
done
for side in left right; do
	curl -s -o /dev/null "http://127.0.0.1:$(port_of "$WORK/$side.out")/" || fail "no answer from the $side server"
done
for recorder in "${both[@]}"; do end_recorder "$recorder"; done
for side in left right; do
	[ "$(field "$WORK/$side" ended)" = interrupted ] || fail "the $side one failed"
	[ "$(jq '.strangers | length' "$WORK/$side/recording.json")" = 1 ] ||
		fail "the $side one: strangers: $(field "$WORK/$side" strangers)"
done
nothing_left

note "a user's own daemon and session stay as they are"
lttng-sessiond --no-kernel --daemonize 2> /dev/null
lttng create mine --output "$WORK/mine" > /dev/null
lttng enable-event -u 'flowdar:session_*' > /dev/null
lttng start > /dev/null
daemon=$(pgrep -o -x lttng-sessiond)
start guest -- "$SERVER" --port 0
curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "no answer"
end_recorder "$recorder"
[ "$(pgrep -o -x lttng-sessiond)" = "$daemon" ] || fail "the user's daemon is gone"
[ "$(lttng list | grep -c -E '^ +[0-9]+\)')" = 1 ] || fail "sessions: $(lttng list)"
lttng list | grep -q 'mine.*\[active\]' || fail "the user's session does not run any more"
grep -q 'record the same events (mine)' "$WORK/guest.err" || fail "nothing said of the user's session"
lttng destroy mine > /dev/null
babeltrace2 "$WORK/mine" | grep -q flowdar:session_begin: || fail "the user's trace is empty"
[ "$(field "$WORK/guest" events)" = "$(referee "$WORK/guest")" ] || fail "wrong count"
kill "$daemon"
nothing_left

note "a session of the user's in the daemon that we started: it stays as long as the session"
start host -- "$SERVER" --port 0
lttng create visitor --output "$WORK/visitor" > /dev/null
lttng enable-event -u 'flowdar:session_*' > /dev/null
lttng start > /dev/null
end_recorder "$recorder"
sleep 1
lttng list | grep -q 'visitor.*\[active\]' || fail "the user's session is gone"
lttng destroy visitor > /dev/null
nothing_left
echo ok
