#!/usr/bin/env bash
# graphml2gv of graphviz 2.42.2: of GraphML it takes nodes and edges alone, no name, no weight, no attribute at all.
#
# Guess: GraphML keeps what is known of nodes and edges in <data> elements, whose <key> says what they are: attr.name="label". graphml2gv(1)
# "converts GRAPHML to GV", so these are attributes then: [label=main], [weight=12.5].
# So it is: <key> and <data> are not read: "Unknown node key - ignoring.", once for each of them, which names neither the key nor the line;
# status 0. A call graph whose nodes are called n0, n1 (as editors and igraph write it) comes out as n0 -> n1, and all figures
# are gone. The id of an edge stays, as _graphml_id. By gxl2gv from GXL the same graph keeps names and weights.
# What helps: GXL in between, or a script with networkx (read_graphml) and pygraphviz.
#
# Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack graphviz=2.42.2-7+deb12u1

cat >calls.graphml <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="d0" for="node" attr.name="label" attr.type="string"/>
<key id="d1" for="edge" attr.name="weight" attr.type="double"/>
<graph id="G" edgedefault="directed">
<node id="n0"><data key="d0">main</data></node>
<node id="n1"><data key="d0">parse</data></node>
<edge id="e0" source="n0" target="n1"><data key="d1">12.5</data></edge>
</graph></graphml>
XML
cat >calls.gxl <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<gxl><graph id="G" edgemode="directed" edgeids="true">
<node id="n0"><attr name="label"><string>main</string></attr></node>
<node id="n1"><attr name="label"><string>parse</string></attr></node>
<edge id="e0" from="n0" to="n1"><attr name="weight"><string>12.5</string></attr></edge>
</graph></gxl>
XML
bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
status=0
run graphml2gv calls.graphml >calls.dot 2>said || status=$?
cat calls.dot said
# shellcheck disable=SC2016 # gvpr's own $
{
	names='N { print($.name, "=", hasAttr($, "label") ? $.label : ""); } E { print(hasAttr($, "weight") ? $.weight : "none"); }'
	expect "of GraphML" "$(run gvpr "$names" calls.dot | paste -sd ' ')" "n0= none n1="
	expect "of GXL" "$(run gxl2gv calls.gxl | run gvpr "$names" | paste -sd ' ')" "n0=main 12.5 n1=parse"
}
expect "status" $status 0
expect "lines on standard error" "$(sort said | uniq -c | sed 's/^ *//' | paste -sd ';')" "3 Unknown node data - ignoring.;2 Unknown node key - ignoring."
exit $bad
