/*
 * A scene as a graphviz graph, every position ours.
 *
 * Place in the house: beside svg.h. Boxes and dots become nodes with "pos", arrows
 * edges with "pos" and "lp", frames clusters with "bb"; the layout engine nop2 takes them as they
 * are. Saved as .dot the graph can be drawn by any graphviz program: `neato -n2 -Tsvg FILE.dot`, and looks nearly the same there.
 *
 * Graphviz is not safe for threads: fdar_graph_lock() is held around everything that touches it.
 */
#ifndef FDAR_VIZ_SVG_GRAPH_H
#define FDAR_VIZ_SVG_GRAPH_H

#include <glib.h>
#include <graphviz/cgraph.h>

#include "viz/scene/scene.h"

#define FDAR_ARROW_POINTS 7.0 /* how long an arrow's head is */
#define FDAR_GIVEN_POINTS 5.0 /* how wide the disc is where a hand-off starts */

/* An attribute of nodes and edges that is ours: the color around the letters of the label. */
#define FDAR_GRAPH_HALO "flowdar_halo"

#define FDAR_VIZ_ERROR fdar_viz_error_quark()
GQuark fdar_viz_error_quark(void);

enum fdar_viz_error {
	FDAR_VIZ_ERROR_GRAPHVIZ /* it refused; the message is its own */
};

void fdar_graph_lock(void);
void fdar_graph_unlock(void);

/* The caller owns the result (agclose) and holds the lock. NULL and error when graphviz refuses. */
Agraph_t *fdar_graph_new(const struct fdar_scene *scene, GError **error);

/* The graph as DOT text, in a new string that the caller frees. Takes the lock itself. */
char *fdar_graph_to_dot(const struct fdar_scene *scene, GError **error);

/* Sets error to FDAR_VIZ_ERROR_GRAPHVIZ with what, and what graphviz said last. */
void fdar_graph_set_error(GError **error, const char *what);

#endif
