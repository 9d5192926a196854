#include "viz/report/report_private.h"

#include <math.h>

#include "viz/scene/label.h"

#define WIDTH 860.0
#define LEFT  90.0
#define RIGHT 30.0 /* half of the last label of the axis, in a wide font */
#define STRIP 44.0 /* height of one side's bars */
#define BINS  72u
#define FOOT  24.0

struct axis {
	double low, high; /* log10 of nanoseconds */
};

static double place(const struct axis *axis, double log_ns)
{
	return LEFT + (log_ns - axis->low) / (axis->high - axis->low) * (WIDTH - LEFT - RIGHT);
}

/* Whole powers of ten around all values, so that ticks have round texts. */
static gboolean find_axis(const struct fdar_histogram *const sides[2], struct axis *axis)
{
	double low = INFINITY, high = -INFINITY;

	for (unsigned side = 0; side < 2; side++) {
		const struct fdar_histogram *all = sides[side];

		if (!all || !all->count)
			continue;
		low = MIN(low, log10((double)MAX(all->min, 1)));
		high = MAX(high, log10((double)MAX(all->max, 1)));
	}
	axis->low = floor(low);
	axis->high = MAX(ceil(high), axis->low + 1);
	return isfinite(low) && isfinite(high);
}

/* A bucket's values lie at its middle: it is at most 1/32 of them wide. */
static void bars(GString *out, const struct axis *axis, const struct fdar_histogram *all,
		 double top, const char *color)
{
	double bins[BINS] = { 0 }, most = 0, width = (WIDTH - LEFT - RIGHT) / BINS;

	for (uint32_t i = 0; i < all->length; i++) {
		uint32_t index = all->buckets[i].index;
		double middle =
			((double)fdar_bucket_low(index) + (double)fdar_bucket_high(index)) / 2;
		double at = (log10(MAX(middle, 1)) - axis->low) / (axis->high - axis->low);
		int bin = (int)CLAMP(at * BINS, 0, BINS - 1);

		bins[bin] += (double)all->buckets[i].count;
		most = MAX(most, bins[bin]);
	}
	for (unsigned i = 0; i < BINS; i++) {
		double height = most > 0 ? bins[i] / most * (STRIP - 6) : 0;

		if (height <= 0)
			continue;
		height = MAX(height, 1.5);
		fdar_html_format(out,
				 "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" "
				 "fill=\"%s\"><title>%.0f of %.0f</title></rect>",
				 LEFT + i * width, top + STRIP - height, width - 1, height, color,
				 bins[i], (double)all->count);
	}
}

/* bottom: where the sides' strips end */
static void ticks(GString *out, const struct axis *axis, double bottom)
{
	for (double log_ns = axis->low; log_ns <= axis->high + 0.01; log_ns += 1) {
		g_autofree char *text = fdar_label_duration((guint64)llround(pow(10, log_ns)));
		double x = place(axis, log_ns);

		fdar_html_format(out,
				 "<line x1=\"%.2f\" x2=\"%.2f\" y1=\"4\" y2=\"%.2f\" "
				 "stroke=\"#8b949e\" stroke-opacity=\"0.35\"/>",
				 x, x, bottom);
		fdar_html_format(
			out,
			"<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"middle\" class=\"muted\" "
			"fill=\"#57606b\">",
			x, bottom + 16);
		fdar_html_text(out, text);
		g_string_append(out, "</text>");
	}
}

static void median(GString *out, const struct axis *axis, const struct fdar_histogram *all,
		   double top)
{
	double ns = fdar_histogram_quantile(all, 0.5, all->count);
	g_autofree char *text = fdar_label_duration((guint64)ns);
	double x = place(axis, log10(MAX(ns, 1)));

	fdar_html_format(out,
			 "<line x1=\"%.2f\" x2=\"%.2f\" y1=\"%.2f\" y2=\"%.2f\" class=\"inkline\" "
			 "stroke=\"#1f2328\" stroke-width=\"1.5\"><title>median ",
			 x, x, top + 2, top + STRIP);
	fdar_html_text(out, text);
	g_string_append(out, "</title></line>");
}

/* The session that the diagram shows: a wedge over its time. */
static void mark(GString *out, const struct axis *axis, guint64 ns, double top)
{
	g_autofree char *text = fdar_label_duration(ns);
	double x = place(axis, log10((double)MAX(ns, 1)));

	fdar_html_format(out,
			 "<path d=\"M%.2f %.2fL%.2f %.2fL%.2f %.2fZ\" class=\"ink\" "
			 "fill=\"#1f2328\"><title>the session that is drawn: ",
			 x, top + 8, x - 5, top - 1, x + 5, top - 1);
	fdar_html_text(out, text);
	g_string_append(out, "</title></path>");
}

static void side_of(GString *out, const struct axis *axis, const struct fdar_histogram *all,
		    const char *name, double top, const char *color)
{
	fdar_html_format(out, "<text x=\"4\" y=\"%.2f\" class=\"ink\" fill=\"#1f2328\">%s</text>",
			 top + STRIP - 6, name);
	if (!all || !all->count)
		return;
	bars(out, axis, all, top, color);
	median(out, axis, all, top);
}

static void figure(GString *out, const char *title, const struct fdar_histogram *const sides[2],
		   const guint64 drawn_ns[2], gboolean two)
{
	static const char *const colors[] = { "#6aa0e8", "#e8873a" };
	double bottom = two ? 2 * STRIP + 18 : STRIP + 8;
	struct axis axis;

	if (!find_axis(sides, &axis))
		return;
	fdar_html_format(out,
			 "<figure><figcaption>%s, on a logarithmic axis; each side's highest bar "
			 "is as high. The line is the median%s.</figcaption>",
			 title,
			 drawn_ns && (drawn_ns[0] || drawn_ns[1])
				 ? ", the wedge the session that is drawn below"
				 : "");
	fdar_html_format(out,
			 "<svg width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
			 "role=\"img\" "
			 "font-size=\"11\" aria-label=\"%s\">",
			 WIDTH, bottom + FOOT, WIDTH, bottom + FOOT, title);
	ticks(out, &axis, bottom);
	for (unsigned side = 0; side < (two ? 2 : 1); side++) {
		double top = side * (STRIP + 10) + 4;

		side_of(out, &axis, sides[side],
			!two   ? "all"
			: side ? "subject"
			       : "baseline",
			top, colors[side]);
		if (drawn_ns && drawn_ns[side])
			mark(out, &axis, drawn_ns[side], top);
	}
	g_string_append(out, "</svg></figure>\n");
}

gboolean fdar_report_has_distribution(const struct fdar_report *report)
{
	struct axis axis;

	return find_axis(report->busy_ns, &axis);
}

void fdar_report_distribution(GString *out, const struct fdar_report *report)
{
	gboolean two = report->diff != NULL;

	if (fdar_report_has_distribution(report)) {
		g_string_append(out,
				"<section id=\"distribution\"><h2>How long each one took</h2>\n");
		figure(out, "Server time of each one", report->busy_ns, report->drawn_ns, two);
		figure(out, "What clients waited for each answer", report->latency_ns, NULL, two);
		g_string_append(out, "</section>\n");
	}
}
