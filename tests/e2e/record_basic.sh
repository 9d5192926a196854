#!/usr/bin/env bash
# flowdar record: the plain ways to make a recording, and the plain ways not to.
. "$(dirname "$0")/private.sh"

note "a server with traffic"
"$FLOWDAR" record -o "$WORK/one" -- "$SERVER" --port 0 \
	> "$WORK/one.out" 2> "$WORK/one.err" &
recorder=$!
wait_for 10 grep -q listening "$WORK/one.out" "$WORK/one.err" || fail "the server did not start"
port=$(cat "$WORK/one.out" "$WORK/one.err" | port_of /dev/stdin)
for _ in 1 2 3 4 5; do
	curl -s -o /dev/null "http://127.0.0.1:$port/" || fail "no answer from the server"
done
end_recorder "$recorder"
[ "$(field "$WORK/one" ended)" = interrupted ] || fail "ended: $(field "$WORK/one" ended)"
[ "$(field "$WORK/one" discarded)" = 0 ] || fail "events were lost"
[ "$(field "$WORK/one" events)" = "$(referee "$WORK/one")" ] ||
	fail "$(field "$WORK/one" events) events, babeltrace2 has $(referee "$WORK/one")"
for event in process session_begin session_end handoff_put handoff_take calls wait_begin; do
	printed "$WORK/one" | grep -q "flowdar:$event:" || fail "no $event in it"
done
# The manifest has what is in each stream; babeltrace2 reads one by one what it is given alone.
while read -r _ events calls path; do
	rm -rf "$WORK/alone"
	mkdir "$WORK/alone"
	name=${path##*/}
	plain_file=$(find "$WORK/one.plain" -name "${name%.zst}")
	cp "$plain_file" "${plain_file%/*}/metadata" "$WORK/alone"
	found=$(babeltrace2 "$WORK/alone" 2> /dev/null | wc -l)
	[ "$found" = "$events" ] || fail "$path: the manifest has $events events, babeltrace2 $found"
	all_events=$((${all_events:-0} + events))
	all_calls=$((${all_calls:-0} + calls))
done < <(grep '^stream ' "$WORK/one/manifest")
[ "${all_events:-0}" = "$(field "$WORK/one" events)" ] || fail "${all_events:-0} events in the manifest's streams"
[ "${all_calls:-0}" = "$(field "$WORK/one" calls_found)" ] || fail "${all_calls:-0} calls in the manifest's streams"
"$FLOWDAR" info "$WORK/one" --check > "$WORK/one.check" || fail "info --check: $(cat "$WORK/one.check")"
begins=$(printed "$WORK/one" | grep -c flowdar:session_begin:)
[ "$begins" -ge 5 ] || fail "5 requests, $begins sessions"
cat "$WORK/one/symbols/"*.txt | grep -q ' queue_put$' || fail "the names of functions were not kept"
grep -q 'recording .* (pid [0-9]*) into' "$WORK/one.err" || fail "does not say that it records"
grep -q 'none lost' "$WORK/one.err" || fail "does not say what was lost"
"$FLOWDAR" info "$WORK/one" --format json > "$WORK/one.json" || fail "info: exit status $?"
told=$(jq -r '[.event_count, (.events[] | select(.event == "session_begin").count),
	(.processes[0].program | split("/")[-1])] | join(" ")' "$WORK/one.json") || fail "info: no JSON"
[ "$told" = "$(field "$WORK/one" events) $begins demo_httpd" ] || fail "info tells: $told"
"$FLOWDAR" info "$WORK/one" | grep -q "^session_begin .*$begins" || fail "info has no table"
nothing_left

note "less detail: only what was asked for; ended by the duration"
"$FLOWDAR" record -q -o "$WORK/session" --detail session --duration 1s -- "$SERVER" --port 0 \
	> /dev/null 2> "$WORK/session.err" || fail "exit status $?"
printed "$WORK/session" | grep -E -q 'flowdar:(calls|func|scope|wait|io|bytes)' &&
	fail "--detail session has more than sessions"
[ "$(field "$WORK/session" ended)" = "duration over" ] || fail "ended: $(field "$WORK/session" ended)"
"$FLOWDAR" record -q -o "$WORK/io" --detail io --duration 1s -- "$SERVER" --port 0 \
	> /dev/null 2> "$WORK/io.err" || fail "exit status $?"
printed "$WORK/io" | grep -E -q 'flowdar:(calls|func)' && fail "--detail io has functions"
printed "$WORK/io" | grep -q 'flowdar:wait' || fail "--detail io has no waits"
nothing_left

note "everything, and no event twice"
"$FLOWDAR" record -q -o "$WORK/all" --detail all --duration 1s -- "$SERVER" --port 0 \
	> /dev/null 2> "$WORK/all.err" || fail "exit status $?"
plain "$WORK/all"
twice=$(babeltrace2 --clock-seconds --fields=trace:hostname "$WORK/all.plain" | sort | uniq -d | wc -l)
[ "$twice" = 0 ] || fail "$twice events came twice"

note "what follows the command is that command's, without -- too"
"$FLOWDAR" record -o "$WORK/theirs" sh -c 'echo "got $*"' sh -t 1s -d none > "$WORK/theirs.out" 2> "$WORK/theirs.err" || true
[ "$(cat "$WORK/theirs.out")" = "got -t 1s -d none" ] || fail "the command got: $(cat "$WORK/theirs.out" "$WORK/theirs.err")"

note "a server that ends at once, and badly: its status is kept, and that is no recording to compare"
"$FLOWDAR" record -o "$WORK/own" -- sh -c "echo cannot begin; exit 3" > "$WORK/own.out" 2> "$WORK/own.err"
status=$?
[ $status = 1 ] || fail "exit status $status"
grep -q 'the server ended by itself after [0-9]* ms with status 3' "$WORK/own.err" || fail "does not say so"
grep -q '^next:' "$WORK/own.err" && fail "says what to do with it"
[ "$(field "$WORK/own" exit_status)" = 3 ] || fail "exit_status: $(field "$WORK/own" exit_status)"
[ "$(field "$WORK/own" ended)" = "server exited" ] || fail "ended: $(field "$WORK/own" ended)"
grep -q 'no session, wait or function' "$WORK/own.err" || fail "no word on an empty recording"
nothing_left

# fails STATUS TEXT COMMAND...: the exit status, one line with the text, and no directory.
fails() {
	local status=$1 text=$2
	shift 2
	"$FLOWDAR" record "$@" > "$WORK/fails.out" 2> "$WORK/fails.err"
	local got=$?
	[ "$got" = "$status" ] || fail "exit status $got in place of $status: $*"
	grep -q -- "$text" "$WORK/fails.err" || fail "does not say \"$text\": $*"
	[ "$status" = 2 ] || [ "$(wc -l < "$WORK/fails.err")" = 1 ] || fail "more than one line: $*"
	[ ! -e "$WORK/none" ] || fail "something half-made stays: $*"
	nothing_left
}

note "what cannot be recorded"
fails 1 'cannot run "/no/such/server": No such file' -o "$WORK/none" -- /no/such/server
fails 1 'cannot run "no-such-server": No such file' -o "$WORK/none" -- no-such-server
fails 1 'cannot run "/etc/passwd": Permission denied' -o "$WORK/none" -- /etc/passwd
fails 1 'is not empty' -o "$WORK/one" -- true
touch "$WORK/file"
fails 1 'is a file' -o "$WORK/file" -- true
fails 2 'record what' -o "$WORK/none"
fails 2 'directory to record into' -- true
fails 2 'detail' -o "$WORK/none" --detail much -- true

note "options that are wrong, or do not fit together: one line says which, and why"
wrong() {
	local text=$1
	shift
	fails 2 "$text" -o "$WORK/none" "$@" -- true
	[ "$(head -n 1 "$WORK/fails.err" | cut -d: -f1)" = "flowdar record" ] || fail "first line: $*"
}
wrong 'power of two' --subbuf-size 3000
wrong 'expected a whole number from 2' --subbuf-count 1
wrong '"2x": expected a time with its unit, like 2us' --min-duration 2x
wrong 'expected a whole number from 1 to 65536' --depth 0
wrong 'expected a whole number from 1 to 4096' --bytes 100000
wrong 'expected globs with commas' --functions 'a,,b'
wrong 'goes with --functions auto' --budget 5%
wrong 'expected a share of the time' --functions auto --budget 500%
wrong 'expected a share of the time' --functions auto --budget -1
wrong 'expected a condition like' --snapshot --trigger 'requests>5'
wrong 'goes with --snapshot' --trigger 'session>2s'
wrong 'the memory is too small' --memory 1M
wrong 'cannot be lossless' --snapshot --lossless
wrong 'cannot be crash-safe' --snapshot --crash-safe
wrong 'no maximum to set' --snapshot --max-size 1G
wrong 'lossless needs sub-buffers' --lossless --subbuf-size 64K
wrong 'not both' --attach 1
wrong 'expected process ids' --attach 1,x
wrong 'only where they are recorded' --detail session --functions 'a*'
wrong 'recorded with --detail io' --detail session --bytes 64
fails 2 'cannot be recorded lossless' -o "$WORK/none" --attach 1 --lossless
fails 2 'keep their user' -o "$WORK/none" --attach 1 --user nobody

note "what cannot be recorded, again"
FLOWDAR_LIBRARY_DIR=$WORK/nowhere fails 1 'libflowdar.so: not there' -o "$WORK/none" -- true
LTTNG_SESSIOND_PATH=/no/lttng-sessiond fails 1 'install lttng-tools' -o "$WORK/none" -- true

note "a directory that exists, but is empty"
mkdir "$WORK/empty"
"$FLOWDAR" record -q -o "$WORK/empty" -- "$SERVER" --help > /dev/null 2> "$WORK/empty.err" ||
	fail "exit status $?"
[ -e "$WORK/empty/recording.json" ] || fail "no recording in the empty directory"
nothing_left
echo ok
