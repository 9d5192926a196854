#!/usr/bin/env bash
# How fast traces are analysed: against babeltrace2, which reads them only, and against an older build.
#
# usage: bench/analyze.sh [BUILD-DIRECTORY [OLDER-FLOWDAR [EVENTS [ROUNDS]]]]
#        (after: ninja -C BUILD-DIRECTORY flowdar make_trace; EVENTS: 10 million; OLDER-FLOWDAR: a program,
#        or - for none)
#
# Traces are made by bench/make_trace.c: a server's function trace (a few paths), one with a call tree drawn
# at random, and the server's calls as `flowdar cc` writes them, five times as many. In each round all take
# their turn on one core. Printed are the medians of seconds of the processor, user and system, and of the
# rounds' ratios. Then, of the trace of two threads, what one thread and all of them take by the clock:
# that says something on an idle machine only.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(realpath "${1:-$source_dir/build/release}")
older=${2:--}
events=${3:-10000000}
rounds=${4:-5}
# shellcheck source=bench/median.sh
. "$source_dir/bench/median.sh"
for program in "$build/bin/flowdar" "$build/bench/make_trace"; do
	[ -x "$program" ] || { echo "no $program: ninja -C $build ${program##*/}"; exit 1; }
done
# What it would keep beside the trace, it would not read again.
older_options=()
if [ "$older" != - ]; then
	help=$("$older" analyze --help)
	[[ $help != *--no-cache* ]] || older_options=(--no-cache)
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
core=$(($(nproc) - 1))
TIMEFORMAT='%U %S'

# cpu COMMAND...: seconds of the processor
cpu() {
	{ time taskset -c "$core" "$@" > "$work/out" 2> "$work/err"; } 2>&1 | awk '{ printf "%.3f\n", $1 + $2 }'
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", a / b }'
}

# compare KIND EVENTS
compare() {
	local trace=$work/$1 ours theirs old
	rm -f "$work"/{ours,peer,older}{,.ratio}
	"$build/bench/make_trace" "$trace" "$1" "$2" 1
	for _ in $(seq "$rounds"); do
		ours=$(cpu "$build/bin/flowdar" analyze "$trace" --no-cache --format json)
		echo "$ours" >> "$work/ours"
		if [ "$1" != calls ]; then
			theirs=$(cpu babeltrace2 "$trace" --component=sink.utils.dummy)
			echo "$theirs" >> "$work/peer"
			ratio "$theirs" "$ours" >> "$work/peer.ratio"
		fi
		[ "$older" != - ] || continue
		old=$(cpu "$older" analyze "$trace" "${older_options[@]}" --format json)
		echo "$old" >> "$work/older"
		ratio "$old" "$ours" >> "$work/older.ratio"
	done
	printf '%-8s %10s events: %s s' "$1" "$2" "$(median < "$work/ours")"
	[ ! -e "$work/peer" ] || printf '; babeltrace2 %s s, %sx' "$(median < "$work/peer")" \
		"$(median < "$work/peer.ratio")"
	[ "$older" = - ] || printf '; older %s s, %sx' "$(median < "$work/older")" \
		"$(median < "$work/older.ratio")"
	echo
	rm -rf "$trace"
}

compare server "$events"
compare random "$events"
compare calls $((5 * events))
