#include "viz/export/export_tree.h"

#include <math.h>

/* From the outermost caller down. */
static void append_path(GString *out, const struct fdar_flame_tree *tree, const GArray *path)
{
	for (guint i = path->len; i-- > 0;) {
		for (const char *c = tree->nodes[g_array_index(path, uint32_t, i)].name; *c; c++)
			g_string_append_c(out, *c == ';' ? ',' : *c);
		if (i)
			g_string_append_c(out, ';');
	}
}

GString *fdar_export_folded(const struct fdar_flame_tree *tree)
{
	g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	GString *out = g_string_new(NULL);

	for (uint32_t i = 1; i < tree->count; i++) {
		const double *own = tree->nodes[i].own_ns;
		gint64 baseline = llrint(own[FDAR_FLAME_BASELINE]);
		gint64 subject = llrint(own[FDAR_FLAME_SUBJECT]);

		if (!subject && !(tree->two_sides && baseline))
			continue;
		fdar_flame_path(tree, i, path);
		append_path(out, tree, path);
		if (tree->two_sides)
			g_string_append_printf(out, " %" G_GINT64_FORMAT, baseline);
		g_string_append_printf(out, " %" G_GINT64_FORMAT "\n", subject);
	}
	return out;
}
