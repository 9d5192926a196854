#include "viz/svg/svg.h"

#include "viz/svg/graph.h"
#include "viz/svg/svg_pen.h"

#define BYTES_PER_ITEM 200

static gboolean render(Agraph_t *graph, struct fdar_svg_page *page, GError **error)
{
	GVC_t *context = gvContextPlugins(fdar_svg_plugins, TRUE);
	gboolean fine = FALSE;

	if (!context || gvLayout(context, graph, "nop2") != 0) {
		fdar_graph_set_error(error, "cannot lay the picture out");
	} else {
		if (gvRenderContext(context, graph, FDAR_SVG_FORMAT, page) != 0)
			fdar_graph_set_error(error, "cannot draw the picture");
		else
			fine = TRUE;
		gvFreeLayout(context, graph);
	}
	if (context)
		gvFreeContext(context);
	return fine;
}

GString *fdar_svg_render(const struct fdar_scene *scene, GError **error)
{
	struct fdar_svg_page page = { .scene = scene };
	Agraph_t *graph;
	gboolean fine = FALSE;

	page.out = g_string_sized_new((gsize)(scene->items->len + 16) * BYTES_PER_ITEM);
	fdar_graph_lock();
	graph = fdar_graph_new(scene, error);
	if (graph) {
		fine = render(graph, &page, error);
		agclose(graph);
	}
	fdar_graph_unlock();
	if (!fine) {
		g_string_free(page.out, TRUE);
		return NULL;
	}
	return page.out;
}

#ifdef __has_feature
#if __has_feature(address_sanitizer) /* clang's way to say it */
#define __SANITIZE_ADDRESS__
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
/* What graphviz 2.43 never frees: the text of its configuration, once a context, and the node lists
 * of nop2. LeakSanitizer asks a program for this by this name. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libgvc.so\nleak:libgvplugin_neato_layout.so\n";
}
#endif
