#include "viz/chart/chart.h"

#include <math.h>
#include <string.h>

static void number(GString *out, const char *before, double value, const char *after)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(text, sizeof(text), "%.2f", isfinite(value) ? value : 0);
	g_string_append_printf(out, "%s%s%s", before, text, after);
}

static void escaped(GString *out, const char *text)
{
	g_autofree char *clean = fdar_label_clean(text);
	g_autofree char *markup = g_markup_escape_text(clean, -1);

	g_string_append(out, markup);
}

static void finish_element(struct fdar_chart *chart, const char *tag, const char *tooltip)
{
	chart->marks++;
	if (!tooltip) {
		g_string_append(chart->body, "/>\n");
		return;
	}
	g_string_append(chart->body, "><title>");
	escaped(chart->body, tooltip);
	g_string_append_printf(chart->body, "</title></%s>\n", tag);
}

struct fdar_chart *fdar_chart_new(const char *prefix)
{
	struct fdar_chart *chart = g_new0(struct fdar_chart, 1);

	chart->prefix = prefix;
	chart->body = g_string_sized_new(1 << 16);
	return chart;
}

const char *fdar_chart_hue(guint64 hue)
{
	static const char *const hues[FDAR_CHART_HUES] = { "#2f7fc1", "#cc5c14", "#0f8f6c",
							   "#b7609c" };

	return hues[hue % FDAR_CHART_HUES];
}

static void rect_at(struct fdar_chart *chart, double x, double y, double w, double h)
{
	number(chart->body, "<rect x=\"", x, "\"");
	number(chart->body, " y=\"", y, "\"");
	number(chart->body, " width=\"", MAX(w, 0), "\"");
	number(chart->body, " height=\"", MAX(h, 0), "\"");
}

void fdar_chart_rect(struct fdar_chart *chart, double x, double y, double w, double h,
		     const char *fill, const char *tooltip)
{
	rect_at(chart, x, y, w, h);
	g_string_append_printf(chart->body, " fill=\"%s\"", fill);
	finish_element(chart, "rect", tooltip);
}

void fdar_chart_box(struct fdar_chart *chart, double x, double y, double w, double h,
		    const char *fill, const char *edge, const char *tooltip)
{
	rect_at(chart, x, y, w, h);
	g_string_append_printf(chart->body, " rx=\"4\" fill=\"%s\" stroke=\"%s\"", fill, edge);
	finish_element(chart, "rect", tooltip);
}

static void stroke(struct fdar_chart *chart, const char *color, double pen, gboolean dashed)
{
	g_string_append_printf(chart->body, " stroke=\"%s\"", color);
	number(chart->body, " stroke-width=\"", pen, "\"");
	if (dashed)
		g_string_append(chart->body, " stroke-dasharray=\"4 3\"");
}

void fdar_chart_line(struct fdar_chart *chart, double x1, double y1, double x2, double y2,
		     const char *color, double pen, gboolean dashed)
{
	number(chart->body, "<line x1=\"", x1, "\"");
	number(chart->body, " y1=\"", y1, "\"");
	number(chart->body, " x2=\"", x2, "\"");
	number(chart->body, " y2=\"", y2, "\"");
	stroke(chart, color, pen, dashed);
	finish_element(chart, "line", NULL);
}

static void head(struct fdar_chart *chart, double x, double y, double side, const char *color)
{
	const double points[] = { x, y, x - side, y - side * 0.55, x - side, y + side * 0.55 };

	fdar_chart_area(chart, points, 3, color, NULL);
}

void fdar_chart_arrow(struct fdar_chart *chart, double x1, double y1, double x2, double y2,
		      const char *color, double pen, gboolean dashed, const char *tooltip)
{
	double side = 5 + pen, end = x2 - side * 0.8, bend = (end - x1) / 2;

	number(chart->body, "<path d=\"M", x1, " ");
	number(chart->body, "", y1, " C");
	number(chart->body, "", x1 + bend, " ");
	number(chart->body, "", y1, " ");
	number(chart->body, "", end - bend, " ");
	number(chart->body, "", y2, " ");
	number(chart->body, "", end, " ");
	number(chart->body, "", y2, "\" fill=\"none\"");
	stroke(chart, color, pen, dashed);
	finish_element(chart, "path", tooltip);
	head(chart, x2, y2, side, color);
}

void fdar_chart_area(struct fdar_chart *chart, const double *points, guint count, const char *fill,
		     const char *tooltip)
{
	g_string_append(chart->body, "<path d=\"");
	for (guint i = 0; i < count; i++) {
		number(chart->body, i ? "L" : "M", points[2 * i], " ");
		number(chart->body, "", points[2 * i + 1], "");
	}
	g_string_append_printf(chart->body, "Z\" fill=\"%s\"", fill);
	finish_element(chart, "path", tooltip);
}

void fdar_chart_disc(struct fdar_chart *chart, double x, double y, double radius, const char *fill,
		     const char *tooltip)
{
	number(chart->body, "<circle cx=\"", x, "\"");
	number(chart->body, " cy=\"", y, "\"");
	number(chart->body, " r=\"", radius, "\"");
	g_string_append_printf(chart->body, " fill=\"%s\"", fill);
	finish_element(chart, "circle", tooltip);
}

void fdar_chart_text(struct fdar_chart *chart, double x, double y, int align, enum fdar_font font,
		     double size, enum fdar_color color, double width, const char *text)
{
	static const char *const anchors[] = { "start", "middle", "end" };
	g_autofree char *clean = fdar_label_clean(text);
	g_autofree char *fit =
		width > 0 ? fdar_label_fit(clean, font, size, width) : g_strdup(clean);

	number(chart->body, "<text x=\"", x, "\"");
	number(chart->body, " y=\"", y, "\"");
	number(chart->body, " font-size=\"", size, "\"");
	g_string_append_printf(chart->body, " text-anchor=\"%s\" fill=\"%s\"", anchors[align],
			       fdar_color_hex(color, FDAR_THEME_LIGHT));
	if (font == FDAR_FONT_SANS_BOLD || font == FDAR_FONT_MONO_BOLD)
		g_string_append(chart->body, " font-weight=\"bold\"");
	if (font == FDAR_FONT_MONO || font == FDAR_FONT_MONO_BOLD)
		g_string_append_printf(chart->body, " font-family=\"%s\"", fdar_font_family(font));
	g_string_append_c(chart->body, '>');
	if (strcmp(fit, clean) != 0) {
		g_string_append(chart->body, "<title>");
		escaped(chart->body, clean);
		g_string_append(chart->body, "</title>");
	}
	escaped(chart->body, fit);
	g_string_append(chart->body, "</text>\n");
}

/* By value, as no two roles share a light colour. Hues stay what they are. */
static void dark_style(GString *out, const char *prefix)
{
	g_string_append(out, "<style>@media (prefers-color-scheme:dark){");
	for (enum fdar_color c = FDAR_COLOR_PAPER; c < FDAR_COLORS; c++) {
		const char *light = fdar_color_hex(c, FDAR_THEME_LIGHT);
		const char *dark = fdar_color_hex(c, FDAR_THEME_DARK);

		g_string_append_printf(out,
				       "#%s [fill=\"%s\"]{fill:%s}#%s [stroke=\"%s\"]{stroke:%s}",
				       prefix, light, dark, prefix, light, dark);
	}
	g_string_append(out, "}</style>\n");
}

void fdar_chart_heading(struct fdar_chart *chart, double x, double width, const char *title)
{
	if (title)
		fdar_chart_text(chart, x, 22, 0, FDAR_FONT_SANS_BOLD, 15, FDAR_COLOR_INK, width,
				title);
	else
		chart->cropped = FDAR_CHART_HEADING;
}

GString *fdar_chart_finish(struct fdar_chart *chart, double width, double height, const char *title,
			   const char *description)
{
	GString *out = g_string_sized_new(chart->body->len + 8192);

	g_string_append_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"%s\"",
			       chart->prefix);
	number(out, " width=\"", width, "\"");
	number(out, " height=\"", height - chart->cropped, "\"");
	number(out, " viewBox=\"0 ", chart->cropped, "");
	number(out, " ", width, "");
	number(out, " ", height - chart->cropped, "\"");
	g_string_append_printf(out,
			       " role=\"img\" aria-labelledby=\"%s-title %s-words\" "
			       "font-family=\"%s\">\n<title id=\"%s-title\">",
			       chart->prefix, chart->prefix, fdar_font_family(FDAR_FONT_SANS),
			       chart->prefix);
	escaped(out, title);
	g_string_append_printf(out, "</title>\n<desc id=\"%s-words\">", chart->prefix);
	escaped(out, description);
	g_string_append(out, "</desc>\n");
	dark_style(out, chart->prefix);
	number(out, "<rect width=\"", width, "\"");
	number(out, " height=\"", height, "\"");
	g_string_append_printf(out, " fill=\"%s\"/>\n", FDAR_INK(PAPER));
	g_string_append_len(out, chart->body->str, (gssize)chart->body->len);
	g_string_append(out, "</svg>\n");
	g_string_free(chart->body, TRUE);
	g_free(chart);
	return out;
}

double fdar_chart_step(double whole, guint ticks)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double least = whole / MAX(ticks, 1);
	double power = least > 0 ? pow(10, floor(log10(least))) : 1;

	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
		if (steps[i] * power >= least)
			return steps[i] * power;
	return 10 * power;
}
