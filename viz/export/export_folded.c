#include "viz/export/export_tree.h"

#include <math.h>

/* From the outermost caller down; the root has no name. */
static void append_path(GString *out, const struct fdar_flame_tree *tree, uint32_t index)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (; index; index = tree->nodes[index].parent)
		g_ptr_array_add(names, (gpointer)tree->nodes[index].name);
	for (guint i = names->len; i-- > 0;) {
		for (const char *c = names->pdata[i]; *c; c++)
			g_string_append_c(out, *c == ';' ? ',' : *c);
		if (i)
			g_string_append_c(out, ';');
	}
}

GString *fdar_export_folded(const struct fdar_flame_tree *tree)
{
	GString *out = g_string_new(NULL);

	for (uint32_t i = 1; i < tree->count; i++) {
		const double *own = tree->nodes[i].own_ns;
		gint64 baseline = llrint(own[FDAR_FLAME_BASELINE]);
		gint64 subject = llrint(own[FDAR_FLAME_SUBJECT]);

		if (!subject && !(tree->two_sides && baseline))
			continue;
		append_path(out, tree, i);
		if (tree->two_sides)
			g_string_append_printf(out, " %" G_GINT64_FORMAT, baseline);
		g_string_append_printf(out, " %" G_GINT64_FORMAT "\n", subject);
	}
	return out;
}
