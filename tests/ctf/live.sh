#!/usr/bin/env bash
# Traces that LTTng writes here and now, in every way that it has: our decoder takes each of them,
# and says the same of it as libbabeltrace2, also when it is packed.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/private.sh"
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
GENERATOR=$FLOWDAR_BUILD/tests/ctf/trace_generator
COMPARE=$FLOWDAR_BUILD/tests/ctf/compare_decoders
command -v lttng > /dev/null || { echo "skipped: lttng is not installed"; exit 77; }
lttng-sessiond --daemonize --no-kernel > /dev/null 2>&1 || fail "no session daemon"

# begin NAME CHANNEL-OPTIONS...: a session whose trace goes to $WORK/NAME
begin() {
	name=$1
	shift
	lttng -q create "$name" --output "$WORK/$name" > /dev/null
	lttng -q enable-channel -u -s "$name" c "$@"
	lttng -q enable-event -u -s "$name" -c c 'flowdar:*'
}

contexts() {
	for context in "$@"; do
		lttng -q add-context -u -s "$name" -c c -t "$context"
	done
}

# finish LEAST: stops, and compares; the trace has at least so many events
finish() {
	lttng -q destroy "$name" > /dev/null
	check "$1"
}

check() {
	result=$("$COMPARE" "$WORK/$name") || fail "$result"
	events=$(sed -n 's/.*: \([0-9]*\) events, the same$/\1/p' <<< "$result")
	note "$name: $events events, the same"
	[ "$events" -ge "$1" ] || fail "$name: only $events events"
	result=$("$COMPARE" --packed "$WORK/packed" "$WORK/$name") || fail "packed: $result"
	[[ $result = *": $events events, the same" ]] || fail "packed: $result"
	rm -rf "$WORK/packed"
}

begin all_kinds --subbuf-size 1M --num-subbuf 8
contexts vpid vtid procname
lttng -q start "$name"
"$GENERATOR" all 2000
finish 36000

begin more_contexts --subbuf-size 1M --num-subbuf 8
contexts procname ip pthread_id vtid vpid
lttng -q start "$name"
"$GENERATOR" all 500
finish 9000

begin per_process --buffers-pid --subbuf-size 256k --num-subbuf 4
contexts vtid
lttng -q start "$name"
for _ in 1 2 3; do "$GENERATOR" all 100; done
finish 5400

begin functions --subbuf-size 1M --num-subbuf 8
contexts vtid
lttng -q start "$name"
"$GENERATOR" functions 200000
finish 200000

# Too small on purpose: events are lost, and both decoders must count the same.
begin losses --subbuf-size 4k --num-subbuf 2
contexts vpid vtid
lttng -q start "$name"
"$GENERATOR" functions 100000
"$GENERATOR" all 200
finish 100

begin overwrite --overwrite --subbuf-size 16k --num-subbuf 2
contexts vtid
lttng -q start "$name"
"$GENERATOR" functions 100000
finish 100

begin chunks --subbuf-size 64k --num-subbuf 8
contexts vpid vtid procname
lttng -q start "$name"
for _ in 1 2 3; do
	"$GENERATOR" all 300
	lttng -q rotate "$name" > /dev/null
done
"$GENERATOR" functions 5000
finish 21200

begin files --subbuf-size 16k --num-subbuf 4 --tracefile-size 64k --tracefile-count 4
contexts vtid
lttng -q start "$name"
"$GENERATOR" functions 100000
finish 1000

# Snapshots overlap: what is in both counts once.
name=snapshots
lttng -q create "$name" --snapshot --output "$WORK/$name" > /dev/null
lttng -q enable-channel -u -s "$name" c --subbuf-size 64k --num-subbuf 16
lttng -q enable-event -u -s "$name" -c c 'flowdar:*'
contexts vpid vtid
lttng -q start "$name"
for _ in 1 2 3; do
	"$GENERATOR" functions 3000
	lttng -q snapshot record -s "$name" > /dev/null
done
finish 9000
