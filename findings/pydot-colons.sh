#!/usr/bin/env bash
# pydot 1.4.2: nodes called srv::parse and srv::read are one node, and a node called "a,b" is two.
#
# Guess: pydot.Node("srv::parse") is a node of that name; what needs quotes in DOT gets them, as "operator<" and "main()" do.
# So it is: a colon is taken for DOT's port behind a name, and a comma is not quoted either. Nodes are written as `srv;`, edges as
# `"srv:":parse -> "srv:":read;`, with ports that nodes do not have, and `a,b;`, which graphviz reads as two nodes. A
# call graph of C++ has one node for each namespace, another for "srv:", no node for any method; dot draws it, status 0, and
# about the comma says nothing. Names of one word are right, so it works in C.
# What helps: names in quotes from the start, pydot.Node('"srv::parse"'), in edges too; or python3-pygraphviz, which quotes.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack python3-pydot=1.4.2-1 graphviz=2.42.2-7+deb12u1 python3=3.11.2-1+b1 coreutils
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

cat >root/work/calls.py <<'PY'
import pydot
def write(name, quote):
    graph = pydot.Dot(graph_type="digraph")
    for function in "srv::parse", "srv::read", "operator<", "main()", "a,b", "plain":
        graph.add_node(pydot.Node(quote(function)))
    graph.add_edge(pydot.Edge(quote("srv::parse"), quote("srv::read")))
    with open(name, "w") as file:
        file.write(graph.to_string())
write("bare.dot", lambda name: name)
write("quoted.dot", lambda name: '"' + name + '"')
print("version", pydot.__version__)
PY
inside python3 calls.py
bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
nodes() { # FILE: what graphviz reads
	run gvpr 'N { print($.name); }' "$1" | LC_ALL=C sort | paste -sd ' '
}
cat root/work/bare.dot
expect "the edge as written" "$(grep -e '->' root/work/bare.dot)" '"srv:":parse -> "srv:":read;'
expect "nodes" "$(nodes root/work/bare.dot)" "a b main() operator< plain srv srv:"
expect "nodes, quoted by oneself" "$(nodes root/work/quoted.dot)" "a,b main() operator< plain srv::parse srv::read"
exit $bad
