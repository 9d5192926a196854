#include "viz/report/report_private.h"

#include <math.h>

#include "viz/scene/label.h"

#define WIDTH  860.0
#define LEFT   90.0
#define RIGHT  20.0
#define STRIP  44.0 /* height of one side's bars */
#define BINS   72u
#define HEIGHT (2 * STRIP + 58.0)

struct axis {
	double low, high; /* log10 of nanoseconds */
};

static double place(const struct axis *axis, double log_ns)
{
	return LEFT + (log_ns - axis->low) / (axis->high - axis->low) * (WIDTH - LEFT - RIGHT);
}

/* Whole powers of ten around all values, so that ticks have round texts. */
static gboolean find_axis(const struct fdar_report *report, struct axis *axis)
{
	double low = INFINITY, high = -INFINITY;

	for (unsigned side = 0; side < 2; side++) {
		const struct fdar_histogram *all = report->busy_ns[side];

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

static void ticks(GString *out, const struct axis *axis)
{
	for (double log_ns = axis->low; log_ns <= axis->high + 0.01; log_ns += 1) {
		g_autofree char *text = fdar_label_duration((guint64)llround(pow(10, log_ns)));
		double x = place(axis, log_ns);

		fdar_html_format(out,
				 "<line x1=\"%.2f\" x2=\"%.2f\" y1=\"4\" y2=\"%.2f\" "
				 "stroke=\"#8b949e\" stroke-opacity=\"0.35\"/>",
				 x, x, 2 * STRIP + 18);
		fdar_html_format(
			out,
			"<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"middle\" class=\"muted\" "
			"fill=\"#57606b\">",
			x, 2 * STRIP + 34);
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

void fdar_report_distribution(GString *out, const struct fdar_report *report)
{
	static const char *const colors[] = { "#6aa0e8", "#e8873a" };
	struct axis axis;

	if (!find_axis(report, &axis))
		return;
	g_string_append(out,
			"<section id=\"distribution\"><h2>How long each one took</h2><figure>");
	fdar_html_format(
		out,
		"<svg width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
		"font-size=\"11\" aria-label=\"Server time of each session, baseline above, "
		"subject below\">",
		WIDTH, HEIGHT, WIDTH, HEIGHT);
	ticks(out, &axis);
	for (unsigned side = 0; side < 2; side++) {
		const struct fdar_histogram *all = report->busy_ns[side];
		double top = side * (STRIP + 10) + 4;

		fdar_html_format(
			out, "<text x=\"4\" y=\"%.2f\" class=\"ink\" fill=\"#1f2328\">%s</text>",
			top + STRIP - 6, side ? "subject" : "baseline");
		if (!all || !all->count)
			continue;
		bars(out, &axis, all, top, colors[side]);
		median(out, &axis, all, top);
	}
	g_string_append(out,
			"</svg><figcaption>Server time of each one, on a logarithmic axis; each "
			"side's highest bar is as high. The line is the median.</figcaption>"
			"</figure></section>\n");
}
