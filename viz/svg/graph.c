#include "viz/svg/graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "viz/svg/graph_ids.h"

#define POINTS_PER_INCH 72.0
#define GRAPHVIZ_ARROW  10.0 /* points, of an arrowsize of 1 */
#define GRAPHVIZ_DISC   8.0

G_DEFINE_QUARK(fd - viz - error - quark, fdar_viz_error)

/* cgraph keeps its dictionaries, parser and error state in globals of its own. */
static GMutex graphviz_lock;

void fdar_graph_lock(void)
{
	g_mutex_lock(&graphviz_lock);
	agseterr(AGMAX); /* nothing on stderr: aglasterr() has it */
}

void fdar_graph_unlock(void)
{
	g_mutex_unlock(&graphviz_lock);
}

void fdar_graph_set_error(GError **error, const char *what)
{
	const char *said = aglasterr();

	g_set_error(error, FDAR_VIZ_ERROR, FDAR_VIZ_ERROR_GRAPHVIZ, "graphviz: %s%s%s", what,
		    said ? ": " : "", said ? said : "");
}

/* The attributes that are set, with their defaults; the order is that of enum attribute. */
enum attribute {
	N_POS,
	N_WIDTH,
	N_HEIGHT,
	N_SHAPE,
	N_STYLE,
	N_FILL,
	N_COLOR,
	N_PEN,
	N_LABEL,
	N_FONT,
	N_SIZE,
	N_INK,
	N_HALO,
	N_ID,
	N_TIP,
	E_POS,
	E_LP,
	E_STYLE,
	E_COLOR,
	E_PEN,
	E_DIR,
	E_HEAD,
	E_TAIL,
	E_LABEL,
	E_FONT,
	E_SIZE,
	E_INK,
	E_HALO,
	E_ID,
	E_TIP,
	C_BB,
	C_STYLE,
	C_FILL,
	C_COLOR,
	C_PEN,
	C_ID,
	C_TIP,
	ATTRIBUTES
};

struct declaration {
	int of;
	const char *name;
	const char *standard;
};

static const struct declaration declarations[ATTRIBUTES] = {
	[N_POS] = { AGNODE, "pos", "" },
	[N_WIDTH] = { AGNODE, "width", "0.1" },
	[N_HEIGHT] = { AGNODE, "height", "0.1" },
	[N_SHAPE] = { AGNODE, "shape", "box" },
	[N_STYLE] = { AGNODE, "style", "" },
	[N_FILL] = { AGNODE, "fillcolor", "" },
	[N_COLOR] = { AGNODE, "color", "transparent" },
	[N_PEN] = { AGNODE, "penwidth", "1" },
	[N_LABEL] = { AGNODE, "label", "\\N" },
	[N_FONT] = { AGNODE, "fontname", "" },
	[N_SIZE] = { AGNODE, "fontsize", "11" },
	[N_INK] = { AGNODE, "fontcolor", "" },
	[N_HALO] = { AGNODE, FDAR_GRAPH_HALO, "" },
	[N_ID] = { AGNODE, "id", "" },
	[N_TIP] = { AGNODE, "tooltip", "" },
	[E_POS] = { AGEDGE, "pos", "" },
	[E_LP] = { AGEDGE, "lp", "" },
	[E_STYLE] = { AGEDGE, "style", "" },
	[E_COLOR] = { AGEDGE, "color", "" },
	[E_PEN] = { AGEDGE, "penwidth", "1" },
	[E_DIR] = { AGEDGE, "dir", "none" },
	[E_HEAD] = { AGEDGE, "arrowhead", "normal" },
	[E_TAIL] = { AGEDGE, "arrowtail", "dot" },
	[E_LABEL] = { AGEDGE, "label", "" },
	[E_FONT] = { AGEDGE, "fontname", "" },
	[E_SIZE] = { AGEDGE, "fontsize", "11" },
	[E_INK] = { AGEDGE, "fontcolor", "" },
	[E_HALO] = { AGEDGE, FDAR_GRAPH_HALO, "" },
	[E_ID] = { AGEDGE, "id", "" },
	[E_TIP] = { AGEDGE, "tooltip", "" },
	[C_BB] = { AGRAPH, "bb", "" },
	[C_STYLE] = { AGRAPH, "style", "filled" },
	[C_FILL] = { AGRAPH, "fillcolor", "" },
	[C_COLOR] = { AGRAPH, "color", "transparent" },
	[C_PEN] = { AGRAPH, "penwidth", "1" },
	[C_ID] = { AGRAPH, "id", "" },
	[C_TIP] = { AGRAPH, "tooltip", "" },
};

struct builder {
	const struct fdar_scene *scene;
	Agraph_t *graph;
	Agsym_t *symbols[ATTRIBUTES];
	Agnode_t **nodes; /* by item index; NULL for what is not a node */
	GString *scratch;
};

static void set(struct builder *b, void *object, enum attribute attribute, const char *value)
{
	agxset(object, b->symbols[attribute], (char *)value);
}

static const char *hex(const struct builder *b, enum fdar_color color)
{
	return color == FDAR_COLOR_NONE ? "transparent" : fdar_color_hex(color, b->scene->theme);
}

/* Numbers in C's locale, to a hundredth of a point. */
static void append_number(GString *text, double number)
{
	char digits[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(digits, sizeof(digits), "%.2f", number);
	g_string_append(text, digits);
}

/* Graphviz' y goes up. */
static void append_point(GString *text, double x, double y)
{
	append_number(text, x);
	g_string_append_c(text, ',');
	append_number(text, -y);
}

static const char *point(struct builder *b, double x, double y)
{
	g_string_truncate(b->scratch, 0);
	append_point(b->scratch, x, y);
	return b->scratch->str;
}

static const char *number(struct builder *b, double value, const char *format)
{
	char digits[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_assign(b->scratch, g_ascii_formatd(digits, sizeof(digits), format, value));
	return b->scratch->str;
}

/* Graphviz reads escapes (\N, \l) and HTML entities in texts: both are taken from it. */
static void append_escaped(GString *to, const char *text)
{
	for (; *text; text++)
		if (*text == '\\')
			g_string_append(to, "\\\\");
		else if (*text == '&')
			g_string_append(to, "&amp;");
		else
			g_string_append_c(to, *text);
}

static const char *escaped(struct builder *b, const char *text, const char *end)
{
	g_string_truncate(b->scratch, 0);
	append_escaped(b->scratch, text);
	g_string_append(b->scratch, end);
	return b->scratch->str;
}

static const char *justification(const struct fdar_label *label)
{
	static const char *const ends[] = { "\\l", "", "\\r" };

	return ends[label->align];
}

static const char *style(const struct fdar_item *item)
{
	static const char *const filled[] = { "filled", "filled,dashed", "filled,dotted" };
	static const char *const rounded[] = { "rounded,filled", "rounded,filled,dashed",
					       "rounded,filled,dotted" };

	return item->rounded ? rounded[item->dash] : filled[item->dash];
}

static void add_node(struct builder *b, guint index, const struct fdar_item *item)
{
	Agnode_t *node = agnode(b->graph, (char *)item->id, 1);
	const struct fdar_rect *at = &item->at;
	gboolean bare = item->fill == FDAR_COLOR_NONE && item->stroke == FDAR_COLOR_NONE;

	b->nodes[index] = node;
	set(b, node, N_POS, point(b, at->x + at->w / 2, at->y + at->h / 2));
	set(b, node, N_WIDTH, number(b, at->w / POINTS_PER_INCH, "%.6f"));
	set(b, node, N_HEIGHT, number(b, at->h / POINTS_PER_INCH, "%.6f"));
	set(b, node, N_ID, item->id);
	if (item->kind == FDAR_ITEM_DOT)
		set(b, node, N_SHAPE, "circle");
	else if (bare)
		set(b, node, N_SHAPE, "none");
	if (!bare) {
		set(b, node, N_STYLE, style(item));
		set(b, node, N_FILL, hex(b, item->fill));
		set(b, node, N_COLOR, hex(b, item->stroke));
		set(b, node, N_PEN, number(b, item->pen, "%g"));
	}
	set(b, node, N_LABEL, "");
	if (item->label.text) {
		set(b, node, N_LABEL, escaped(b, item->label.text, justification(&item->label)));
		set(b, node, N_FONT, fdar_font_name(item->label.font));
		set(b, node, N_SIZE, number(b, item->label.size, "%g"));
		set(b, node, N_INK, hex(b, item->label.color));
		if (item->label.halo != FDAR_COLOR_NONE)
			set(b, node, N_HALO, hex(b, item->label.halo));
	}
	if (item->tooltip)
		set(b, node, N_TIP, escaped(b, item->tooltip, ""));
}

static struct fdar_point towards(struct fdar_point from, struct fdar_point to, double length)
{
	double dx = to.x - from.x;
	double dy = to.y - from.y;
	double far = MAX(ABS(dx), ABS(dy));

	if (far < 1e-6)
		return from;
	double hypotenuse = far * sqrt((dx / far) * (dx / far) + (dy / far) * (dy / far));

	return (struct fdar_point){ from.x + dx / hypotenuse * length,
				    from.y + dy / hypotenuse * length };
}

/* The curve ends where the head begins: graphviz draws the head from there to the tip ("e,"). */
static const char *curve(struct builder *b, const struct fdar_item *item)
{
	struct fdar_point c[4] = { item->curve[0], item->curve[1], item->curve[2], item->curve[3] };
	GString *text = b->scratch;

	g_string_truncate(text, 0);
	if (item->head == FDAR_HEAD_GIVEN) {
		g_string_append(text, "s,");
		append_point(text, c[0].x, c[0].y);
		g_string_append_c(text, ' ');
		c[0] = towards(c[0], c[1], FDAR_GIVEN_POINTS);
	}
	if (item->head != FDAR_HEAD_NONE) {
		g_string_append(text, "e,");
		append_point(text, c[3].x, c[3].y);
		g_string_append_c(text, ' ');
		c[3] = towards(c[3], c[2], FDAR_ARROW_POINTS);
	}
	for (int i = 0; i < 4; i++) {
		append_point(text, c[i].x, c[i].y);
		g_string_append_c(text, i < 3 ? ' ' : '\0');
	}
	return text->str;
}

static void add_edge_label(struct builder *b, Agedge_t *edge, const struct fdar_label *label)
{
	double width = fdar_label_width(label->text, label->font, label->size);
	double x = label->at.x + (label->align == FDAR_ALIGN_LEFT    ? width / 2
				  : label->align == FDAR_ALIGN_RIGHT ? label->at.w - width / 2
								     : label->at.w / 2);

	set(b, edge, E_LABEL, escaped(b, label->text, justification(label)));
	set(b, edge, E_LP, point(b, x, label->at.y + label->at.h / 2));
	set(b, edge, E_FONT, fdar_font_name(label->font));
	set(b, edge, E_SIZE, number(b, label->size, "%g"));
	set(b, edge, E_INK, hex(b, label->color));
	if (label->halo != FDAR_COLOR_NONE)
		set(b, edge, E_HALO, hex(b, label->halo));
}

static void add_edge(struct builder *b, const struct fdar_item *item)
{
	static const char *const styles[] = { "", "dashed", "dotted" };
	static const char *const dirs[] = { "none", "forward", "forward", "both" };
	Agedge_t *edge =
		agedge(b->graph, b->nodes[item->from], b->nodes[item->to], (char *)item->id, 1);

	set(b, edge, E_POS, curve(b, item));
	set(b, edge, E_STYLE, styles[item->dash]);
	set(b, edge, E_COLOR, hex(b, item->stroke));
	set(b, edge, E_PEN, number(b, item->pen, "%g"));
	set(b, edge, E_DIR, dirs[item->head]);
	if (item->head == FDAR_HEAD_OPEN)
		set(b, edge, E_HEAD, "vee");
	set(b, edge, E_ID, item->id);
	if (item->label.text)
		add_edge_label(b, edge, &item->label);
	if (item->tooltip)
		set(b, edge, E_TIP, escaped(b, item->tooltip, ""));
}

static void add_frame(struct builder *b, const struct fdar_item *item)
{
	g_autofree char *name = g_strconcat("cluster_", item->id, NULL);
	Agraph_t *frame = agsubg(b->graph, name, 1);
	const struct fdar_rect *at = &item->at;

	g_string_truncate(b->scratch, 0);
	append_point(b->scratch, at->x, at->y + at->h);
	g_string_append_c(b->scratch, ',');
	append_point(b->scratch, at->x + at->w, at->y);
	set(b, frame, C_BB, b->scratch->str);
	set(b, frame, C_STYLE, style(item));
	set(b, frame, C_FILL, hex(b, item->fill));
	set(b, frame, C_COLOR, hex(b, item->stroke));
	set(b, frame, C_PEN, number(b, item->pen, "%g"));
	set(b, frame, C_ID, item->id);
	if (item->tooltip)
		set(b, frame, C_TIP, escaped(b, item->tooltip, ""));
}

static void declare(struct builder *b)
{
	static const struct declaration fixed[] = {
		{ AGRAPH, "layout", "nop2" },   { AGRAPH, "notranslate", "true" },
		{ AGRAPH, "pad", "0" },         { AGRAPH, "outputorder", "edgesfirst" },
		{ AGRAPH, "charset", "UTF-8" }, { AGNODE, "fixedsize", "shape" },
		{ AGNODE, "margin", "0,0" },    { AGNODE, "labelloc", "c" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
		agattr(b->graph, fixed[i].of, (char *)fixed[i].name, (char *)fixed[i].standard);
	agattr(b->graph, AGRAPH, "bgcolor", (char *)hex(b, FDAR_COLOR_PAPER));
	agattr(b->graph, AGEDGE, "arrowsize",
	       (char *)number(b, FDAR_ARROW_POINTS / GRAPHVIZ_ARROW, "%g"));
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		b->symbols[i] = agattr(b->graph, declarations[i].of, (char *)declarations[i].name,
				       (char *)declarations[i].standard);
	}
}

/* Two points nobody sees, so that the drawing is as large as the scene. */
static void add_corners(struct builder *b)
{
	const double x[] = { 0, b->scene->width };
	const double y[] = { 0, b->scene->height };

	for (int i = 0; i < 2; i++) {
		Agnode_t *node = agnode(b->graph, (char *)(i ? "corner-1" : "corner-0"), 1);

		set(b, node, N_POS, point(b, x[i], y[i]));
		set(b, node, N_WIDTH, "0");
		set(b, node, N_HEIGHT, "0");
		set(b, node, N_SHAPE, "none");
		set(b, node, N_LABEL, "");
		set(b, node, N_STYLE, "invis");
	}
}

Agraph_t *fdar_graph_new(const struct fdar_scene *scene, GError **error)
{
	struct builder b = { .scene = scene };
	const struct fdar_item *items = (const struct fdar_item *)(void *)scene->items->data;

	b.graph = agopen((char *)"flowdar", Agdirected, &fdar_graph_ids);
	if (!b.graph) {
		fdar_graph_set_error(error, "cannot make a graph");
		return NULL;
	}
	b.nodes = g_new0(Agnode_t *, scene->items->len);
	b.scratch = g_string_new(NULL);
	declare(&b);
	add_corners(&b);
	for (guint i = 0; i < scene->items->len; i++)
		if (items[i].kind == FDAR_ITEM_BOX || items[i].kind == FDAR_ITEM_DOT)
			add_node(&b, i, &items[i]);
		else if (items[i].kind == FDAR_ITEM_FRAME)
			add_frame(&b, &items[i]);
	for (guint i = 0; i < scene->items->len; i++)
		if (items[i].kind == FDAR_ITEM_ARROW)
			add_edge(&b, &items[i]);
	g_string_free(b.scratch, TRUE);
	g_free(b.nodes);
	return b.graph;
}

char *fdar_graph_to_dot(const struct fdar_scene *scene, GError **error)
{
	char *text = NULL;
	char *copy = NULL;
	size_t length = 0;
	Agraph_t *graph;
	FILE *file;

	fdar_graph_lock();
	graph = fdar_graph_new(scene, error);
	file = graph ? open_memstream(&text, &length) : NULL;
	if (file) {
		gboolean written = agwrite(graph, file) == 0;

		if (fclose(file) == 0 && written)
			copy = g_strndup(text, length);
		free(text);
	}
	if (graph && !copy)
		fdar_graph_set_error(error, "cannot write the graph");
	if (graph)
		agclose(graph);
	fdar_graph_unlock();
	return copy;
}
