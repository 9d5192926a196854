#!/usr/bin/env bash
# libcgraph of graphviz 2.42.2: agattr() on a subgraph gives its default to every node of the whole graph; DOT's own statement does not.
#
# Guess: agattr(cluster, AGNODE, "color", "red") is what `node [color=red]` inside of that cluster is in DOT: nodes made in the cluster
# from then on are red, others are not. cgraph(3) says for agattr that a new attribute's default "is applied to all pre-existing
# objects of the given kind", not that these are the whole graph's when it is called for a part.
# So it is: if the root graph does not know the attribute yet, it is declared there with the same value, and all nodes, before and
# after, inside and out, are red; agwrite writes `node [color=red]` at the top. If the root knows it, only the cluster has it. So the
# same call does one or the other by what was called before, for example whether the file that was read mentions a color anywhere.
# Reading the DOT text with the statement inside of the cluster is as one would guess, in either case.
# What helps: agattr(agroot(g), kind, name, "") before the first agattr on a subgraph. (Not with agattr(root, kind, name, NULL), which
# only looks.)
#
# Exit status: 0 as described, 1 not so, 2 could not be run (no root or user namespaces).
set -euo pipefail
# shellcheck source=lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
unpack libgraphviz-dev=2.42.2-7+deb12u1 gcc-12=12.2.0-14+deb12u1 libc6-dev coreutils graphviz=2.42.2-7+deb12u1
inside true 2>/dev/null || { echo "no root and no user namespaces" >&2; exit 2; }

cat >root/work/colors.c <<'C'
#include <graphviz/cgraph.h>
#include <stdio.h>
#include <string.h>
static void say(Agraph_t *g, const char *name)
{
	Agnode_t *node = agnode(g, (char *)name, 0);
	const char *color = agget(node, "color");
	printf("%s=%s ", name, color && *color ? color : "none");
}
int main(int count, char **arguments)
{
	Agraph_t *g, *cluster;
	if (count > 1 && !strcmp(arguments[1], "read")) {
		g = agmemread("digraph { before; subgraph cluster_a { node [color=red]; inside }; after }");
	} else {
		g = agopen("g", Agdirected, NULL);
		if (count > 1)
			agattr(g, AGNODE, "color", "");
		agnode(g, "before", 1);
		cluster = agsubg(g, "cluster_a", 1);
		agattr(cluster, AGNODE, "color", "red");
		agnode(cluster, "inside", 1);
		agnode(g, "after", 1);
	}
	say(g, "before"), say(g, "inside"), say(g, "after");
	return agclose(g);
}
C
inside gcc-12 colors.c -o colors -lcgraph

bad=0
expect() { # WHAT GOT WANTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { bad=1; echo "  NOT AS DESCRIBED, was $3"; }
}
inside dot -V 2>&1
expect "read from DOT" "$(inside ./colors read)" "before=none inside=red after=none "
expect "agattr on the cluster alone" "$(inside ./colors)" "before=red inside=red after=red "
expect "the root's attribute declared before" "$(inside ./colors declared)" "before=none inside=red after=none "
if [ $bad = 0 ]; then echo "as described"; else echo "not as described" >&2; exit 1; fi
