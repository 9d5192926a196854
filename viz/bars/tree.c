#include "viz/bars/bars.h"

#include <math.h>
#include <string.h>

#include "base/histogram.h"
#include "viz/chart/chart.h"

#define WIDTH   1140.0
#define HEAD    72.0
#define ROW     24.0
#define TEXT    11.0
#define MARGIN  12.0
#define INDENT  12.0
#define NAME    430.0 /* columns, from the left */
#define ADDED   520.0
#define BAR     532.0
#define BAR_MAX 150.0
#define RATIO   745.0
#define DISTS   765.0
#define BINS    60u
#define LEAST   0.004 /* of all that changed: paths with less are not shown */

struct view {
	const struct fdar_diff *diff;
	const struct fdar_profile *const *profiles;
	struct fdar_chart *chart;
	gboolean *shown;
	double width, most_ns;
	double low, high; /* log10 of nanoseconds: the distributions' axis */
};

static double weight_of(const struct fdar_diff_node *node)
{
	return fabs(node->added_ns);
}

static int by_weight(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct fdar_diff *diff = user;
	double x = weight_of(&diff->nodes[*(const uint32_t *)a]);
	double y = weight_of(&diff->nodes[*(const uint32_t *)b]);

	if (x > y || x < y)
		return x > y ? -1 : 1;
	return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;
}

/* The paths whose own time changed most, and their callers, while there is room. */
static void choose(struct view *view)
{
	const struct fdar_diff *diff = view->diff;
	g_autofree uint32_t *order = g_new(uint32_t, diff->node_count + 1);
	double all = 0;
	guint shown = 0;

	for (uint32_t i = 0; i < diff->node_count; i++) {
		order[i] = i;
		all += weight_of(&diff->nodes[i]);
	}
	g_qsort_with_data(order, (gint)diff->node_count, sizeof(*order), by_weight, (gpointer)diff);
	for (uint32_t i = 0; i < diff->node_count && shown < FDAR_BARS_PATHS; i++) {
		if (i > 0 && weight_of(&diff->nodes[order[i]]) < LEAST * all)
			break;
		for (uint32_t n = order[i]; n != FDAR_PROFILE_NONE && n != 0 && !view->shown[n];
		     n = diff->nodes[n].parent) {
			view->shown[n] = TRUE;
			shown++;
		}
	}
}

static gboolean is_node(const struct fdar_profile *profile, const struct fdar_profile_node *node,
			const struct fdar_diff_node *wanted)
{
	const struct fdar_profile_function *function = &profile->functions[node->function];

	return function->kind == wanted->frame && strcmp(function->name, wanted->function) == 0 &&
	       strcmp(function->component, wanted->component) == 0;
}

/* The node of a call path in one side's own tree; NULL: it has none. */
static const struct fdar_profile_node *find(const struct view *view, unsigned side, uint32_t index)
{
	const struct fdar_profile_group *group =
		view->profiles && view->profiles[side]
			? fdar_profile_group(view->profiles[side], FDAR_PROFILE_ALL)
			: NULL;
	const struct fdar_profile_node *above;

	if (!group || !group->node_count)
		return NULL;
	if (index == 0)
		return &group->nodes[0];
	above = find(view, side, view->diff->nodes[index].parent);
	for (uint32_t c = above ? above->first_child : FDAR_PROFILE_NONE; c != FDAR_PROFILE_NONE;
	     c = group->nodes[c].next_sibling)
		if (is_node(view->profiles[side], &group->nodes[c], &view->diff->nodes[index]))
			return &group->nodes[c];
	return NULL;
}

static void measure_axis(struct view *view)
{
	view->low = INFINITY;
	view->high = -INFINITY;
	for (uint32_t i = 1; i < view->diff->node_count; i++) {
		for (unsigned s = 0; view->shown[i] && s < 2; s++) {
			const struct fdar_profile_node *node = find(view, s, i);

			if (!node)
				continue;
			const struct fdar_histogram *own_ns =
				&fdar_profile_sessions(&node->stat)->own_ns;
			if (!own_ns->count)
				continue;
			view->low = MIN(view->low, log10((double)MAX(own_ns->min, 1)));
			view->high = MAX(view->high, log10((double)MAX(own_ns->max, 1)));
		}
	}
	view->low = floor(view->low);
	view->high = MAX(ceil(view->high), view->low + 1);
}

static double x_of(const struct view *view, double log_ns)
{
	return DISTS +
	       (log_ns - view->low) / (view->high - view->low) * (view->width - MARGIN - DISTS);
}

static void draw_distribution(const struct view *view, const struct fdar_histogram *all,
			      double foot, const char *fill)
{
	double bins[BINS] = { 0 }, most = 0, step = (view->width - MARGIN - DISTS) / BINS;

	for (uint32_t i = 0; i < all->length; i++) {
		double middle = ((double)fdar_bucket_low(all->buckets[i].index) +
				 (double)fdar_bucket_high(all->buckets[i].index)) /
				2;
		double at = (log10(MAX(middle, 1)) - view->low) / (view->high - view->low);
		int bin = (int)CLAMP(at * BINS, 0, BINS - 1);

		bins[bin] += (double)all->buckets[i].count;
		most = MAX(most, bins[bin]);
	}
	for (unsigned i = 0; i < BINS; i++) {
		double height = most > 0 ? bins[i] / most * (ROW / 2 - 2) : 0;

		if (height > 0)
			fdar_chart_rect(view->chart, DISTS + i * step, foot - MAX(height, 1.5),
					step - 0.5, MAX(height, 1.5), fill, NULL);
	}
}

static void draw_bar(const struct view *view, const struct fdar_diff_node *node, double y)
{
	gboolean more = node->added_ns >= 0;
	g_autofree char *time = fdar_label_mean_duration(fabs(node->added_ns));
	g_autofree char *text = g_strconcat(more ? "+" : "−", time, NULL);
	g_autofree char *ratio = node->presence == FDAR_IN_SUBJECT    ? g_strdup("new")
				 : node->presence == FDAR_IN_BASELINE ? g_strdup("gone")
				 : isfinite(node->ratio) && node->ratio > 0
					 ? fdar_label_ratio(node->ratio)
					 : g_strdup("");
	double w = fabs(node->added_ns) / view->most_ns * BAR_MAX;

	fdar_chart_text(view->chart, ADDED, y + 16, 2, FDAR_FONT_SANS, TEXT, FDAR_COLOR_INK, 0,
			text);
	fdar_chart_rect(view->chart, BAR, y + 6, MAX(w, 0.5), ROW - 12,
			fdar_chart_hue(more ? 1 : 0), NULL);
	fdar_chart_text(view->chart, RATIO, y + 16, 2, FDAR_FONT_SANS_BOLD, TEXT, FDAR_COLOR_INK, 0,
			ratio);
}

static void draw_row(const struct view *view, uint32_t index, guint row, guint depth)
{
	const struct fdar_diff_node *node = &view->diff->nodes[index];
	double y = HEAD + row * ROW, x = MARGIN + MIN(depth, 20u) * INDENT;
	gboolean guilty = view->diff->verdict.node == index && index != 0;

	if (guilty)
		fdar_chart_rect(view->chart, 0, y, view->width, ROW, FDAR_INK(ALARM_TINT), NULL);
	else if (row % 2 == 0)
		fdar_chart_rect(view->chart, 0, y, view->width, ROW, FDAR_INK(BAND), NULL);
	fdar_chart_text(view->chart, x, y + 16, 0, guilty ? FDAR_FONT_MONO_BOLD : FDAR_FONT_MONO,
			TEXT, guilty ? FDAR_COLOR_ALARM : FDAR_COLOR_INK, NAME - x, node->function);
	draw_bar(view, node, y);
	for (unsigned s = 0; s < 2; s++) {
		const struct fdar_profile_node *own = find(view, s, index);

		if (own && fdar_profile_sessions(&own->stat)->own_ns.count)
			draw_distribution(view, &fdar_profile_sessions(&own->stat)->own_ns,
					  y + (s + 1) * (ROW / 2), fdar_chart_hue(s));
	}
}

/* Children follow their parents, the one that added most first. */
static guint draw_below(const struct view *view, uint32_t parent, guint row, guint depth)
{
	const struct fdar_diff *diff = view->diff;

	for (;;) {
		uint32_t best = FDAR_PROFILE_NONE;

		for (uint32_t i = parent + 1; i < diff->node_count; i++)
			if (diff->nodes[i].parent == parent && view->shown[i] &&
			    (best == FDAR_PROFILE_NONE ||
			     fabs(diff->nodes[i].tree_added_ns) >
				     fabs(diff->nodes[best].tree_added_ns)))
				best = i;
		if (best == FDAR_PROFILE_NONE)
			return row;
		view->shown[best] = FALSE;
		draw_row(view, best, row++, depth);
		row = draw_below(view, best, row, depth + 1);
	}
}

static void draw_head(const struct view *view)
{
	static const char *const names[] = { "baseline", "subject" };
	double step = MAX(1, ceil((view->high - view->low) / 4));

	fdar_chart_text(view->chart, MARGIN, 48, 0, FDAR_FONT_SANS, TEXT, FDAR_COLOR_MUTED, 0,
			"call path, callers above");
	fdar_chart_text(view->chart, ADDED, 48, 2, FDAR_FONT_SANS, TEXT, FDAR_COLOR_MUTED, 0,
			"own time, added");
	fdar_chart_text(view->chart, RATIO, 48, 2, FDAR_FONT_SANS, TEXT, FDAR_COLOR_MUTED, 0,
			"with all below");
	if (!isfinite(view->low))
		return;
	for (unsigned s = 0; s < 2; s++) {
		double x = DISTS + s * 84;

		fdar_chart_rect(view->chart, x, 39, 10, 10, fdar_chart_hue(s), NULL);
		fdar_chart_text(view->chart, x + 14, 48, 0, FDAR_FONT_SANS, TEXT, FDAR_COLOR_MUTED,
				0, names[s]);
	}
	fdar_chart_text(view->chart, view->width - MARGIN, 48, 2, FDAR_FONT_SANS, TEXT,
			FDAR_COLOR_MUTED, 0, "sessions by own time in it");
	for (double at = view->low; at <= view->high + 0.01; at += step) {
		g_autofree char *text = fdar_label_duration((uint64_t)llround(pow(10, at)));
		gboolean last = at + step > view->high + 0.01;

		fdar_chart_text(view->chart, x_of(view, at), 64,
				at <= view->low ? 0
				: last          ? 2
						: 1,
				FDAR_FONT_SANS, TEXT - 1, FDAR_COLOR_MUTED, 0, text);
	}
}

GString *fdar_tree_svg(const struct fdar_diff *diff, const struct fdar_profile *const profiles[2],
		       const struct fdar_bars_options *options)
{
	g_autofree char *title =
		fdar_label_units(options->title ? options->title : "Where the added time is");
	g_autofree char *sentence = fdar_label_units(diff->verdict.sentence);
	struct view view = { .diff = diff,
			     .profiles = profiles,
			     .width = options->width > 0 ? options->width : WIDTH,
			     .most_ns = 1 };
	g_autofree gboolean *shown = g_new0(gboolean, diff->node_count + 1);
	g_autofree char *words = NULL;
	guint rows;

	view.shown = shown;
	view.chart = fdar_chart_new(options->id ? options->id : "tree");
	choose(&view);
	measure_axis(&view);
	for (uint32_t i = 1; i < diff->node_count; i++)
		if (shown[i])
			view.most_ns = MAX(view.most_ns, weight_of(&diff->nodes[i]));
	fdar_chart_heading(view.chart, MARGIN, view.width - 2 * MARGIN,
			   options->title ? title : NULL);
	draw_head(&view);
	rows = draw_below(&view, 0, 0, 0);
	words = g_strdup_printf("%u of %u call paths: those whose own time changed most, and their "
				"callers. %s",
				rows, MAX(diff->node_count, 1) - 1, sentence);
	return fdar_chart_finish(view.chart, view.width, HEAD + rows * ROW + 12, title, words);
}
