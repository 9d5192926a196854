#!/usr/bin/env bash
# A disk that takes a tenth of what comes: memory stays within its bound all the time; without a gate
# every event is read back or counted, with one none is lost.
#
# A program says 5 million events a second (without loss: half of that) for FLOWDAR_SLOW_SECONDS (6)
# seconds; LTTng writes them into memory; the drain writes to a FUSE file system that sleeps. What
# LTTng itself discards, on a busy machine, is counted too.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/private.sh"
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
TOOLS=$FLOWDAR_BUILD/tests/drain
SECONDS_LONG=${FLOWDAR_SLOW_SECONDS:-6}
command -v lttng > /dev/null || { echo "skipped: lttng is not installed"; exit 77; }
[ -x "$TOOLS/slow_disk" ] || { echo "skipped: built without libfuse3"; exit 77; }
[ -w /dev/fuse ] || { echo "skipped: /dev/fuse cannot be opened"; exit 77; }
trap 'umount "$WORK/disk" 2> /dev/null; rm -rf "$WORK"' EXIT
mkdir "$WORK/back" "$WORK/disk"
"$TOOLS/slow_disk" 2000000 "$WORK/back" "$WORK/disk" 2> "$WORK/disk.err" &
wait_for 5 mountpoint -q "$WORK/disk" || fail "the slow disk is not there"
lttng-sessiond --daemonize --no-kernel > /dev/null 2>&1 || fail "no session daemon"

# value NAME: of the drain's line
value() {
	tr ' ' '\n' < "$WORK/$name.out" | sed -n "s/^$1=//p"
}

# in_memory: bytes of the folder, and of the drain itself
in_memory() {
	echo $(($(du -s --block-size=1 "/dev/shm/$name" | cut -f1) +
		$(awk '/^RssAnon/ { print $2 }' "/proc/$drain/status") * 1024))
}

# run NAME BYTES-PER-SECOND BOUND-MIB RATE SUB-BUFFERS [GATE]
run() {
	local now mib=$3 rate=$4 count=$5 peak=0
	name=$1
	echo "$2" > "$WORK/back/.rate"
	shift 5
	mkdir "/dev/shm/$name"
	lttng -q create "$name" --output "/dev/shm/$name/trace" > /dev/null
	lttng -q enable-channel -u -s "$name" metadata --subbuf-size 4k --switch-timer 100000
	lttng -q enable-channel -u -s "$name" c --subbuf-size 1M --num-subbuf "$count" --switch-timer 1000000
	lttng -q enable-event -u -s "$name" -c c 'flowdar:*'
	lttng -q add-context -u -s "$name" -c c -t vpid -t vtid
	"$TOOLS/drain_run" "/dev/shm/$name" "$WORK/disk/$name" "$mib" $((count * $(nproc) + 4)) adaptive "$@" \
		> "$WORK/$name.out" 2> "$WORK/$name.err" &
	drain=$!
	lttng -q start "$name"
	"$TOOLS/record_events" "$rate" "$SECONDS_LONG" "$@" > "$WORK/$name.said" &
	while [ -e "/proc/$!/exe" ]; do
		now=$(in_memory)
		[ "$now" -le "$peak" ] || peak=$now
		[ "$now" -le $((mib << 20)) ] || fail "$name: $now bytes in memory"
		sleep 0.05
	done
	lttng -q stop "$name"
	lttng -q destroy "$name" > /dev/null
	echo 2000000000 > "$WORK/back/.rate"
	kill -TERM "$drain"
	wait "$drain" || fail "$name: the drain failed"
	read -r said _ < "$WORK/$name.said"
	note "$name: $said said, $(value read) read, $(value dropped_events) dropped," \
		"$(value discarded) discarded; at most $((peak >> 20)) MiB in memory," \
		"$(($(value trace_bytes) >> 20)) MiB became $(($(value disk_bytes) >> 20)) MiB"
	[ "$(value dropped_uncounted)" = 0 ] || fail "$name: packets were dropped without being counted"
	[ "$(value read)" = "$(value events)" ] || fail "$name: $(value events) events were written"
	[ "$said" = $(($(value read) + $(value dropped_events) + $(value discarded))) ] ||
		fail "$name: the sum is wrong"
	now=$(du -s --block-size=1 --exclude=index "/dev/shm/$name" | cut -f1)
	[ "$now" -lt 100000 ] || fail "$name: $now bytes are left in memory"
}

run lossy 2000000 64 5000000 8
[ "$(value dropped_events)" -gt 0 ] || fail "the disk was not slow enough"
run lossless 5000000 96 2500000 16 "$WORK/gate"
[ "$(value dropped_events)" = 0 ] || fail "events were dropped"
[ "$(value discarded)" = 0 ] || fail "LTTng discarded events"
note "gate: $(cut -d' ' -f3 "$WORK/lossless.said") s for $SECONDS_LONG s of events"
