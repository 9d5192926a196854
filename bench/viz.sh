#!/usr/bin/env bash
# What a sequence diagram costs to lay out and draw, against graphviz' own ways on the same machine in the same run.
#
# usage: bench/viz.sh [BUILD-DIRECTORY]     (after: ninja -C BUILD-DIRECTORY bench_sequence; needs graphviz)
# Seconds of processor time, of user and system together; the least of three runs each:
#   flowdar     a story in, SVG bytes out: our layout and our pen
#   neato -n2   the graph that --save-dot writes, with all positions, drawn by graphviz' own SVG writer
#   dot         as many messages between ten lifelines, laid out by dot: two nodes a message, chained
#               in time. Stopped after two minutes, and not tried with more messages then.
#   PlantUML    the same diagram as --format plantuml writes it, as SVG, with the start of its Java
#   mscgen      as many messages between ten lifelines, as SVG
# ratio is neato's time in ours. PlantUML and mscgen are left out where they are not installed.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$source_dir/build/release}
tool=$build/bench/bench_sequence
[ -x "$tool" ] || { echo "no $tool: ninja -C $build bench_sequence"; exit 1; }
command -v neato >/dev/null || { echo "needs graphviz: apt-get install graphviz"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
limit_s=120

# least COMMAND...: the shortest processor time of three runs in seconds; one run if that takes long
least() {
	local took shortest=''
	for _ in 1 2 3; do
		took=$(
			TIMEFORMAT='%U %S'
			{ time timeout $limit_s "$@" >/dev/null 2>&1; } 2>&1
		) || { echo "> $limit_s"; return; }
		took=$(awk '{ printf "%.3f", $1 + $2 }' <<<"$took")
		if [ -z "$shortest" ] || awk "BEGIN { exit !($took < $shortest) }"; then shortest=$took; fi
		if awk "BEGIN { exit !($took > 5) }"; then break; fi
	done
	echo "$shortest"
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

# sequence_for_mscgen MESSAGES: the calls of bench_sequence
sequence_for_mscgen() {
	awk -v messages="$1" 'BEGIN {
		print "msc {"
		for (i = 0; i < 10; i++) printf "%s l%d", i ? "," : "", i
		print ";"
		for (i = 0; i < messages; i++)
			printf "l%d => l%d [label=\"some_function_name\"];\n", (i * 7) % 10, ((i + 1) * 7) % 10
		print "}"
	}'
}

# peer PROGRAM COMMAND...: as least, - where the program is not there
peer() {
	local program=$1
	shift
	if command -v "$program" >/dev/null; then least "$@"; else echo -; fi
}

printf '%10s  %12s  %12s  %8s  %12s  %12s  %12s  %10s\n' messages 'flowdar s' 'neato -n2 s' ratio 'dot s' \
	'PlantUML s' 'mscgen s' 'SVG bytes'
dot=0
for messages in 10 100 1000 10000; do
	ours=$("$tool" "$messages" "$work/graph.dot" "$work/picture.svg" "$work/diagram.puml")
	neato=$(least neato -n2 -Tsvg "$work/graph.dot")
	if [[ $dot == '>'* || $dot == - ]]; then
		dot=-
	else
		sequence_for_dot "$messages" >"$work/chained.dot"
		dot=$(least dot -Tsvg "$work/chained.dot")
	fi
	ratio=$(awk "BEGIN { if ($ours > 0) printf \"%.1f\", ${neato#> } / $ours; else printf \"-\" }")
	plantuml=$(peer plantuml plantuml -tsvg "$work/diagram.puml")
	sequence_for_mscgen "$messages" >"$work/calls.msc"
	mscgen=$(peer mscgen mscgen -T svg -i "$work/calls.msc" -o "$work/calls.svg")
	printf '%10d  %12s  %12s  %8s  %12s  %12s  %12s  %10d\n' "$messages" "$ours" "$neato" "$ratio" "$dot" \
		"$plantuml" "$mscgen" \
		"$(stat -c %s "$work/picture.svg")"
done
