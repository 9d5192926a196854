#include "viz/bars/bars.h"

#include <string.h>

#include "base/amount.h"
#include "viz/chart/chart.h"

#define WIDTH  1140.0
#define LEFT   220.0
#define RIGHT  330.0 /* room for what stands behind a bar */
#define HEAD   52.0
#define BAR    11.0
#define TEXT   11.0
#define MARGIN 12.0

/* All waits of one name. */
struct wait {
	const char *name;
	double ns[FDAR_FLAME_SIDES];
	double calls[FDAR_FLAME_SIDES];
};

static double most_of(const struct wait *wait)
{
	return MAX(wait->ns[0], wait->ns[1]);
}

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct wait *x = a, *y = b;
	double dx = most_of(x), dy = most_of(y);

	return dx > dy ? -1 : dx < dy ? 1 : strcmp(x->name, y->name);
}

static GArray *gather(const struct fdar_flame_tree *tree)
{
	GArray *waits = g_array_new(FALSE, TRUE, sizeof(struct wait));
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);

	for (uint32_t i = 1; i < tree->count; i++) {
		const struct fdar_flame_node *node = &tree->nodes[i];
		struct wait fresh = { .name = node->name };
		struct wait *wait;
		guint at;

		if (node->frame != FDAR_FRAME_WAIT && node->frame != FDAR_FRAME_QUEUE)
			continue;
		at = GPOINTER_TO_UINT(g_hash_table_lookup(known, node->name));
		if (!at) {
			g_array_append_val(waits, fresh);
			at = waits->len;
			g_hash_table_insert(known, (gpointer)node->name, GUINT_TO_POINTER(at));
		}
		wait = &g_array_index(waits, struct wait, at - 1);
		for (unsigned s = 0; s < FDAR_FLAME_SIDES; s++) {
			wait->ns[s] += node->own_ns[s];
			wait->calls[s] += node->calls[s];
		}
	}
	g_array_sort(waits, by_time);
	return waits;
}

static void draw_bar(struct fdar_chart *chart, double y, double ns, double calls, double longest,
		     double room, const char *fill, const char *unit)
{
	g_autofree char *time = fdar_label_mean_duration(ns);
	g_autofree char *each = fdar_label_mean_duration(calls > 0 ? ns / calls : 0);
	g_autofree char *many = fdar_number_text(calls);
	g_autofree char *words =
		calls > 0 ? g_strdup_printf("%s a %s: %s × %s", time, unit, many, each)
			  : g_strdup("none");
	double w = longest > 0 ? ns / longest * room : 0;

	if (calls > 0)
		fdar_chart_rect(chart, LEFT, y, MAX(w, 1), BAR, fill, NULL);
	fdar_chart_text(chart, LEFT + MAX(w, 1) + 6, y + BAR - 1, 0, FDAR_FONT_SANS, TEXT,
			FDAR_COLOR_MUTED, 0, words);
}

static double draw_waits(struct fdar_chart *chart, const GArray *waits,
			 const struct fdar_flame_tree *tree, double width)
{
	double longest = waits->len ? most_of(&g_array_index(waits, struct wait, 0)) : 0;
	double y = HEAD;

	for (guint i = 0; i < MIN(waits->len, FDAR_BARS_WAITS); i++) {
		const struct wait *wait = &g_array_index(waits, struct wait, i);
		double room = width - LEFT - RIGHT;

		fdar_chart_text(chart, LEFT - 10, y + (tree->two_sides ? BAR + 4 : BAR - 1), 2,
				FDAR_FONT_MONO, TEXT, FDAR_COLOR_INK, LEFT - 20, wait->name);
		if (tree->two_sides) {
			draw_bar(chart, y, wait->ns[0], wait->calls[0], longest, room,
				 fdar_chart_hue(0), tree->unit);
			y += BAR + 2;
		}
		draw_bar(chart, y, wait->ns[1], wait->calls[1], longest, room, fdar_chart_hue(1),
			 tree->unit);
		y += BAR + 11;
	}
	return y;
}

static void draw_legend(struct fdar_chart *chart, const struct fdar_flame_tree *tree)
{
	static const char *const names[] = { "baseline", "subject" };
	double x = LEFT;

	for (unsigned s = 0; tree->two_sides && s < 2; s++) {
		fdar_chart_rect(chart, x, 33, 14, BAR, fdar_chart_hue(s), NULL);
		fdar_chart_text(chart, x + 19, 42, 0, FDAR_FONT_SANS, TEXT, FDAR_COLOR_MUTED, 0,
				names[s]);
		x += 90;
	}
}

GString *fdar_waits_svg(const struct fdar_flame_tree *tree, const struct fdar_bars_options *options)
{
	struct fdar_chart *chart = fdar_chart_new(options->id ? options->id : "waits");
	g_autoptr(GArray) waits = gather(tree);
	double width = options->width > 0 ? options->width : WIDTH;
	g_autofree char *words =
		waits->len ? g_strdup_printf("%u kinds of wait; the longest is %s", waits->len,
					     g_array_index(waits, struct wait, 0).name)
			   : g_strdup("No call that can block, and no queue, was recorded.");
	g_autofree char *title =
		fdar_label_units(options->title ? options->title : "What sessions wait for");
	double y;

	fdar_chart_heading(chart, MARGIN, width - 2 * MARGIN, options->title ? title : NULL);
	draw_legend(chart, tree);
	y = draw_waits(chart, waits, tree, width);
	if (waits->len > FDAR_BARS_WAITS || waits->len == 0) {
		g_autofree char *rest = waits->len
						? g_strdup_printf("%u shorter ones are not shown",
								  waits->len - FDAR_BARS_WAITS)
						: g_strdup(words);

		fdar_chart_text(chart, MARGIN, y + 8, 0, FDAR_FONT_SANS, TEXT, FDAR_COLOR_MUTED,
				width - 2 * MARGIN, rest);
		y += 18;
	}
	return fdar_chart_finish(chart, width, y + 8, title, words);
}
