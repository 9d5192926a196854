#!/usr/bin/env bash
# How fast traces are analysed: against babeltrace2, which reads them only, and against an older build; the second
# question, two cores, diff and sequence against analyze, and peak memory.
#
# usage: bench/analyze.sh [BUILD-DIRECTORY [OLDER-FLOWDAR [EVENTS [ROUNDS [WHAT...]]]]]
#        (after: ninja -C BUILD-DIRECTORY flowdar make_trace; EVENTS: 10 million; OLDER-FLOWDAR: a program,
#        or - for none; WHAT: speed, second, cores, others, memory: all of them)
#
# Traces are made by bench/make_trace.c: a server's function trace (a few paths), one with a call tree drawn
# at random, and the server's calls as `flowdar cc` writes them, five times as many. In each round all take
# their turn on one core. Printed are the medians of seconds of the processor, user and system, and of the
# rounds' ratios; for two cores of seconds by the clock: these say something on an idle machine only. Memory is that
# of ten times as many events in 10,000 sessions that are all open from the begin to the end.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(realpath "${1:-$source_dir/build/release}")
older=${2:--}
events=${3:-10000000}
rounds=${4:-5}
shift $(($# < 4 ? $# : 4))
parts=${*:-speed second cores others memory}
# shellcheck source=bench/median.sh
. "$source_dir/bench/median.sh"
for program in "$build/bin/flowdar" "$build/bench/make_trace"; do
	[ -x "$program" ] || { echo "no $program: ninja -C $build ${program##*/}"; exit 1; }
done
flowdar=$build/bin/flowdar
# What it would keep beside the trace, it would not read again.
older_options=()
if [ "$older" != - ]; then
	help=$("$older" analyze --help)
	[[ $help != *--no-cache* ]] || older_options=(--no-cache)
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
core=$(($(nproc) - 1))

# cpu COMMAND...: seconds of the processor
cpu() {
	local TIMEFORMAT='%U %S'

	{ time taskset -c "$core" "$@" > "$work/out" 2> "$work/err"; } 2>&1 | awk '{ printf "%.3f\n", $1 + $2 }'
}

# clock COMMAND...: seconds by the clock
clock() {
	local TIMEFORMAT='%R'

	{ time "$@" > "$work/out" 2> "$work/err"; } 2>&1
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", (b > 0) ? a / b : 0 }'
}

# kept NAME: the median of what was kept under it
kept() {
	median < "$work/kept/$1"
}

keep() {
	mkdir -p "$work/kept"
	echo "$2" >> "$work/kept/$1"
}

# on KIND: how many events such a trace has
on() {
	[ "$1" = calls ] && echo $((5 * events)) || echo "$events"
}

# speed KIND TRACE
speed() {
	local ours theirs old line

	for _ in $(seq "$rounds"); do
		ours=$(cpu "$flowdar" analyze "$2" --no-cache --format json)
		keep ours "$ours"
		if [ "$1" != calls ]; then
			theirs=$(cpu babeltrace2 "$2" --component=sink.utils.dummy)
			keep peer "$theirs"
			keep peer.ratio "$(ratio "$theirs" "$ours")"
		fi
		[ "$older" != - ] || continue
		old=$(cpu "$older" analyze "$2" "${older_options[@]}" --format json)
		keep older "$old"
		keep older.ratio "$(ratio "$old" "$ours")"
	done
	line="$(kept ours) s"
	[ "$1" = calls ] || line+="; babeltrace2 $(kept peer) s, $(kept peer.ratio)x"
	[ "$older" = - ] || line+="; older $(kept older) s, $(kept older.ratio)x"
	echo "$line"
}

# second KIND TRACE: what is kept beside it is 2 s older than the trace at least
second() {
	local first again

	sleep 2.1
	for _ in $(seq "$rounds"); do
		rm -rf "$2/.flowdar-cache"
		first=$(cpu "$flowdar" analyze "$2" --format json)
		[ -d "$2/.flowdar-cache" ] || { echo "nothing was kept"; return; }
		again=$(cpu "$flowdar" analyze "$2" --format json)
		keep first "$first"
		keep again "$again"
		keep again.ratio "$(ratio "$first" "$again")"
	done
	rm -rf "$2/.flowdar-cache"
	echo "first question $(kept first) s, second $(kept again) s, $(kept again.ratio)x"
}

# cores KIND TRACE
cores() {
	local one two

	for _ in $(seq "$rounds"); do
		one=$(clock "$flowdar" analyze "$2" --no-cache --format json --jobs 1)
		two=$(clock "$flowdar" analyze "$2" --no-cache --format json --jobs 2)
		keep one "$one"
		keep two "$two"
		keep two.ratio "$(ratio "$one" "$two")"
	done
	echo "by the clock one core $(kept one) s, two $(kept two) s, $(kept two.ratio)x"
}

# others KIND TRACE: the trace is the other side of the comparison, too; drawn is one of its sessions
others() {
	local one both drawn line

	for _ in $(seq "$rounds"); do
		one=$(cpu "$flowdar" analyze "$2" --no-cache --format json)
		both=$(cpu "$flowdar" diff "$2" "$2" --no-cache --format json)
		keep diff "$both"
		keep diff.ratio "$(ratio "$both" "$one")"
		[ "$1" = sessions ] || continue
		drawn=$(cpu "$flowdar" sequence "$2" --format text)
		keep sequence "$drawn"
		keep sequence.ratio "$(ratio "$drawn" "$one")"
	done
	line="diff $(kept diff) s, $(kept diff.ratio)x of analyze"
	[ "$1" != sessions ] || line+="; sequence $(kept sequence) s, $(kept sequence.ratio)x"
	echo "$line"
}

# peak COMMAND...: MB of resident memory
peak() {
	command time -f %M -o "$work/peak" "$@" > "$work/out" 2> "$work/err"
	awk '{ printf "%.0f\n", $1 / 1000 }' "$work/peak"
}

for kind in server random calls sessions; do
	trace=$work/$kind
	for part in $parts; do
		[ "$part" != memory ] || continue
		[ "$kind" != sessions ] || [ "$part" = others ] || continue
		[ -d "$trace" ] || "$build/bench/make_trace" "$trace" "$kind" "$(on "$kind")" 1
		rm -rf "$work/kept"
		printf '%-8s %10s events, %-6s: %s\n' "$kind" "$(on "$kind")" "$part" "$("$part" "$kind" "$trace")"
	done
	rm -rf "$trace"
done
[[ " $parts " == *" memory "* ]] || exit 0
for kind in open sessions random; do
	[ "$kind" != random ] && count=$((10 * events)) || count=$events
	"$build/bench/make_trace" "$work/$kind" "$kind" "$count" 4
	printf '%-8s %10s events, memory: at most %s MB\n' "$kind" "$count" \
		"$(peak "$flowdar" analyze "$work/$kind" --no-cache --format json)"
	rm -rf "${work:?}/$kind"
done
