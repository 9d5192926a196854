#include "viz/svg/svg_pen.h"

#include <graphviz/gvplugin.h>
#include <graphviz/gvplugin_device.h>
#include <graphviz/gvplugin_render.h>
#include <graphviz/gvplugin_textlayout.h>
#include <math.h>
#include <string.h>

#include "viz/svg/graph.h"

#define OUR_QUALITY 1000 /* above that of any installed text layout: Pango's is 10 */
#define BASELINE    0.36 /* below the middle of a line, in em: half the height of capitals */
#define LINE_HEIGHT 1.2
#define CORNER      7.0 /* radius of round corners */

static GString *out(GVJ_t *job)
{
	return ((struct fdar_svg_page *)job->context)->out;
}

/* Escapes for content and for attributes in double quotes. */
static void append_xml(GString *to, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			g_string_append(to, "&amp;");
			break;
		case '<':
			g_string_append(to, "&lt;");
			break;
		case '>':
			g_string_append(to, "&gt;");
			break;
		case '"':
			g_string_append(to, "&quot;");
			break;
		default:
			g_string_append_c(to, *text);
		}
	}
}

/* At most two decimals, no trailing zeros, and never "-0". */
static void append_number(GString *to, double number)
{
	gint64 hundredths = llround(number * 100);
	gint64 rest = ABS(hundredths) % 100;

	g_string_append_printf(to, "%s%" G_GINT64_FORMAT, hundredths < 0 ? "-" : "",
			       ABS(hundredths) / 100);
	if (rest) {
		g_string_append_printf(to, rest % 10 ? ".%02d" : ".%.1d",
				       (int)(rest % 10 ? rest : rest / 10));
	}
}

static void append_attribute(GString *to, const char *name, double number)
{
	g_string_append_printf(to, " %s=\"", name);
	append_number(to, number);
	g_string_append_c(to, '"');
}

static void append_point(GString *to, pointf p)
{
	append_number(to, p.x);
	g_string_append_c(to, ',');
	append_number(to, p.y);
}

static gboolean is_seen(const gvcolor_t *color)
{
	return color->u.string && strcmp(color->u.string, "transparent") != 0;
}

static void append_paint(GVJ_t *job, gboolean filled)
{
	static const char *const dashes[] = {
		[PEN_DASHED] = "4 3", [PEN_DOTTED] = "1 3", [PEN_SOLID] = NULL
	};
	const obj_state_t *o = job->obj;
	GString *to = out(job);

	filled = filled && is_seen(&o->fillcolor);
	g_string_append_printf(to, " fill=\"%s\"", filled ? o->fillcolor.u.string : "none");
	if (o->pen == PEN_NONE || !is_seen(&o->pencolor))
		return;
	g_string_append_printf(to, " stroke=\"%s\"", o->pencolor.u.string);
	if (fabs(o->penwidth - 1.0) > 0.001)
		append_attribute(to, "stroke-width", o->penwidth);
	if (dashes[o->pen])
		g_string_append_printf(to, " stroke-dasharray=\"%s\"", dashes[o->pen]);
}

/* All that a style sheet is for. What carries meaning is attributes, so that a sanitizer that cuts style
 * out leaves the picture as it is on light paper. */
static void append_dark_sheet(GString *to)
{
	g_string_append(to, "@media (prefers-color-scheme: dark) {\n");
	for (enum fdar_color c = FDAR_COLOR_PAPER; c < FDAR_COLORS; c++) {
		const char *light = fdar_color_hex(c, FDAR_THEME_LIGHT);
		const char *dark = fdar_color_hex(c, FDAR_THEME_DARK);

		g_string_append_printf(
			to, "[fill=\"%s\"] { fill: %s } [stroke=\"%s\"] { stroke: %s }\n", light,
			dark, light, dark);
	}
	g_string_append(to, "}\n");
}

static void begin_page(GVJ_t *job)
{
	const struct fdar_scene *scene = ((struct fdar_svg_page *)job->context)->scene;
	GString *to = out(job);

	g_string_append(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			    "<svg xmlns=\"http://www.w3.org/2000/svg\"");
	append_attribute(to, "width", scene->width);
	append_attribute(to, "height", scene->height);
	g_string_append(to, " viewBox=\"0 0 ");
	append_number(to, scene->width);
	g_string_append_c(to, ' ');
	append_number(to, scene->height);
	g_string_append(to, "\" role=\"img\" aria-labelledby=\"title description\"");
	g_string_append_printf(to, " font-family=\"%s\" xml:space=\"preserve\">\n",
			       fdar_font_family(FDAR_FONT_SANS));
	g_string_append(to, "<title id=\"title\">");
	append_xml(to, scene->title);
	g_string_append(to, "</title>\n<desc id=\"description\">");
	append_xml(to, scene->description);
	g_string_append(to, "</desc>\n");
	if (scene->theme != FDAR_THEME_AUTO)
		return;
	g_string_append(to, "<style>\n");
	append_dark_sheet(to);
	g_string_append(to, "</style>\n");
}

static void end_page(GVJ_t *job)
{
	g_string_append(out(job), "</svg>\n");
}

static void begin_object(GVJ_t *job)
{
	GString *to = out(job);

	g_string_append(to, "<g id=\"");
	append_xml(to, job->obj->id ? job->obj->id : "");
	g_string_append(to, "\">");
	if (job->obj->explicit_tooltip && job->obj->tooltip) {
		g_string_append(to, "<title>");
		append_xml(to, job->obj->tooltip);
		g_string_append(to, "</title>");
	}
}

static void end_object(GVJ_t *job)
{
	g_string_append(out(job), "</g>\n");
}

/* The colour around an object's letters, NULL for none. It is painted under them (paint-order), so
 * that lines do not run through them. */
static const char *halo_of(const obj_state_t *object)
{
	void *graph_object = object->type == EDGE_OBJTYPE   ? (void *)object->u.e
			     : object->type == NODE_OBJTYPE ? (void *)object->u.n
							    : NULL;
	const char *halo = graph_object ? agget(graph_object, (char *)FDAR_GRAPH_HALO) : NULL;

	return halo && halo[0] ? halo : NULL;
}

static void draw_text(GVJ_t *job, pointf p, textspan_t *span)
{
	enum fdar_font font = fdar_font_find(span->font->name);
	const char *halo = halo_of(job->obj);
	GString *to = out(job);

	g_string_append(to, "<text");
	append_attribute(to, "x", p.x);
	append_attribute(to, "y", p.y + span->yoffset_centerline);
	append_attribute(to, "font-size", span->font->size);
	if (span->just != 'l') {
		g_string_append_printf(to, " text-anchor=\"%s\"",
				       span->just == 'r' ? "end" : "middle");
	}
	if (font == FDAR_FONT_MONO || font == FDAR_FONT_MONO_BOLD)
		g_string_append_printf(to, " font-family=\"%s\"", fdar_font_family(font));
	if (font == FDAR_FONT_SANS_BOLD || font == FDAR_FONT_MONO_BOLD)
		g_string_append(to, " font-weight=\"bold\"");
	g_string_append_printf(to, " fill=\"%s\"", job->obj->pencolor.u.string);
	if (halo)
		g_string_append_printf(to,
				       " stroke=\"%s\" paint-order=\"stroke\" stroke-width=\"3\" "
				       "stroke-linejoin=\"round\"",
				       halo);
	g_string_append_c(to, '>');
	append_xml(to, span->str);
	g_string_append(to, "</text>");
}

/* Colours stay the texts they were given as. */
static void resolve_color(GVJ_t *job, gvcolor_t *color)
{
	(void)job;
	(void)color;
}

/* A: the middle, and a corner of the box around it. */
static void draw_ellipse(GVJ_t *job, pointf *A, int filled)
{
	GString *to = out(job);

	g_string_append(to, "<circle");
	append_attribute(to, "cx", A[0].x);
	append_attribute(to, "cy", A[0].y);
	append_attribute(to, "r", fabs(A[1].x - A[0].x));
	append_paint(job, filled);
	g_string_append(to, "/>");
}

/* Whether a polygon is a rectangle with upright sides, whichever corner it starts from. */
static gboolean is_upright(const pointf *A, int n)
{
	if (n != 4)
		return FALSE;
	for (int i = 0; i < 4; i++) {
		const pointf *next = &A[(i + 1) % 4];

		if (fabs(A[i].x - next->x) > 0.001 && fabs(A[i].y - next->y) > 0.001)
			return FALSE;
	}
	return fabs(A[0].x - A[2].x) > 0.001 && fabs(A[0].y - A[2].y) > 0.001;
}

static void append_rect(GString *to, const pointf *A, int n)
{
	pointf low = A[0];
	pointf high = A[0];

	for (int i = 1; i < n; i++) {
		low = (pointf){ MIN(low.x, A[i].x), MIN(low.y, A[i].y) };
		high = (pointf){ MAX(high.x, A[i].x), MAX(high.y, A[i].y) };
	}
	g_string_append(to, "<rect");
	append_attribute(to, "x", low.x);
	append_attribute(to, "y", low.y);
	append_attribute(to, "width", high.x - low.x);
	append_attribute(to, "height", high.y - low.y);
	if (n > 4)
		append_attribute(to, "rx", MIN((high.y - low.y) / 2, CORNER));
}

static void draw_polygon(GVJ_t *job, pointf *A, int n, int filled)
{
	GString *to = out(job);

	if (is_upright(A, n)) {
		append_rect(to, A, n);
	} else {
		g_string_append(to, "<polygon points=\"");
		for (int i = 0; i < n; i++) {
			g_string_append(to, i ? " " : "");
			append_point(to, A[i]);
		}
		g_string_append_c(to, '"');
	}
	append_paint(job, filled);
	g_string_append(to, "/>");
}

/* Whether a curve of four points is a line after all. */
static gboolean is_straight(const pointf *A)
{
	double cross =
		(A[1].x - A[0].x) * (A[3].y - A[0].y) - (A[1].y - A[0].y) * (A[3].x - A[0].x);
	double other =
		(A[2].x - A[0].x) * (A[3].y - A[0].y) - (A[2].y - A[0].y) * (A[3].x - A[0].x);
	double length = hypot(A[3].x - A[0].x, A[3].y - A[0].y);

	return fabs(cross) <= 0.02 * length && fabs(other) <= 0.02 * length;
}

static void draw_curve(GVJ_t *job, pointf *A, int n, int arrow_at_start, int arrow_at_end,
		       int filled)
{
	GString *to = out(job);

	(void)arrow_at_start;
	(void)arrow_at_end;
	if (filled) { /* the outline of a box with round corners: nothing else is */
		append_rect(to, A, n);
		append_paint(job, TRUE);
		g_string_append(to, "/>");
		return;
	}
	g_string_append(to, "<path d=\"M");
	append_point(to, A[0]);
	if (n == 4 && is_straight(A)) {
		g_string_append_c(to, 'L');
		append_point(to, A[3]);
	} else {
		for (int i = 1; i < n; i++) {
			g_string_append_c(to, i == 1 ? 'C' : ' ');
			append_point(to, A[i]);
		}
	}
	g_string_append_c(to, '"');
	append_paint(job, FALSE);
	g_string_append(to, "/>");
}

static void draw_line(GVJ_t *job, pointf *A, int n)
{
	GString *to = out(job);

	g_string_append(to, "<polyline points=\"");
	for (int i = 0; i < n; i++) {
		g_string_append(to, i ? " " : "");
		append_point(to, A[i]);
	}
	g_string_append_c(to, '"');
	append_paint(job, FALSE);
	g_string_append(to, "/>");
}

static boolean lay_text_out(textspan_t *span, char **fontpath)
{
	(void)fontpath;
	span->size.x =
		fdar_label_width(span->str, fdar_font_find(span->font->name), span->font->size);
	span->size.y = span->font->size * LINE_HEIGHT;
	span->yoffset_layout = 0;
	/* graphviz puts the baseline 0.4 em below the middle of a line this high */
	span->yoffset_centerline = (BASELINE - (1.0 - LINE_HEIGHT / 2)) * span->font->size;
	span->layout = NULL;
	span->free_layout = NULL;
	return TRUE;
}

static void device_begins(GVJ_t *job)
{
	(void)job;
}

static gvrender_engine_t renderer = {
	.begin_page = begin_page,
	.end_page = end_page,
	.begin_cluster = begin_object,
	.end_cluster = end_object,
	.begin_node = begin_object,
	.end_node = end_object,
	.begin_edge = begin_object,
	.end_edge = end_object,
	.textspan = draw_text,
	.resolve_color = resolve_color,
	.ellipse = draw_ellipse,
	.polygon = draw_polygon,
	.beziercurve = draw_curve,
	.polyline = draw_line,
};
static gvrender_features_t renderer_features = {
	.flags = GVRENDER_Y_GOES_DOWN | GVRENDER_DOES_LABELS | GVRENDER_DOES_MAPS |
		 GVRENDER_DOES_TOOLTIPS | GVRENDER_NO_WHITE_BG,
	.color_type = COLOR_STRING,
};
static gvdevice_engine_t device = { .initialize = device_begins, .finalize = device_begins };
static gvdevice_features_t device_features = {
	.flags = GVDEVICE_DOES_TRUECOLOR | GVDEVICE_NO_WRITER,
	.default_dpi = { 72, 72 },
};
static gvtextlayout_engine_t text_layout = { lay_text_out };

static gvplugin_installed_t renderers[] = {
	{ 0, FDAR_SVG_FORMAT, 1, &renderer, &renderer_features }, { 0, NULL, 0, NULL, NULL }
};
static gvplugin_installed_t devices[] = { { 0, FDAR_SVG_FORMAT ":" FDAR_SVG_FORMAT, 1, &device,
					    &device_features },
					  { 0, NULL, 0, NULL, NULL } };
static gvplugin_installed_t text_layouts[] = { { 0, "textlayout", OUR_QUALITY, &text_layout, NULL },
					       { 0, NULL, 0, NULL, NULL } };
static gvplugin_api_t apis[] = { { API_render, renderers },
				 { API_device, devices },
				 { API_textlayout, text_layouts },
				 { (api_t)0, NULL } };
static gvplugin_library_t library = { (char *)"flowdar", apis };

/* The name has to have this form. */
const lt_symlist_t fdar_svg_plugins[] = { { "gvplugin_flowdar_LTX_library", &library },
					  { NULL, NULL } };
