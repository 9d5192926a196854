#!/usr/bin/env bash
# tred of graphviz 2.42.2: of two edges between the same nodes it drops one, though nothing else leads there.
#
# Guess: tred removes an edge from a to c when c can be reached from a over other nodes. tred(1):
# "This removes edges implied by transitivity"; of several edges between two nodes it says nothing. A graph of calls
# that has an edge for each place of the call (a calls b in line 10 and in line 20) has nothing to reduce.
# So it is: the second edge counts as implied by the first. Only the first that was written stays, with its label; the others go
# silently, status 0, and what was to be read from them (labels, counts to be summed, widths) is lost. It happens also where no edge
# is transitive at all. Edges between the same nodes are not merged by dot itself, nor by unflatten.
# What helps: edges summed up to one (label, penwidth) before; or gvpr.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack graphviz=2.42.2-7+deb12u1

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
edges() { # TOOL: of calls.dot, as FROM>TO:LABEL
	local status=0
	run "$1" <calls.dot >out.dot 2>err || status=$?
	echo "$(tr -d '\t\n ;"' <out.dot | sed 's/\]/\]\n/g' | sed -n 's/.*[{]*\(.\)->\(.\)\[label=\(.*\)\]/\1>\2:\3/p' | paste -sd ' '), status $status, $(wc -c <err) bytes on stderr"
}
cat >calls.dot <<'DOT'
digraph { a -> b [label=10]; a -> b [label=20]; a -> b [label=30]; b -> c [label=40] }
DOT
expect "tred, nothing transitive" "$(edges tred)" "a>b:10 b>c:40, status 0, 0 bytes on stderr"
expect "unflatten" "$(edges unflatten)" "a>b:10 a>b:20 a>b:30 b>c:40, status 0, 0 bytes on stderr"
cat >calls.dot <<'DOT'
digraph { a -> b [label=10]; b -> c [label=20]; a -> c [label=30] }
DOT
expect "tred, one transitive" "$(edges tred)" "a>b:10 b>c:20, status 0, 0 bytes on stderr"
exit $bad
