#!/usr/bin/env bash
# A tmpfs that is small, and one that somebody else fills: in the first nothing gets lost, in the second
# what is whole is kept, and the drain tells.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/private.sh"
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
TOOLS=$FLOWDAR_BUILD/tests/drain
command -v lttng > /dev/null || { echo "skipped: lttng is not installed"; exit 77; }
mount -o remount,size=80M /dev/shm
lttng-sessiond --daemonize --no-kernel > /dev/null 2>&1 || fail "no session daemon"

# value NAME: of the drain's line
value() {
	tr ' ' '\n' < "$WORK/$name.out" | sed -n "s/^$1=//p"
}

# begin NAME [MIB [SECONDS]]: with so much memory, events for so long
begin() {
	name=$1
	mkdir "/dev/shm/$name"
	lttng -q create "$name" --output "/dev/shm/$name/trace" > /dev/null
	lttng -q enable-channel -u -s "$name" metadata --subbuf-size 4k --switch-timer 100000
	lttng -q enable-channel -u -s "$name" c --subbuf-size 512k --num-subbuf 8
	lttng -q enable-event -u -s "$name" -c c 'flowdar:*'
	lttng -q add-context -u -s "$name" -c c -t vpid -t vtid
	"$TOOLS/drain_run" "/dev/shm/$name" "$WORK/$name" "${2:-256}" > "$WORK/$name.out" 2> "$WORK/$name.err" &
	drain=$!
	lttng -q start "$name"
	"$TOOLS/record_events" 1000000 "${3:-3}" > "$WORK/$name.said" &
	generator=$!
}

# The session is destroyed behind the drain: LTTng closes its files then, which would be news for it.
finish() {
	wait "$generator" || [ $? = 143 ] || fail "$name: the generator failed"
	lttng -q stop "$name"
	kill -TERM "$drain" 2> /dev/null || true # it may have been told before
	wait "$drain" || fail "$name: the drain failed"
	lttng -q destroy --no-wait "$name" > /dev/null # with a stream that was given up it may never be done
	read -r said _ < "$WORK/$name.said" || said=many
	note "$name: $said said, $(value read) read, $(value dropped_events) dropped," \
		"$(value discarded) discarded; memory full: $(value memory_full)"
	[ "$(value read)" = "$(value events)" ] || fail "$name: $(value events) events were written"
	[ "$(value read)" -gt 0 ] || fail "$name: nothing was kept"
}

begin small
finish
[ "$said" = $(($(value read) + $(value dropped_events) + $(value discarded))) ] ||
	fail "$name: the sum is wrong"
[ "$(value memory_full)" = 0 ] || fail "there was room"

# held: how many stream files LTTng has open.
held() {
	{ find /proc/[0-9]*/fd -lname "/dev/shm/$name/*/c_[0-9]*" 2> /dev/null || true; } | # of processes that ended
		grep -c -v "^/proc/$drain/" || true
}

fewer() {
	[ "$(held)" -lt "$streams" ]
}

# kept: a packet is on the disk, so what describes events was known: from now on all are counted.
kept() {
	[ -n "$(find "$WORK/$name" -name 'c_[0-9]*' -size +0 2> /dev/null)" ]
}

# filled_up: what the drain has dropped makes room again; in the end LTTng finds none.
filled_up() {
	dd if=/dev/zero bs=1M 2> /dev/null >> /dev/shm/fill || true
	fewer
}

begin filled 256 3600
wait_for 30 kept || fail "nothing came"
streams=$(held)
[ "$streams" -gt 0 ] || fail "no stream file is open"
wait_for 60 filled_up || fail "LTTng closes nothing"
kill "$generator"
finish
[ "$(value memory_full)" = 1 ] || fail "the drain did not tell"

room() {
	df --output=avail -B 1M /dev/shm | tail -n 1
}

# moment NAME: nobody looks at the moment when there is no room: it is over when the drain goes on, which sees
# room as before, of which others have a part. But LTTng has closed the stream for good. The events are ended by us,
# however long that takes.
moment() {
	rm -f /dev/shm/fill
	begin "$1" 64 3600
	wait_for 30 kept || fail "nothing came"
	streams=$(held)
	[ "$streams" -gt 0 ] || fail "no stream file is open"
	kill -STOP "$drain"
	dd if=/dev/zero of=/dev/shm/fill bs=1M count=$(($(room) > 20 ? $(room) - 20 : 0)) 2> /dev/null || true
	dd if=/dev/zero of=/dev/shm/full bs=1M 2> /dev/null || true
	wait_for 30 fewer || fail "LTTng closes nothing"
	rm /dev/shm/full
}

moment moment
kill -CONT "$drain"
kill "$generator"
finish
[ "$(value memory_full)" = 1 ] || fail "the drain did not tell of the moment"

# The same, and the end comes before the drain has looked again.
moment last
kill "$generator"
kill -TERM "$drain"
kill -CONT "$drain"
finish
[ "$(value memory_full)" = 1 ] || fail "the drain did not tell of the moment before its end"
