/*
 * Ids of graph objects in the order in which they are made.
 *
 * Private to graph.c. Graphviz' own ids are the addresses of names, and subgraphs are drawn in the
 * order of their ids: the picture would depend on where the heap lies.
 */
#ifndef FD_VIZ_GRAPH_IDS_H
#define FD_VIZ_GRAPH_IDS_H

#include <graphviz/cgraph.h>

/* For agopen. */
extern Agdisc_t fd_graph_ids;

#endif
