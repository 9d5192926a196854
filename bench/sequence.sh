#!/usr/bin/env bash
# How long a sequence diagram takes to lay out and draw, against graphviz' own ways.
#
# usage: bench/sequence.sh [BUILD-DIRECTORY]     (after: ninja -C BUILD-DIRECTORY bench_sequence)
# A row for each number of messages; the best of three runs each:
#   flowdar     a story in, SVG bytes out: our layout, drawn through graphviz in this process
#   neato -n2   the graph that we save, with all positions, drawn by graphviz' own SVG writer
#   dot         as many messages between ten lifelines, laid out by dot: two nodes a message, chained
#               in time. Stopped after two minutes, and not tried with more messages then.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$source_dir/build/release}
tool=$build/bench/bench_sequence
[ -x "$tool" ] || { echo "no $tool: ninja -C $build bench_sequence"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
limit_s=120

# best COMMAND...: the shortest wall time of three runs in seconds; one run if that takes long
best() {
	local begin run shortest=''
	for _ in 1 2 3; do
		begin=$(date +%s%N)
		timeout $limit_s "$@" >/dev/null 2>&1 || { echo "> $limit_s"; return; }
		run=$((($(date +%s%N) - begin) / 1000))
		if [ -z "$shortest" ] || [ "$run" -lt "$shortest" ]; then shortest=$run; fi
		[ "$run" -gt 5000000 ] && break
	done
	printf '%d.%03d\n' $((shortest / 1000000)) $((shortest / 1000 % 1000))
}

# sequence_for_dot MESSAGES: the way dot is usually asked for a sequence diagram
sequence_for_dot() {
	awk -v messages="$1" 'BEGIN {
		print "digraph s { node [shape=point]; edge [arrowsize=0.5];"
		for (i = 0; i < messages; i++) {
			from = (i * 7) % 10; to = (i * 7 + 3) % 10
			printf "{ rank=same; m%d_f; m%d_t; } m%d_f -> m%d_t [label=\"some_function_name\"];\n", i, i, i, i
			if (i) printf "m%d_f -> m%d_f [style=invis];\n", i - 1, i
			if (from in last) printf "%s -> m%d_f [arrowhead=none];\n", last[from], i
			if (to in last) printf "%s -> m%d_t [arrowhead=none];\n", last[to], i
			last[from] = "m" i "_f"; last[to] = "m" i "_t"
		}
		print "}"
	}'
}

printf '%10s  %12s  %12s  %12s  %10s\n' messages 'flowdar s' 'neato -n2 s' 'dot s' 'SVG bytes'
dot=0
for messages in 50 100 300 1000 10000; do
	ours=$("$tool" "$messages" "$work/graph.dot" "$work/picture.svg")
	neato=$(best neato -n2 -Tsvg "$work/graph.dot")
	if [[ $dot == '>'* || $dot == - ]]; then
		dot=-
	else
		sequence_for_dot "$messages" >"$work/chained.dot"
		dot=$(best dot -Tsvg "$work/chained.dot")
	fi
	printf '%10d  %12s  %12s  %12s  %10d\n' "$messages" "$ours" "$neato" "$dot" \
		"$(stat -c %s "$work/picture.svg")"
done
