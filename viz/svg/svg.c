#include "viz/svg/svg.h"

#include "viz/svg/svg_pen.h"

#define BYTES_PER_ITEM 200

GString *fdar_svg_render(const struct fdar_scene *scene)
{
	GString *out = g_string_sized_new((gsize)(scene->items->len + 16) * BYTES_PER_ITEM);

	fdar_svg_draw(scene, out);
	return out;
}
