#include "viz/svg/svg.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

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

static gboolean set_write_error(const char *path, const char *reason, GError **error)
{
	g_set_error(error, FDAR_VIZ_ERROR, FDAR_VIZ_ERROR_WRITE, "cannot write %s: %s", path,
		    reason);
	return FALSE;
}

/* A pipe or device is written to, not replaced. */
static gboolean write_through(const char *path, const char *text, gsize length, GError **error)
{
	FILE *file = fopen(path, "we");
	gboolean fine;

	if (!file)
		return set_write_error(path, g_strerror(errno), error);
	fine = fwrite(text, 1, length, file) == length;
	if (fclose(file) != 0 || !fine)
		return set_write_error(path, g_strerror(errno), error);
	return TRUE;
}

gboolean fdar_viz_write(const char *path, const char *text, gsize length, GError **error)
{
	g_autoptr(GError) cause = NULL;
	const char *reason;
	char *target;
	GStatBuf status;

	if (g_stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
		return write_through(path, text, length, error);
	target = realpath(path, NULL); /* a link stays, and what it points to is replaced */
	if (g_file_set_contents_full(target ? target : path, text, (gssize)length,
				     G_FILE_SET_CONTENTS_CONSISTENT, 0666, &cause)) {
		free(target);
		return TRUE;
	}
	free(target);
	/* GLib's message names the temporary file; what is wrong stands at its end */
	reason = g_strrstr(cause->message, ": ");
	return set_write_error(path, reason ? reason + 2 : cause->message, error);
}
