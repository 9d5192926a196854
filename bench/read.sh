#!/usr/bin/env bash
# How fast a trace is read: events decoded into batches, against babeltrace2, on one core; plain, and
# from packed streams as recordings have them.
#
# usage: bench/read.sh [BUILD-DIRECTORY [EVENTS [ROUNDS]]]
#        (as root, after: ninja -C BUILD-DIRECTORY read_events trace_generator pack_trace;
#        EVENTS: 10 million)
#
# A function trace (entry and exit of nested calls: two integers each, the context vtid) is recorded
# by LTTng in a world of its own and put in three places: a tmpfs with huge pages, one without, and
# the disk's page cache. There it is read in turn by flowdar's decoder and by
#   babeltrace2 --component=sink.utils.dummy
# once each a round, and the median of the rounds' ratios is what counts. Packed traces are compressed
# at several levels of zstd, in columns (pipeline/packed/packed_columns.h) and not; they are read in turn with
# babeltrace2 on the plain one. Times are of the processor
# (user and system), of the whole process, because others may be using the machine.
# With FLOWDAR_BENCH_LONG=1 a trace ten times as long is read besides, for the memory it takes.
set -euo pipefail
FLOWDAR_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
FLOWDAR_BUILD=$(realpath "${1:-$FLOWDAR_SOURCE/build/release}")
FLOWDAR=$FLOWDAR_BUILD/bin/flowdar
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
. "$FLOWDAR_SOURCE/bench/median.sh"
trap 'umount "$WORK/huge" "$WORK/plain" 2> /dev/null; rm -rf "$WORK"' EXIT
events=${2:-10000000}
rounds=${3:-5}
generator=$FLOWDAR_BUILD/tests/ctf/trace_generator
packer=$FLOWDAR_BUILD/tests/ctf/pack_trace
reader=$FLOWDAR_BUILD/bench/read_events
for program in "$generator" "$reader" "$packer"; do
	[ -x "$program" ] || fail "no $program: ninja -C $FLOWDAR_BUILD ${program##*/}"
done
core=$(($(nproc) - 1))
TIMEFORMAT='%U %S'

# record FOLDER EVENTS
record() {
	lttng -q create bench --output "$1" > /dev/null
	lttng -q enable-channel -u -s bench c --subbuf-size 1M --num-subbuf 32
	lttng -q enable-event -u -s bench -c c 'flowdar:*'
	lttng -q add-context -u -s bench -c c -t vtid
	lttng -q start bench
	"$generator" functions "$2"
	lttng -q destroy bench > /dev/null
}

# cpu COMMAND...: seconds of the processor
cpu() {
	{ time taskset -c "$core" "$@" > "$WORK/out" 2> "$WORK/run.err"; } 2>&1 |
		awk '{ printf "%.4f\n", $1 + $2 }'
}

# compare PLACE TRACE [PLAIN]: babeltrace2 reads PLAIN, the same trace, if it cannot read TRACE
compare() {
	local ours theirs
	: > "$WORK/rounds"
	"$reader" "$2" > /dev/null
	for _ in $(seq "$rounds"); do
		ours=$(cpu "$reader" "$2")
		theirs=$(cpu babeltrace2 --component=sink.utils.dummy "${3:-$2}")
		echo "$ours $theirs" >> "$WORK/rounds"
	done
	awk -v place="$1" -v n="$events" \
		-v ours="$(cut -d' ' -f1 "$WORK/rounds" | median)" \
		-v theirs="$(cut -d' ' -f2 "$WORK/rounds" | median)" \
		-v ratio="$(awk '{ print $2 / $1 }' "$WORK/rounds" | median)" 'BEGIN {
			printf "%-28s  %9.1f  %11.2f  %6.1f\n", place, n / ours / 1e6, n / theirs / 1e6, ratio }'
}

# two_threads TRACE: how much faster two threads are, each with half of it; the time that counts is
# that of the thread which needs the processor longer
two_threads() {
	for _ in $(seq "$rounds"); do
		for threads in 1 2; do "$reader" "$1" 3 "$threads" | cut -d' ' -f4 | median; done |
			awk '{ seconds[NR] = $1 } END { printf "%.2f\n", seconds[1] / seconds[2] }'
	done | median
}

# pack NAME LEVEL HOW: a packed copy of the trace
pack() {
	cp -r "$WORK/huge/trace" "$WORK/disk/$1"
	"$packer" "$WORK/disk/$1" "$2" "$3" > /dev/null
}

# size TRACE: MiB
size() {
	du -s --block-size=1M "$1" | cut -f1
}

# memory TRACE: peak in KiB
memory() {
	"$reader" "$1" | awk '{ print $3 }'
}

mkdir "$WORK/huge" "$WORK/plain" "$WORK/disk"
mount -t tmpfs -o huge=always tmpfs "$WORK/huge" 2> /dev/null || mount -t tmpfs tmpfs "$WORK/huge"
mount -t tmpfs tmpfs "$WORK/plain"
lttng-sessiond --daemonize --no-kernel > /dev/null 2>&1 || fail "no session daemon"
record "$WORK/huge/trace" "$events"
read -r read_back _ < <("$reader" "$WORK/huge/trace")
[ "$read_back" = "$events" ] || note "the tracer lost $((events - read_back)) events of $events"
events=$read_back
cp -r "$WORK/huge/trace" "$WORK/plain/"
cp -r "$WORK/huge/trace" "$WORK/disk/"

echo "$events events, $(du -s --block-size=1M "$WORK/plain/trace" | cut -f1) MiB, $rounds rounds, one core"
printf '%-28s  %9s  %11s  %6s\n' 'million events/s of' flowdar babeltrace2 ratio
compare 'tmpfs, huge pages' "$WORK/huge/trace"
compare "page cache ($(stat -f -c %T "$WORK/disk"))" "$WORK/disk/trace"
compare 'tmpfs, 4 KiB pages' "$WORK/plain/trace"
for kind in "-1 columns" "1 columns" "3 columns" "1 plain" "3 plain"; do
	read -r level how <<< "$kind"
	pack "packed$level$how" "$level" "$how"
	compare "zstd $level, $how, $(size "$WORK/disk/packed$level$how") MiB" \
		"$WORK/disk/packed$level$how" "$WORK/disk/trace"
done
echo "two threads: $(two_threads "$WORK/huge/trace") times one; packed: $(two_threads "$WORK/disk/packed1columns")"
echo "peak memory: $(memory "$WORK/huge/trace") KiB; packed: $(memory "$WORK/disk/packed1columns") KiB"
if [ "${FLOWDAR_BENCH_LONG:-}" = 1 ]; then
	rm -rf "$WORK/plain/trace" "$WORK/disk/"*
	record "$WORK/plain/long" "$((events * 10))"
	plain=$(memory "$WORK/plain/long")
	"$packer" "$WORK/plain/long" 1 columns > /dev/null
	echo "peak memory with ten times the events: $plain KiB; packed: $(memory "$WORK/plain/long") KiB"
fi
