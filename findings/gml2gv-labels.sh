#!/usr/bin/env bash
# gml2gv of graphviz 2.42.2: the label of a node or an edge in a GML file is not its label after, and may be lost.
#
# Guess: GML's "label" is what is shown at a node; networkx and igraph write their nodes' names there. In DOT the attribute of that name
# does the same, so it stays. gml2gv(1): "no attribute information is lost".
# So it is: "label" becomes the attribute "name", which dot does not draw: a graph of functions is drawn with 0, 1, 2 for
# names, its edges without a text. A real "name" goes into the same attribute, the one that is written last stays, the other is gone,
# status 0 and no warning. A label that is a number (label 5, as gv2gml writes one) is a syntax error. Only what is in a
# LabelGraphics record, as yEd and gv2gml write it beside, becomes the label.
# What helps: gvpr after: gvpr -c 'N { label = aget($, "name") } E { label = aget($, "name") }'.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
lib=$(realpath "$(dirname "$0")/lib")
# shellcheck source=lib/debian.sh
. "$lib/debian.sh"
unpack graphviz=2.42.2-7+deb12u1

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
converted() { # GML: the graph in one line; status and lines on standard error
	local rc=0
	run gml2gv <<<"$1" >out 2>err || rc=$?
	echo "$(tr -d '\n\t' <out | sed 's/;/; /g; s/ *}/}/'), status $rc, $(wc -l <err) lines on standard error"
}
calls='graph [ directed 1 node [ id 0 label "parse" ] node [ id 1 label "send" ] edge [ source 0 target 1 label "calls" value 3 ] ]'
expect "labels" "$(converted "$calls")" \
	'digraph "" {0[name=parse]; 1[name=send]; 0 -> 1[name=calls,value=3];}, status 0, 0 lines on standard error'
cp out calls.dot
expect "label, then name" "$(converted 'graph [ node [ id 0 label "parse" name "http.c" ] ]')" \
	'graph "" {0[name="http.c"];}, status 0, 0 lines on standard error'
expect "name, then label" "$(converted 'graph [ node [ id 0 name "http.c" label "parse" ] ]')" \
	'graph "" {0[name=parse];}, status 0, 0 lines on standard error'
expect "LabelGraphics" "$(converted 'graph [ node [ id 0 label "parse" LabelGraphics [ text "send" ] ] ]')" \
	'graph "" {0[label=send,name=parse];}, status 0, 0 lines on standard error'
run gvpr -c 'N { label = aget($, "name") } E { label = aget($, "name") }' <calls.dot >out 2>/dev/null
expect "after gvpr" "$(grep -o '[^a-z]label=[a-z]*' out | tr -d '\t [' | sort | paste -sd ' ')" "label=calls label=parse label=send"
echo 'digraph { a -> b [label=5] }' | run gv2gml >number.gml
run gml2gv <number.gml >out 2>err || true
expect "what gv2gml writes of a label 5" "$(grep -o 'syntax error' err)" "syntax error"
exit $bad
