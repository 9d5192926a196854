/*
 * A scene as SVG, drawn by graphviz.
 *
 * Place in the house: the lower end of viz/. Graphviz lays the graph of the scene out (nop2) and
 * walks it; the pen it draws with is a renderer plugin of this module, together with a text layout
 * plugin that measures with label.h. So no font, no Pango and no Cairo is loaded, and the bytes are
 * the same on every machine.
 *
 * The picture stands alone: no scripts, no links, no outside style. Tooltips are <title> elements,
 * ids are the scene's. With FDAR_THEME_AUTO it has a style sheet that turns the light colours dark
 * where the reader's system asks for it; the paper is drawn, so it is legible wherever it is put.
 */
#ifndef FDAR_VIZ_SVG_SVG_H
#define FDAR_VIZ_SVG_SVG_H

#include <glib.h>

#include "viz/scene/scene.h"

/* The SVG document, which the caller frees (g_string_free). NULL and error when graphviz refuses.
 */
GString *fdar_svg_render(const struct fdar_scene *scene, GError **error);

#endif
