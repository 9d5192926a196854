/*
 * The pen that scenes are drawn with. Private to svg.c and svg_pen.c.
 */
#ifndef FDAR_VIZ_SVG_SVG_PEN_H
#define FDAR_VIZ_SVG_SVG_PEN_H

#include <glib.h>

#include "viz/scene/scene.h"

/* Appends the document. */
void fdar_svg_draw(const struct fdar_scene *scene, GString *out);

#endif
