#!/usr/bin/env bash
# libcgraph of graphviz 2.42.2: whatever writes DOT cuts a long string in the middle, and goes on in the next line.
#
# Guess: an attribute stays on the line of its node: the tools of graphviz print one node or edge a line, so grep, sed, awk and a diff of
# two graphs work on what nop, tred, gvpr, acyclic, dot -Tdot or agwrite() of one's own program print.
# So it is: agwrite() counts characters, and after 128 of one string puts a backslash and a newline into it, in the middle of a word if
# need be. C++ names, URLs and paths are that long. graphviz itself reads it back; a search for the whole name finds nothing, and what reads
# DOT with regular expressions has half a name.
# What helps: linelength=0 as an attribute of the graph, in the file; or sed -e ':a' -e '/\\$/N; s/\\\n//; ta' behind it.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack graphviz=2.42.2-7+deb12u1

name=$(printf 'srv::answer<%s>::write' "$(printf 'std::allocator<char>, %.0s' {1..6})")
printf 'digraph {\n\ta [label="%s"];\n}\n' "$name" >plain.dot
printf 'digraph {\n\tlinelength=0;\n\ta [label="%s"];\n}\n' "$name" >whole.dot
has() { if grep -qF "$name" "$1"; then echo whole; else echo cut; fi; }
{
	echo "${#name} characters: $(has plain.dot)"
	for tool in nop tred; do
		run "$tool" plain.dot >"$tool.dot"
		echo "$tool: $(has "$tool.dot"), $(grep -c '\\$' "$tool.dot" || true) line ends with a backslash"
	done
	run nop whole.dot >nop.dot
	echo "nop, linelength=0 in the graph: $(has nop.dot)"
	run nop plain.dot | sed -e ':a' -e '/\\$/N; s/\\\n//; ta' >nop.dot
	echo "nop, put together again: $(has nop.dot)"
} | tee seen
cat >wanted <<'OUT'
152 characters: whole
nop: cut, 1 line ends with a backslash
tred: cut, 1 line ends with a backslash
nop, linelength=0 in the graph: whole
nop, put together again: whole
OUT
if diff wanted seen; then echo "as described"; else echo "not as described" >&2; exit 1; fi
