#include "viz/svg/svg_pen.h"

#include <math.h>
#include <string.h>

#define BASELINE    0.36 /* below the middle of a line, in em: half the height of capitals */
#define CORNER      7.0  /* radius of round corners */
#define HEAD_LENGTH 7.0  /* of an arrow */
#define HEAD_HALF   2.45 /* half its width */
#define OPEN_HALF   3.15 /* likewise, of a return's */
#define OPEN_NOTCH  3.5
#define DISC        2.8 /* radius, where a hand-off starts */

struct pen {
	const struct fdar_scene *scene;
	GString *out;
};

static void append(struct pen *pen, const char *text)
{
	g_string_append(pen->out, text);
}

/* Escapes for content and for attributes in double quotes. */
static void append_xml(struct pen *pen, const char *text)
{
	while (*text) {
		gsize plain = strcspn(text, "&<>\"");

		g_string_append_len(pen->out, text, (gssize)plain);
		text += plain;
		if (*text)
			append(pen, *text == '&'   ? "&amp;"
				    : *text == '<' ? "&lt;"
				    : *text == '>' ? "&gt;"
						   : "&quot;");
		text += *text != '\0';
	}
}

/* At most two decimals, no trailing zeros, and never "-0". By hand: a picture of ten thousand messages has a
 * million of these, and printf would take most of its time. */
static void append_number(struct pen *pen, double number)
{
	char digits[24];
	guint at = sizeof(digits);
	gint64 hundredths = llround(CLAMP(number, -1e15, 1e15) * 100);
	guint64 rest = (guint64)ABS(hundredths);

	if (rest % 100) {
		if (rest % 10)
			digits[--at] = (char)('0' + rest % 10);
		digits[--at] = (char)('0' + rest / 10 % 10);
		digits[--at] = '.';
	}
	rest /= 100;
	do
		digits[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (hundredths < 0)
		digits[--at] = '-';
	g_string_append_len(pen->out, digits + at, (gssize)(sizeof(digits) - at));
}

/* name with its space before and its ="; the quote at the end is added. */
static void append_attribute(struct pen *pen, const char *name, double number)
{
	append(pen, name);
	append_number(pen, number);
	g_string_append_c(pen->out, '"');
}

static void append_point(struct pen *pen, double x, double y)
{
	append_number(pen, x);
	g_string_append_c(pen->out, ',');
	append_number(pen, y);
}

static const char *hex(const struct pen *pen, enum fdar_color color)
{
	return fdar_color_hex(color, pen->scene->theme);
}

static void append_color(struct pen *pen, const char *name, enum fdar_color color)
{
	append(pen, name);
	append(pen, hex(pen, color));
	g_string_append_c(pen->out, '"');
}

static void append_stroke(struct pen *pen, const struct fdar_item *item)
{
	static const char *const dashes[] = {
		[FDAR_DASH_DASHED] = " stroke-dasharray=\"4 3\"",
		[FDAR_DASH_DOTTED] = " stroke-dasharray=\"1 3\"",
		[FDAR_DASH_SOLID] = "",
	};

	if (item->stroke == FDAR_COLOR_NONE)
		return;
	append_color(pen, " stroke=\"", item->stroke);
	if (fabs(item->pen - 1.0) > 0.001)
		append_attribute(pen, " stroke-width=\"", item->pen);
	append(pen, dashes[item->dash]);
}

/* Letters and digits. */
static const char *prefix_of(const struct pen *pen)
{
	return pen->scene->prefix ? pen->scene->prefix : "";
}

static void begin_item(struct pen *pen, const struct fdar_item *item)
{
	append(pen, "<g id=\"");
	append(pen, prefix_of(pen));
	append_xml(pen, item->id);
	append(pen, "\">");
	if (item->tooltip) {
		append(pen, "<title>");
		append_xml(pen, item->tooltip);
		append(pen, "</title>");
	}
}

/* room: where the label lies. A halo is painted under the letters, so that lines do not run through them. */
static void draw_label(struct pen *pen, const struct fdar_label *label,
		       const struct fdar_rect *room)
{
	static const char *const anchors[] = { "", " text-anchor=\"middle\"",
					       " text-anchor=\"end\"" };

	append_attribute(pen, "<text x=\"",
			 room->x + (label->align == FDAR_ALIGN_LEFT     ? 0
				    : label->align == FDAR_ALIGN_MIDDLE ? room->w / 2
									: room->w));
	append_attribute(pen, " y=\"", room->y + room->h / 2 + BASELINE * label->size);
	append_attribute(pen, " font-size=\"", label->size);
	append(pen, anchors[label->align]);
	if (label->font == FDAR_FONT_MONO || label->font == FDAR_FONT_MONO_BOLD) {
		append(pen, " font-family=\"");
		append(pen, fdar_font_family(label->font));
		append(pen, "\"");
	}
	if (label->font == FDAR_FONT_SANS_BOLD || label->font == FDAR_FONT_MONO_BOLD)
		append(pen, " font-weight=\"bold\"");
	append_color(pen, " fill=\"", label->color);
	if (label->halo != FDAR_COLOR_NONE) {
		append_color(pen, " stroke=\"", label->halo);
		append(pen, " paint-order=\"stroke\" stroke-width=\"5\" stroke-linejoin=\"round\"");
	}
	append(pen, ">");
	append_xml(pen, label->text);
	append(pen, "</text>");
}

static gboolean is_seen(const struct fdar_item *item)
{
	return item->fill != FDAR_COLOR_NONE || item->stroke != FDAR_COLOR_NONE;
}

static void draw_rect(struct pen *pen, const struct fdar_item *item)
{
	if (!is_seen(item))
		return;
	append_attribute(pen, "<rect x=\"", item->at.x);
	append_attribute(pen, " y=\"", item->at.y);
	append_attribute(pen, " width=\"", item->at.w);
	append_attribute(pen, " height=\"", item->at.h);
	if (item->rounded)
		append_attribute(pen, " rx=\"", MIN(item->at.h / 2, CORNER));
	append_color(pen, " fill=\"", item->fill);
	append_stroke(pen, item);
	append(pen, "/>");
}

static void draw_disc(struct pen *pen, const struct fdar_item *item)
{
	append_attribute(pen, "<circle cx=\"", item->at.x + item->at.w / 2);
	append_attribute(pen, " cy=\"", item->at.y + item->at.h / 2);
	append_attribute(pen, " r=\"", item->at.w / 2);
	append_color(pen, " fill=\"", item->fill);
	append_stroke(pen, item);
	append(pen, "/>");
}

/* Boxes that are only there for arrows to join are not drawn. */
static void draw_node(struct pen *pen, const struct fdar_item *item)
{
	if (!is_seen(item) && !item->label.text)
		return;
	begin_item(pen, item);
	if (item->kind == FDAR_ITEM_DOT)
		draw_disc(pen, item);
	else
		draw_rect(pen, item);
	if (item->label.text)
		draw_label(pen, &item->label, &item->at);
	append(pen, "</g>\n");
}

/* The point so far from the first on the way to the second. */
static struct fdar_point towards(struct fdar_point from, struct fdar_point to, double length)
{
	double dx = to.x - from.x, dy = to.y - from.y, whole = hypot(dx, dy);

	if (whole <= 0)
		return from;
	return (struct fdar_point){ from.x + dx / whole * length, from.y + dy / whole * length };
}

/* From base to tip, half as wide; notch: how far its back is cut in. */
static void draw_head(struct pen *pen, const struct fdar_item *item, struct fdar_point base,
		      struct fdar_point tip, double half, double notch)
{
	double length = MAX(hypot(tip.x - base.x, tip.y - base.y), 1e-9);
	double ux = (tip.x - base.x) / length, uy = (tip.y - base.y) / length;

	append(pen, "<polygon points=\"");
	append_point(pen, base.x - uy * half, base.y + ux * half);
	append(pen, " ");
	append_point(pen, tip.x, tip.y);
	append(pen, " ");
	append_point(pen, base.x + uy * half, base.y - ux * half);
	if (notch > 0) {
		append(pen, " ");
		append_point(pen, base.x + ux * notch, base.y + uy * notch);
	}
	append_color(pen, "\" fill=\"", item->stroke);
	append_color(pen, " stroke=\"", item->stroke);
	if (fabs(item->pen - 1.0) > 0.001)
		append_attribute(pen, " stroke-width=\"", item->pen);
	append(pen, "/>");
}

static void draw_start(struct pen *pen, const struct fdar_item *item)
{
	append_attribute(pen, "<circle cx=\"", item->curve[0].x);
	append_attribute(pen, " cy=\"", item->curve[0].y);
	append_attribute(pen, " r=\"", DISC);
	append_color(pen, " fill=\"", item->stroke);
	append(pen, "/>");
}

/* Whether a curve is a line after all. */
static gboolean is_straight(const struct fdar_point *c)
{
	double dx = c[3].x - c[0].x, dy = c[3].y - c[0].y;
	double cross = (c[1].x - c[0].x) * dy - (c[1].y - c[0].y) * dx;
	double other = (c[2].x - c[0].x) * dy - (c[2].y - c[0].y) * dx;
	double most = 0.02 * hypot(dx, dy);

	return fabs(cross) <= most && fabs(other) <= most;
}

static void draw_arrow(struct pen *pen, const struct fdar_item *item)
{
	struct fdar_point c[4] = { item->curve[0], item->curve[1], item->curve[2], item->curve[3] };
	struct fdar_point tip = c[3];

	begin_item(pen, item);
	if (item->head != FDAR_HEAD_NONE)
		c[3] = towards(c[3], c[2], HEAD_LENGTH);
	append(pen, "<path d=\"M");
	append_point(pen, c[0].x, c[0].y);
	g_string_append_c(pen->out, is_straight(c) ? 'L' : 'C');
	for (int i = is_straight(c) ? 3 : 1; i < 4; i++) {
		append_point(pen, c[i].x, c[i].y);
		if (i < 3)
			g_string_append_c(pen->out, ' ');
	}
	append(pen, "\" fill=\"none\"");
	append_stroke(pen, item);
	append(pen, "/>");
	if (item->head == FDAR_HEAD_GIVEN)
		draw_start(pen, item);
	if (item->head == FDAR_HEAD_OPEN)
		draw_head(pen, item, c[3], tip, OPEN_HALF, OPEN_NOTCH);
	else if (item->head != FDAR_HEAD_NONE)
		draw_head(pen, item, c[3], tip, HEAD_HALF, 0);
	if (item->label.text)
		draw_label(pen, &item->label, &item->label.at);
	append(pen, "</g>\n");
}

/* All that a style sheet is for. What carries meaning is attributes, so that a sanitizer that cuts style
 * out leaves the picture as it is on light paper. */
static void append_dark_sheet(struct pen *pen)
{
	append(pen, "<style>\n@media (prefers-color-scheme: dark) {\n");
	for (enum fdar_color c = FDAR_COLOR_PAPER; c < FDAR_COLORS; c++) {
		const char *light = fdar_color_hex(c, FDAR_THEME_LIGHT);
		const char *dark = fdar_color_hex(c, FDAR_THEME_DARK);

		g_string_append_printf(
			pen->out, "[fill=\"%s\"] { fill: %s } [stroke=\"%s\"] { stroke: %s }\n",
			light, dark, light, dark);
	}
	append(pen, "}\n</style>\n");
}

static void begin_page(struct pen *pen)
{
	const struct fdar_scene *scene = pen->scene;

	append(pen, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		    "<svg xmlns=\"http://www.w3.org/2000/svg\"");
	append_attribute(pen, " width=\"", scene->width);
	append_attribute(pen, " height=\"", scene->height);
	append(pen, " viewBox=\"0 0 ");
	append_number(pen, scene->width);
	append(pen, " ");
	append_number(pen, scene->height);
	g_string_append_printf(
		pen->out,
		"\" role=\"img\" aria-labelledby=\"%stitle %sdescription\" font-family=\"%s\" "
		"xml:space=\"preserve\">\n<title id=\"%stitle\">",
		prefix_of(pen), prefix_of(pen), fdar_font_family(FDAR_FONT_SANS), prefix_of(pen));
	append_xml(pen, scene->title);
	g_string_append_printf(pen->out, "</title>\n<desc id=\"%sdescription\">", prefix_of(pen));
	append_xml(pen, scene->description);
	append(pen, "</desc>\n");
	if (scene->theme == FDAR_THEME_AUTO)
		append_dark_sheet(pen);
	append_attribute(pen, "<rect width=\"", scene->width);
	append_attribute(pen, " height=\"", scene->height);
	append_color(pen, " fill=\"", FDAR_COLOR_PAPER);
	append(pen, "/>\n");
}

void fdar_svg_draw(const struct fdar_scene *scene, GString *out)
{
	struct pen pen = { scene, out };
	const struct fdar_item *items = (const struct fdar_item *)(void *)scene->items->data;
	static void (*const layers[])(struct pen *, const struct fdar_item *) = { draw_node,
										  draw_arrow,
										  draw_node };

	begin_page(&pen);
	for (guint layer = 0; layer < G_N_ELEMENTS(layers); layer++) {
		for (guint i = 0; i < scene->items->len; i++) {
			guint own = items[i].kind == FDAR_ITEM_FRAME   ? 0
				    : items[i].kind == FDAR_ITEM_ARROW ? 1
								       : 2;

			if (own == layer)
				layers[layer](&pen, &items[i]);
		}
	}
	append(&pen, "</svg>\n");
}
