/*
 * Ids of graph objects in the order in which they are made.
 *
 * Private to graph.c. Graphviz' own ids are the addresses of names, and subgraphs are drawn in the
 * order of their ids: the picture would depend on where the heap lies.
 */
#ifndef FDAR_VIZ_SVG_GRAPH_IDS_H
#define FDAR_VIZ_SVG_GRAPH_IDS_H

#include <graphviz/cgraph.h>

/* For agopen. */
extern Agdisc_t fdar_graph_ids;

#endif
