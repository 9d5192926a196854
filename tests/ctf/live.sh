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

# Copied while it is written.
begin running --subbuf-size 16k --num-subbuf 4 --switch-timer 20000
contexts vpid vtid
lttng -q start "$name"
"$GENERATOR" functions 20000
wait_for 10 test -s "$WORK/$name/ust/uid/0/64-bit/metadata"
cp -r "$WORK/$name" "$WORK/copy"
finish 1000
name=copy
check 100

# Two containers, and the host beside them: the same numbers are not the same processes.
begin containers --subbuf-size 256k --num-subbuf 8
contexts vpid vtid procname pid_ns
lttng -q start "$name"
# Bound to a file, the first one's number is not given to the second.
for container in 1 2; do
	: > "$WORK/container$container"
	unshare --pid="$WORK/container$container" -f --mount-proc "$GENERATOR" all 100
done
"$GENERATOR" all 100
umount "$WORK/container1" "$WORK/container2"
finish 5400
processes=$("$FLOWDAR" info "$WORK/containers" --format json | jq '.processes | length')
[ "$processes" = 3 ] || fail "$processes processes in place of 3"
"$FLOWDAR" log "$WORK/containers" --format json > "$WORK/log.json"
ids=$(grep -o '"pid": [0-9]*' "$WORK/log.json" | sort -u | awk '{ print $2 }')
[ -n "$ids" ] || fail "no processes in the log"
for id in $ids; do [ "$id" -lt 2147483648 ] || fail "$id is no id of a process"; done

# Through a relay daemon, streamed and live; the live one is read before it has ended.
port=$((21000 + $$ % 20000))
lttng-relayd -o "$WORK/relay" -C "tcp://127.0.0.1:$port" -D "tcp://127.0.0.1:$((port + 1))" \
	-L "tcp://127.0.0.1:$((port + 2))" > "$WORK/relayd.err" 2>&1 &
wait_for 10 bash -c "exec 3<> /dev/tcp/127.0.0.1/$port" || fail "no relay daemon"
for name in streamed live; do
	how=(-C "tcp://127.0.0.1:$port" -D "tcp://127.0.0.1:$((port + 1))")
	[ "$name" = streamed ] || how+=(--live=100000)
	lttng -q create "$name" "${how[@]}" > /dev/null
	lttng -q enable-event -u -s "$name" 'flowdar:*'
	lttng -q add-context -u -s "$name" -t vpid -t vtid
	lttng -q start "$name"
	"$GENERATOR" all 300
	lttng -q stop "$name"
	[ "$name" = streamed ] || "$FLOWDAR" info "$WORK"/relay/*/live-* > "$WORK/live.out" || fail "a live trace's folder"
	lttng -q destroy "$name" > /dev/null
	mv "$WORK"/relay/*/"$name"-* "$WORK/$name"
	check 5400
done
