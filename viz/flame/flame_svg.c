#include "viz/flame/flame.h"

#include <math.h>
#include <string.h>

#include "viz/scene/label.h"
#include "viz/scene/palette.h"

#define WIDTH     1180.0
#define MIN_PART  0.001
#define ROW       18.0
#define TEXT_SIZE 11.0
#define TEXT_MIN  24.0 /* narrower boxes have no text */
#define MARGIN    10.0
#define HEAD      46.0
#define FOOT      44.0
#define STILL     0.1  /* of the larger side: less that was added in all colours nothing fully */
#define FULL      0.5  /* of the added time: full colour from there on */
#define PALE      0.25 /* new boxes are never paler, so that they are told from the rest */
#define BOXES_MAX 20000u

/* Boxes have their own paper, so they are the same on light and dark pages. All are light enough for
 * dark letters (4.5:1). Blue and orange are told apart by all common kinds of colour blindness. */
#define INK     "#1f2328"
#define NEUTRAL 0xe4e7ebu
#define MORE    0xf4a259u
#define LESS    0x8ab6f0u
#define FRESH   0xe3b3ecu
#define WAITS   0xa3afc0u
#define OWN     4.0 /* one side: full colour where a quarter of the whole is a function's own */
#define SURE    2.0 /* samples: so many standard deviations are a difference */

struct view {
	const struct fdar_flame_tree *tree;
	const struct fdar_flame_options *options;
	enum fdar_flame_side side;
	const char *id;
	double width, scale, min_ns;
	double change_ns; /* of two sides: all that was added; what shares are of */
	double *left;     /* where each box begins, points */
	double *taken;    /* how much of it its children have so far, points */
	unsigned *depth;
	unsigned depth_max;
	unsigned boxes, hidden;
	double hidden_ns;
	GString *out;
};

static void append_text(GString *out, const char *text)
{
	g_autofree char *clean = fdar_label_clean(text);
	g_autofree char *escaped = g_markup_escape_text(clean, -1);

	g_string_append(out, escaped);
}

/* printf for numbers: C's decimal point whatever the locale is. */
static void append_number(GString *out, const char *before, double number, const char *after)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(text, sizeof(text), "%.2f", number);
	g_string_append_printf(out, "%s%s%s", before, text, after);
}

static unsigned mix(unsigned from, unsigned to, double part)
{
	unsigned color = 0;

	for (int shift = 0; shift <= 16; shift += 8) {
		double a = (from >> shift) & 0xff, b = (to >> shift) & 0xff;

		color |= (unsigned)lrint(a + (b - a) * part) << shift;
	}
	return color;
}

/* Samples are few: what chance alone makes of them is no change. Each side's count varies by its root. */
static gboolean may_be_chance(const struct fdar_flame_tree *tree, const double ns[FDAR_FLAME_SIDES])
{
	double base = ns[FDAR_FLAME_BASELINE], own = ns[FDAR_FLAME_SUBJECT];
	double variance = base * tree->sample_ns[FDAR_FLAME_BASELINE] +
			  own * tree->sample_ns[FDAR_FLAME_SUBJECT];

	return fabs(own - base) < SURE * sqrt(variance);
}

static double added_of(const struct fdar_flame_tree *tree, const struct fdar_flame_node *node)
{
	return may_be_chance(tree, node->own_ns)
		       ? 0
		       : node->own_ns[FDAR_FLAME_SUBJECT] - node->own_ns[FDAR_FLAME_BASELINE];
}

/* All that was added, or all that was saved, whichever is more: shares are of that. Where both sides are
 * nearly the same it is a part of the whole, so that what little there is stays pale. */
static double change_in_all(const struct fdar_flame_tree *tree)
{
	const double *whole = tree->nodes[0].total_ns;
	double more = 0, less = 0;

	for (uint32_t i = 1; i < tree->count; i++) {
		double added = added_of(tree, &tree->nodes[i]);

		more += MAX(added, 0);
		less += MAX(-added, 0);
	}
	return MAX(MAX(more, less),
		   STILL * MAX(whole[FDAR_FLAME_BASELINE], whole[FDAR_FLAME_SUBJECT]));
}

/* The square root of the share, so that a hundredth shows. */
static double depth_of(const struct view *view, double ns)
{
	return view->change_ns > 0 ? sqrt(MIN(fabs(ns) / view->change_ns / FULL, 1)) : 0;
}

static gboolean is_sampled(const struct fdar_flame_tree *tree)
{
	return tree->sample_ns[FDAR_FLAME_SUBJECT] > 0;
}

static gboolean is_new(const struct fdar_flame_node *node)
{
	return node->calls[FDAR_FLAME_BASELINE] <= 0 && node->total_ns[FDAR_FLAME_BASELINE] <= 0;
}

static gboolean is_gone(const struct fdar_flame_node *node)
{
	return node->calls[FDAR_FLAME_SUBJECT] <= 0 && node->total_ns[FDAR_FLAME_SUBJECT] <= 0;
}

/* One side: the more of the whole is its own, the deeper. By the root, so that a hundredth shows. */
static unsigned own_color(const struct view *view, const struct fdar_flame_node *node)
{
	double whole = view->tree->nodes[0].total_ns[view->side];
	double part = whole > 0 ? node->own_ns[view->side] / whole : 0;
	gboolean runs = node->frame == FDAR_FRAME_FUNCTION || node->frame == FDAR_FRAME_SCOPE;

	return mix(NEUTRAL, runs ? MORE : WAITS, sqrt(MIN(part * OWN, 1)));
}

static void fill_of(const struct view *view, const struct fdar_flame_node *node, char fill[8])
{
	unsigned color;

	if (!view->tree->two_sides) {
		color = own_color(view, node);
	} else if (is_new(node) && view->side == FDAR_FLAME_SUBJECT &&
		   !may_be_chance(view->tree, node->total_ns)) {
		color = mix(NEUTRAL, FRESH,
			    MAX(depth_of(view, node->total_ns[FDAR_FLAME_SUBJECT]), PALE));
	} else {
		double added = added_of(view->tree, node);

		color = mix(NEUTRAL, added > 0 ? MORE : LESS, depth_of(view, added));
	}
	g_snprintf(fill, 8, "#%06x", color);
}

static void append_count(const struct view *view, const struct fdar_flame_node *node)
{
	double each_ns = view->tree->sample_ns[view->side];

	if (each_ns > 0)
		g_string_append_printf(view->out, ", %.0f samples",
				       node->total_ns[view->side] / each_ns);
	else
		append_number(view->out, ", ", node->calls[view->side], " calls");
}

static void append_times(const struct view *view, const struct fdar_flame_node *node)
{
	const struct fdar_flame_tree *tree = view->tree;
	const char *seen = is_sampled(tree) ? "seen " : "";
	double whole = tree->nodes[0].total_ns[view->side];
	g_autofree char *total = fdar_label_duration((uint64_t)node->total_ns[view->side]);
	g_autofree char *own = fdar_label_duration((uint64_t)node->own_ns[view->side]);

	g_string_append_printf(view->out, ": %s a %s", total, tree->unit);
	append_number(view->out, " (", whole > 0 ? 100 * node->total_ns[view->side] / whole : 0,
		      " %)");
	g_string_append_printf(view->out, ", itself %s", own);
	append_count(view, node);
	if (!tree->two_sides)
		return;
	if (is_new(node)) {
		g_string_append_printf(view->out, "; not %sin the baseline", seen);
	} else if (is_gone(node)) {
		g_string_append_printf(view->out, "; not %sin the subject", seen);
	} else {
		unsigned other = FDAR_FLAME_SIDES - 1 - view->side;
		g_autofree char *there = fdar_label_duration((uint64_t)node->total_ns[other]);
		g_autofree char *itself = fdar_label_duration((uint64_t)node->own_ns[other]);

		g_string_append_printf(view->out, "; %s: %s, itself %s",
				       other == FDAR_FLAME_BASELINE ? "baseline" : "subject", there,
				       itself);
	}
}

static void draw_text(struct view *view, const struct fdar_flame_node *node, double x, double y,
		      double width)
{
	g_autofree char *cut = NULL;

	if (width < TEXT_MIN)
		return;
	cut = fdar_label_fit(node->name, FDAR_FONT_SANS, TEXT_SIZE, width - 6);
	if (!*cut)
		return;
	append_number(view->out, "<text x=\"", x + 3, "\"");
	append_number(view->out, " y=\"", y + ROW - 5.5, "\" fill=\"" INK "\">");
	append_text(view->out, cut);
	g_string_append(view->out, "</text>");
}

/* data-x and data-w are parts of the whole: what a script needs to zoom. */
static void draw_box(struct view *view, uint32_t index)
{
	const struct fdar_flame_node *node = &view->tree->nodes[index];
	double width = node->total_ns[view->side] * view->scale, x = view->left[index];
	double y = HEAD + (view->depth[index] - 1) * ROW, inner = view->width - 2 * MARGIN;
	char fill[8];

	fill_of(view, node, fill);
	g_string_append_printf(view->out, "<g id=\"%s-%u\" class=\"frame\" data-name=\"", view->id,
			       index);
	append_text(view->out, node->name);
	g_string_append_printf(view->out, "\" data-up=\"%u\"", node->parent);
	g_string_append_printf(view->out, " data-d=\"%u\"", view->depth[index] - 1);
	{
		char number[G_ASCII_DTOSTR_BUF_SIZE];

		g_ascii_formatd(number, sizeof(number), "%.6f", (x - MARGIN) / inner);
		g_string_append_printf(view->out, " data-x=\"%s\"", number);
		g_ascii_formatd(number, sizeof(number), "%.6f", width / inner);
		g_string_append_printf(view->out, " data-w=\"%s\"", number);
	}
	g_string_append(view->out, "><title>");
	append_text(view->out, node->name);
	if (*node->component) {
		g_string_append(view->out, " (");
		append_text(view->out, node->component);
		g_string_append_c(view->out, ')');
	}
	append_times(view, node);
	g_string_append(view->out, "</title>");
	append_number(view->out, "<rect x=\"", x, "\"");
	append_number(view->out, " y=\"", y, "\"");
	append_number(view->out, " width=\"", MAX(width - 0.5, 0.3), "\"");
	append_number(view->out, " height=\"", ROW - 1, "\" rx=\"1.5\"");
	g_string_append_printf(view->out, " fill=\"%s\"/>", fill);
	draw_text(view, node, x, y, width);
	g_string_append(view->out, "</g>\n");
	view->boxes++;
}

/* Places each box behind its elder siblings, and draws it. What is too small to be seen is left out,
 * with all below it, and counted; so is what comes after BOXES_MAX. */
static void draw_boxes(struct view *view)
{
	const struct fdar_flame_tree *tree = view->tree;
	g_autofree gboolean *out = g_new0(gboolean, tree->count);

	view->left[0] = MARGIN;
	for (uint32_t i = 1; i < tree->count; i++) {
		const struct fdar_flame_node *node = &tree->nodes[i];
		double total = node->total_ns[view->side];

		if (out[node->parent] || total < view->min_ns || view->boxes >= BOXES_MAX) {
			out[i] = TRUE;
			if (!out[node->parent] && total > 0) {
				view->hidden++;
				view->hidden_ns += total;
			}
			continue;
		}
		view->left[i] = view->left[node->parent] + view->taken[node->parent];
		view->taken[node->parent] += total * view->scale;
		view->depth[i] = view->depth[node->parent] + 1;
		view->depth_max = MAX(view->depth_max, view->depth[i]);
		draw_box(view, i);
	}
}

static void append_line(GString *out, double width, double y, double size, const char *class,
			const char *text)
{
	g_autofree char *cut = fdar_label_fit(text, FDAR_FONT_SANS, size, width - 2 * MARGIN);
	enum fdar_color color = strcmp(class, "ink") == 0 ? FDAR_COLOR_INK : FDAR_COLOR_MUTED;

	append_number(out, "<text x=\"10\" y=\"", y, "\"");
	append_number(out, " font-size=\"", size, "\"");
	g_string_append_printf(out, " class=\"%s\" fill=\"%s\">", class,
			       fdar_color_hex(color, FDAR_THEME_LIGHT));
	append_text(out, cut);
	g_string_append(out, "</text>\n");
}

static char *summary(const struct view *view)
{
	const struct fdar_flame_tree *tree = view->tree;
	g_autofree char *whole = fdar_label_duration((uint64_t)tree->nodes[0].total_ns[view->side]);
	const char *which = !tree->two_sides                    ? ""
			    : view->side == FDAR_FLAME_BASELINE ? "baseline: "
								: "subject: ";

	const char *what = is_sampled(tree) ? " of the processor, by samples," : "";

	if (strcmp(tree->unit, "run") == 0)
		return g_strdup_printf("%s%s%s in all", which, whole, what);
	return g_strdup_printf("%s%s%s a %s, mean of %.0f", which, whole, what, tree->unit,
			       tree->units[view->side]);
}

/* How to read it. */
static const char *legend(const struct fdar_flame_tree *tree)
{
	if (tree->two_sides && is_sampled(tree))
		return "Width: processor time in it and all it called; orange: more of its own in "
		       "the subject than chance explains, blue: less, violet: only there; the "
		       "deeper, "
		       "the larger its share of what was added (full from half on)";
	if (tree->two_sides)
		return "Width: time in it and all it called; orange: its own time is longer in "
		       "the subject, blue: shorter, violet: new; the deeper, the larger its share "
		       "of the added time (full from half on)";
	if (is_sampled(tree))
		return "Width: processor time in it and all it called; the deeper the orange, the "
		       "more of the whole is its own (full colour from a quarter on)";
	return "Width: time in it and all it called; the deeper the orange, the more of the whole "
	       "is its own running, the darker the grey, its waiting (full from a quarter on)";
}

static void append_legend(struct view *view, double y)
{
	g_autofree char *whole = fdar_label_duration((uint64_t)view->hidden_ns);
	append_line(view->out, view->width, y, 11, "muted", legend(view->tree));
	if (view->hidden) {
		g_autofree char *text = g_strdup_printf(
			"%u call path%s too narrow to be seen: left out, %s together", view->hidden,
			view->hidden == 1 ? "" : "s", whole);

		append_line(view->out, view->width, y + 15, 11, "muted", text);
	}
}

/* The boxes are written first, for the height follows from them. */
static GString *page_of(struct view *view)
{
	GString *boxes = view->out, *page = g_string_new(NULL);
	double height = HEAD + view->depth_max * ROW + FOOT;
	double cropped = view->options->untitled ? HEAD - 24 : 0;
	g_autofree char *which = summary(view);
	g_autofree char *title =
		fdar_label_units(view->options->title ? view->options->title : "Flame graph");

	append_number(page, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", view->width,
		      "\"");
	append_number(page, " height=\"", height - cropped, "\"");
	append_number(page, " viewBox=\"0 ", cropped, " ");
	append_number(page, "", view->width, " ");
	append_number(page, "", height - cropped, "\" role=\"img\" font-size=\"11\"");
	g_string_append_printf(page, " font-family=\"%s\" aria-label=\"",
			       fdar_font_family(FDAR_FONT_SANS));
	append_text(page, title);
	g_string_append(page, ", ");
	append_text(page, which);
	g_string_append(
		page, "\">\n<style>@media (prefers-color-scheme:dark){.paper{fill:#0d1117}"
		      ".ink{fill:#e6edf3}.muted{fill:#9ba3ad}}</style>\n"
		      "<rect class=\"paper\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
	if (!view->options->untitled)
		append_line(page, view->width, 18, 14, "ink", title);
	append_line(page, view->width, 36, 12, "muted", which);
	g_string_append_len(page, boxes->str, (gssize)boxes->len);
	g_string_free(boxes, TRUE);
	view->out = page;
	append_legend(view, height - FOOT + 20);
	g_string_append(page, "</svg>\n");
	return page;
}

GString *fdar_flame_svg(const struct fdar_flame_tree *tree, enum fdar_flame_side side,
			const struct fdar_flame_options *options)
{
	double whole = tree->nodes[0].total_ns[side];
	struct view view = { .tree = tree,
			     .options = options,
			     .side = side,
			     .id = options->id ? options->id : "flame",
			     .width = options->width > 0 ? options->width : WIDTH,
			     .left = g_new0(double, tree->count),
			     .taken = g_new0(double, tree->count),
			     .depth = g_new0(unsigned, tree->count),
			     .out = g_string_new(NULL) };
	GString *page;

	view.scale = whole > 0 ? (view.width - 2 * MARGIN) / whole : 0;
	view.change_ns = tree->two_sides ? change_in_all(tree) : 0;
	view.min_ns = whole * (options->min_part > 0 ? options->min_part : MIN_PART);
	if (whole > 0)
		draw_boxes(&view);
	page = page_of(&view);
	g_free(view.left);
	g_free(view.taken);
	g_free(view.depth);
	return page;
}
