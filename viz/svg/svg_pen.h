/*
 * The pen that graphviz draws SVG with: a renderer, a device and a text layout plugin.
 *
 * Private to svg.c and svg_pen.c. Colours and texts come from the graph's attributes; the size of
 * the picture, its title and its theme from the scene.
 */
#ifndef FDAR_VIZ_SVG_SVG_PEN_H
#define FDAR_VIZ_SVG_SVG_PEN_H

#include <glib.h>
#include <graphviz/gvc.h>

#include "viz/scene/scene.h"

/* The name of the output format. */
#define FDAR_SVG_FORMAT "flowdar_svg"

/* What gvRenderContext gets as its context. */
struct fdar_svg_page {
	const struct fdar_scene *scene;
	GString *out; /* the document is appended to it */
};

/* Built in, not added later: a context chooses its text layout while it is made, and would load
 * Pango and every font for it. */
extern const lt_symlist_t fdar_svg_plugins[];

#endif
