/*
 * A scene as SVG.
 *
 * Place in the house: the lower end of viz/. The scene's geometry is written as it is; no font is looked at, and the
 * bytes are the same on every machine. Until a scene had its positions from graphviz it was drawn by graphviz, too;
 * since they are all ours, going through a graph of it (graph.h, for --save-dot) only made a picture of ten
 * thousand messages four times as slow.
 *
 * The picture stands alone: no scripts, no links, no outside style. Tooltips are <title> elements,
 * ids are the scene's. With FDAR_THEME_AUTO it has a style sheet that turns the light colours dark
 * where the reader's system asks for it; the paper is drawn, so it is legible wherever it is put.
 */
#ifndef FDAR_VIZ_SVG_SVG_H
#define FDAR_VIZ_SVG_SVG_H

#include <glib.h>

#include "viz/scene/scene.h"

/* The SVG document, which the caller frees (g_string_free). */
GString *fdar_svg_render(const struct fdar_scene *scene);

#endif
