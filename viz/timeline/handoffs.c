#include "viz/timeline/timeline.h"

#include <math.h>
#include <string.h>

#include "base/amount.h"
#include "viz/chart/chart.h"

#define WIDTH        1140.0
#define HEAD         54.0
#define BOX_WIDTH    200.0
#define QUEUE_WIDTH  330.0
#define BOX_HEIGHT   30.0
#define QUEUE_HEIGHT 62.0
#define GAP          22.0
#define MARGIN       12.0
#define TEXT         11.0
#define BOXES_MAX    24u /* a column; the busiest */
#define UNKNOWN      "not seen"
#define NOBODY       "nobody"

/* A box of a column: threads of one role, or a queue. */
struct box {
	char *name;
	uint64_t count;
	GHashTable *threads;           /* that are in it */
	struct fdar_histogram wait_ns; /* of queues */
	uint64_t untaken;
	double y; /* its middle */
};

/* All that goes from a box to one of the next column. */
struct way {
	guint from, to;
	uint64_t count;
};

struct graph {
	const struct fdar_activity *activity;
	GArray *columns[3]; /* struct box: who puts, queues, who takes */
	GArray *ways[2];    /* struct way */
	struct fdar_chart *chart;
	double width, seconds;
};

char *fdar_timeline_role(const char *name)
{
	size_t length = strlen(name);

	while (length > 0 && g_ascii_isdigit(name[length - 1]))
		length--;
	if (name[length] == '\0')
		return g_strdup(name);
	while (length > 0 && strchr(" -_#:./", name[length - 1]))
		length--;
	return length > 0 ? g_strndup(name, length) : g_strdup(name);
}

static void box_clear(gpointer data)
{
	struct box *box = data;

	g_free(box->name);
	g_hash_table_unref(box->threads);
	fdar_histogram_clear(&box->wait_ns);
}

static struct box *box_at(const struct graph *graph, unsigned column, guint index)
{
	return &g_array_index(graph->columns[column], struct box, index);
}

static guint box_of(struct graph *graph, unsigned column, const char *name)
{
	struct box box = { 0 };

	for (guint i = 0; i < graph->columns[column]->len; i++)
		if (strcmp(box_at(graph, column, i)->name, name) == 0)
			return i;
	box.name = g_strdup(name);
	box.threads = g_hash_table_new(NULL, NULL);
	g_array_append_val(graph->columns[column], box);
	return graph->columns[column]->len - 1;
}

static guint thread_box(struct graph *graph, unsigned column, uint32_t index)
{
	const struct fdar_activity_thread *thread;
	g_autofree char *role = NULL;
	guint box;

	if (index == UINT32_MAX)
		return box_of(graph, column, column == 0 ? UNKNOWN : NOBODY);
	thread = &g_array_index(graph->activity->threads, struct fdar_activity_thread, index);
	role = fdar_timeline_role(thread->name && thread->name[0] ? thread->name : "thread");
	box = box_of(graph, column, role);
	g_hash_table_add(box_at(graph, column, box)->threads, GUINT_TO_POINTER(index + 1));
	return box;
}

static void add_way(GArray *ways, guint from, guint to, uint64_t count)
{
	struct way way = { from, to, count };

	for (guint i = 0; i < ways->len; i++) {
		struct way *known = &g_array_index(ways, struct way, i);

		if (known->from == from && known->to == to) {
			known->count += count;
			return;
		}
	}
	g_array_append_val(ways, way);
}

static void add_edge(struct graph *graph, const struct fdar_activity_edge *edge)
{
	guint from = thread_box(graph, 0, edge->from);
	guint queue = box_of(graph, 1, edge->queue[0] ? edge->queue : "from thread to thread");
	guint to = thread_box(graph, 2, edge->to);

	box_at(graph, 0, from)->count += edge->count;
	box_at(graph, 1, queue)->count += edge->count;
	box_at(graph, 2, to)->count += edge->count;
	fdar_histogram_merge(&box_at(graph, 1, queue)->wait_ns, &edge->wait_ns);
	if (edge->to == UINT32_MAX)
		box_at(graph, 1, queue)->untaken += edge->count;
	add_way(graph->ways[0], from, queue, edge->count);
	add_way(graph->ways[1], queue, to, edge->count);
}

static double column_height(const struct graph *graph, unsigned column)
{
	double box = column == 1 ? QUEUE_HEIGHT : BOX_HEIGHT;

	return MIN(graph->columns[column]->len, BOXES_MAX) * (box + GAP);
}

/* Columns are centred beside each other. */
static double place(struct graph *graph)
{
	double most = 0;

	for (unsigned c = 0; c < 3; c++)
		most = MAX(most, column_height(graph, c));
	for (unsigned c = 0; c < 3; c++) {
		double step = (c == 1 ? QUEUE_HEIGHT : BOX_HEIGHT) + GAP;
		double top = HEAD + (most - column_height(graph, c)) / 2 + step / 2;

		for (guint i = 0; i < graph->columns[c]->len; i++)
			box_at(graph, c, i)->y = top + i * step;
	}
	return HEAD + most;
}

static double column_x(const struct graph *graph, unsigned column)
{
	return column == 0   ? MARGIN
	       : column == 1 ? (graph->width - QUEUE_WIDTH) / 2
			     : graph->width - MARGIN - BOX_WIDTH;
}

static char *rate_text(const struct graph *graph, uint64_t count)
{
	g_autofree char *whole = fdar_label_count(count);

	g_autofree char *rate = fdar_number_text((double)count / graph->seconds);

	return g_strdup_printf("%s, %s/s", whole, rate);
}

static void draw_way(const struct graph *graph, unsigned column, const struct way *way)
{
	const struct box *from = box_at(graph, column, way->from);
	const struct box *to = box_at(graph, column + 1, way->to);
	double pen = 1 + log10((double)way->count + 1) * 0.9;
	double x1 = column_x(graph, column) + (column == 0 ? BOX_WIDTH : QUEUE_WIDTH);
	double x2 = column_x(graph, column + 1);
	g_autofree char *rate = rate_text(graph, way->count);
	g_autofree char *words = g_strdup_printf("%s to %s: %s", from->name, to->name, rate);
	gboolean lost = column == 1 && strcmp(to->name, NOBODY) == 0;

	if (way->from >= BOXES_MAX || way->to >= BOXES_MAX)
		return;
	fdar_chart_arrow(graph->chart, x1, from->y, x2 - 1, to->y,
			 lost ? FDAR_INK(ALARM) : FDAR_INK(HANDOFF), pen, lost, words);
}

static void draw_threads(const struct graph *graph, unsigned column, const struct box *box)
{
	guint threads = g_hash_table_size(box->threads);
	double x = column_x(graph, column);
	g_autofree char *many = g_strdup_printf("%s ×%u", box->name, threads);
	g_autofree char *rate = rate_text(graph, box->count);

	fdar_chart_box(graph->chart, x, box->y - BOX_HEIGHT / 2, BOX_WIDTH, BOX_HEIGHT,
		       FDAR_INK(HEAD), FDAR_INK(HEAD_EDGE), NULL);
	fdar_chart_text(graph->chart, x + 8, box->y + 4, 0, FDAR_FONT_SANS_BOLD, TEXT,
			FDAR_COLOR_INK, BOX_WIDTH * 0.5 - 8, threads > 1 ? many : box->name);
	fdar_chart_text(graph->chart, x + BOX_WIDTH - 8, box->y + 4, 2, FDAR_FONT_SANS, TEXT,
			FDAR_COLOR_MUTED, BOX_WIDTH * 0.5 - 8, rate);
}

/* The queue's bar is its 99th percentile as a part of the longest of all queues, its core the median. */
static void draw_queue(const struct graph *graph, const struct box *box, double longest)
{
	double x = column_x(graph, 1), top = box->y - QUEUE_HEIGHT / 2;
	double median = fdar_histogram_quantile(&box->wait_ns, 0.5, box->wait_ns.count);
	double p99 = fdar_histogram_quantile(&box->wait_ns, 0.99, box->wait_ns.count);
	double room = QUEUE_WIDTH - 16;
	g_autofree char *rate = rate_text(graph, box->count);
	g_autofree char *typical = fdar_label_duration((uint64_t)median);
	g_autofree char *bad = fdar_label_duration((uint64_t)p99);
	g_autofree char *worst = fdar_label_duration(box->wait_ns.max);
	g_autofree char *left = box->untaken ? fdar_label_count(box->untaken) : NULL;
	g_autofree char *waits =
		g_strdup_printf("waiting: half %s, 99 %% %s, longest %s%s%s%s", typical, bad, worst,
				left ? "; " : "", left ? left : "", left ? " never taken" : "");

	fdar_chart_box(graph->chart, x, top, QUEUE_WIDTH, QUEUE_HEIGHT, FDAR_INK(BAND),
		       FDAR_INK(HANDOFF), NULL);
	fdar_chart_text(graph->chart, x + 8, top + 16, 0, FDAR_FONT_SANS_BOLD, TEXT, FDAR_COLOR_INK,
			room * 0.6, box->name);
	fdar_chart_text(graph->chart, x + QUEUE_WIDTH - 8, top + 16, 2, FDAR_FONT_SANS, TEXT,
			FDAR_COLOR_MUTED, room * 0.4, rate);
	fdar_chart_text(graph->chart, x + 8, top + 34, 0, FDAR_FONT_SANS, TEXT,
			left ? FDAR_COLOR_ALARM : FDAR_COLOR_INK, room, waits);
	fdar_chart_rect(graph->chart, x + 8, top + 45, room, 8, FDAR_INK(HAIRLINE), waits);
	fdar_chart_rect(graph->chart, x + 8, top + 45, MAX(room * p99 / longest, 1), 8,
			FDAR_INK(WAIT_EDGE), waits);
	fdar_chart_rect(graph->chart, x + 8, top + 45, MAX(room * median / longest, 1), 8,
			FDAR_INK(HANDOFF), waits);
}

/* What a queue's bar says. */
static void draw_legend(const struct graph *graph, double y)
{
	static const char *const texts[] = { "half of what went through it waited so long or less",
					     "99 %", "of the longest wait in any queue" };
	const char *fills[] = { FDAR_INK(HANDOFF), FDAR_INK(WAIT_EDGE), FDAR_INK(HAIRLINE) };
	double x = MARGIN;

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		fdar_chart_rect(graph->chart, x, y - 8, 16, 8, fills[i], NULL);
		fdar_chart_text(graph->chart, x + 22, y, 0, FDAR_FONT_SANS, TEXT, FDAR_COLOR_MUTED,
				0, texts[i]);
		x += 22 + fdar_label_width(texts[i], FDAR_FONT_SANS, TEXT) + 20;
	}
}

static void draw(struct graph *graph)
{
	static const char *const heads[] = { "puts", "queue", "takes" };
	double longest = 1;

	for (guint i = 0; i < graph->columns[1]->len; i++)
		longest = MAX(longest, (double)box_at(graph, 1, i)->wait_ns.max);
	for (unsigned c = 0; c < 3; c++)
		fdar_chart_text(graph->chart, column_x(graph, c), HEAD - 8, 0, FDAR_FONT_SANS, TEXT,
				FDAR_COLOR_MUTED, 0, heads[c]);
	for (unsigned c = 0; c < 2; c++)
		for (guint i = 0; i < graph->ways[c]->len; i++)
			draw_way(graph, c, &g_array_index(graph->ways[c], struct way, i));
	for (unsigned c = 0; c < 3; c++) {
		for (guint i = 0; i < MIN(graph->columns[c]->len, BOXES_MAX); i++) {
			if (c == 1)
				draw_queue(graph, box_at(graph, c, i), longest);
			else
				draw_threads(graph, c, box_at(graph, c, i));
		}
	}
}

static char *describe(const struct graph *graph)
{
	GString *text = g_string_new(NULL);

	if (!graph->columns[1]->len)
		g_string_append(text, "No object went from one thread to another through a queue "
				      "that was recorded.");
	for (guint i = 0; i < MIN(graph->columns[1]->len, BOXES_MAX); i++) {
		const struct box *queue = box_at(graph, 1, i);
		g_autofree char *rate = rate_text(graph, queue->count);
		g_autofree char *worst = fdar_label_duration(queue->wait_ns.max);

		g_string_append_printf(text, "%s%s: %s, longest %s in it", i ? "; " : "",
				       queue->name, rate, worst);
	}
	return g_string_free(text, FALSE);
}

static int by_count(gconstpointer a, gconstpointer b)
{
	const struct fdar_activity_edge *x = *(const struct fdar_activity_edge *const *)a;
	const struct fdar_activity_edge *y = *(const struct fdar_activity_edge *const *)b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void gather(struct graph *graph)
{
	g_autoptr(GPtrArray) order = g_ptr_array_new();

	for (unsigned c = 0; c < 3; c++) {
		graph->columns[c] = g_array_new(FALSE, TRUE, sizeof(struct box));
		g_array_set_clear_func(graph->columns[c], box_clear);
	}
	for (unsigned c = 0; c < 2; c++)
		graph->ways[c] = g_array_new(FALSE, TRUE, sizeof(struct way));
	for (guint i = 0; i < graph->activity->edges->len; i++)
		g_ptr_array_add(order, &g_array_index(graph->activity->edges,
						      struct fdar_activity_edge, i));
	g_ptr_array_sort(order, by_count);
	for (guint i = 0; i < order->len; i++)
		add_edge(graph, order->pdata[i]);
}

GString *fdar_handoffs_svg(const struct fdar_activity *activity,
			   const struct fdar_timeline_options *options)
{
	struct graph graph = {
		.activity = activity,
		.width = options->width > 0 ? options->width : WIDTH,
		.seconds = MAX((double)(activity->end_ns - activity->begin_ns) / 1e9, 1e-9),
	};
	g_autofree char *words = NULL;
	double bottom;

	graph.chart = fdar_chart_new(options->id ? options->id : "handoffs");
	gather(&graph);
	bottom = place(&graph);
	words = describe(&graph);
	fdar_chart_heading(graph.chart, MARGIN, graph.width - 24, options->title);
	if (graph.columns[1]->len) {
		draw(&graph);
		draw_legend(&graph, bottom + 12);
	} else {
		fdar_chart_text(graph.chart, MARGIN, HEAD, 0, FDAR_FONT_SANS, TEXT,
				FDAR_COLOR_MUTED, 0, words);
	}
	for (unsigned c = 0; c < 3; c++)
		g_array_unref(graph.columns[c]);
	for (unsigned c = 0; c < 2; c++)
		g_array_unref(graph.ways[c]);
	return fdar_chart_finish(graph.chart, graph.width, bottom + 28,
				 options->title ? options->title
						: "What threads hand to each other",
				 words);
}
