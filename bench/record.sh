#!/usr/bin/env bash
# What recording costs: the pipeline's processor time against that of the tracepoint, bytes on disk
# against plain CTF, and what is lost at 5 million events a second.
#
# usage: bench/record.sh [BUILD-DIRECTORY [ROUNDS [SECONDS]]]
#        (as root, after: ninja -C BUILD-DIRECTORY flowdar instrument_libraries record_calls drain_run
#        record_events; ROUNDS: 5, SECONDS: 30)
#
# First by hand: LTTng writes into memory, the drain empties it, a program says 5 million events a
# second for 4 s, with tracepoints and without: what the two differ by is what the tracepoint costs.
# The median of the rounds' ratios is what counts. Then `flowdar record --memory 512M` for SECONDS, of
# scopes (an event of LTTng each) and of functions with the compiler's hooks. Times are of the
# processor, because others may be using the machine.
set -euo pipefail
FLOWDAR_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
FLOWDAR_BUILD=$(realpath "${1:-$FLOWDAR_SOURCE/build/release}")
FLOWDAR=$FLOWDAR_BUILD/bin/flowdar
. "$FLOWDAR_SOURCE/tests/e2e/private.sh"
. "$FLOWDAR_SOURCE/bench/median.sh"
rounds=${2:-5}
seconds=${3:-30}
rate=5000000
drain=$FLOWDAR_BUILD/tests/drain/drain_run
events=$FLOWDAR_BUILD/tests/drain/record_events
calls=$FLOWDAR_BUILD/bench/record_calls
for program in "$FLOWDAR" "$drain" "$events" "$calls"; do
	[ -x "$program" ] || fail "no $program: see the usage"
done
mount -t tmpfs tmpfs /dev/shm -o remount,size=80% 2> /dev/null || true
core=$(($(nproc) - 1)) # of the server; the rest is the recorder's and LTTng's

# column N: of the rounds
column() {
	cut -d' ' -f"$1" "$WORK/rounds" | median
}

# value NAME: of the drain's line
value() {
	tr ' ' '\n' < "$WORK/drain.out" | sed -n "s/^$1=//p"
}

# round: "tracepoint-ns drain-ns ratio trace-bytes/disk-bytes lost", of one round
round() {
	local said with without pid lost
	mkdir -p /dev/shm/bench
	lttng -q create bench --output /dev/shm/bench/trace > /dev/null
	lttng -q enable-channel -u -s bench metadata --subbuf-size 4k --switch-timer 100000
	lttng -q enable-channel -u -s bench c --subbuf-size 1M --num-subbuf 16
	lttng -q enable-event -u -s bench -c c 'flowdar:*'
	lttng -q add-context -u -s bench -c c -t vpid -t vtid
	"$drain" /dev/shm/bench "$WORK/packed" 512 > "$WORK/drain.out" &
	pid=$!
	lttng -q start bench
	read -r said with _ < <(taskset -c "$core" "$events" $rate 4)
	lttng -q stop bench
	lttng -q destroy bench > /dev/null
	kill -TERM "$pid"
	wait "$pid"
	read -r _ without _ < <(taskset -c "$core" "$events" $rate 4 plain)
	lost=$(($(value dropped_events) + $(value discarded)))
	awk -v with="$with" -v without="$without" -v cpu="$(value cpu_ns)" -v n="$(value read)" \
		-v plain="$(value trace_bytes)" -v disk="$(value disk_bytes)" -v lost="$lost" -v said="$said" \
		'BEGIN { t = with - without; d = cpu / n
			print t, d, d / t, plain / disk, lost
			if (n + lost != said) print "the sum is wrong" > "/dev/stderr" }'
	rm -rf "$WORK/packed" /dev/shm/bench
}

lttng-sessiond --daemonize --no-kernel > /dev/null 2>&1 || fail "no session daemon"
for _ in $(seq "$rounds"); do
	round | tee -a "$WORK/rounds.log" >> "$WORK/rounds"
done
echo "$rounds rounds of 4 s at $rate events/s, medians"
printf 'tracepoint %.1f ns an event, pipeline %.1f ns, ratio %.2f; on disk 1/%.1f of plain CTF; lost:' \
	"$(column 1)" "$(column 2)" "$(column 3)" "$(column 4)"
cut -d' ' -f5 "$WORK/rounds" | tr '\n' ' ' | sed 's/^/ /; s/ $/\n/'

# drain_again FOLDER: processor nanoseconds of the pipeline for all of a plain trace
drain_again() {
	"$drain" "$1" "$WORK/packed" 16384 > "$WORK/drain.out" &
	sleep 0.2
	kill -TERM $!
	wait $!
	rm -rf "$WORK/packed"
	value cpu_ns
}

# record KIND
record() {
	local said ns plain cpu
	taskset -c "$core" "$calls" "$1" $rate 3 > "$WORK/bare"
	"$FLOWDAR" record -q -o "$WORK/recording" --memory 512M -- \
		taskset -c "$core" "$calls" "$1" $rate "$seconds" > "$WORK/said"
	read -r said ns _ < "$WORK/said"
	"$FLOWDAR" export "$WORK/recording" --ctf /dev/shm/plain > /dev/null
	plain=$(du -sb /dev/shm/plain | cut -f1)
	cpu=$(drain_again /dev/shm/plain)
	jq -r --arg kind "$1" --arg said "$said" --arg ns "$ns" --arg bare "$(cut -d' ' -f2 "$WORK/bare")" \
		--arg plain "$plain" --arg cpu "$cpu" '"\($kind): \($said) entries and exits at \($ns) ns (not recorded: \($bare)), pipeline \(($cpu | tonumber) / ($said | tonumber) * 10 | round / 10) ns; " +
		"lost \((.discarded // 0) + (.dropped // 0)) events; \(.trace_bytes / ($said | tonumber) * 100 | round / 100)" +
		" bytes each on disk, 1/\(($plain | tonumber) / .trace_bytes * 10 | round / 10) of plain CTF"' \
		"$WORK/recording/recording.json"
	rm -rf "$WORK/recording" /dev/shm/plain
}

record scopes
record calls
