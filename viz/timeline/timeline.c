#include "viz/timeline/timeline.h"

#include <math.h>
#include <string.h>

#include "base/amount.h"
#include "viz/chart/chart.h"

#define WIDTH   1140.0
#define LEFT    170.0
#define RIGHT   16.0
#define ROW     26.0
#define BAR     20.0 /* a slot that is full */
#define HEAD    64.0
#define FOOT    44.0
#define LEVELS  10u   /* bars have one of so many heights, so that neighbours can be one */
#define MARKS   3000u /* more rectangles are made fewer by wider columns */
#define COLUMNS 512u
#define TEXT    11.0
#define FAINT   0.02 /* of a column: less is not seen */

struct view {
	const struct fdar_activity *activity;
	const struct fdar_timeline_options *options;
	struct fdar_chart *chart;
	GArray *rows; /* of guint: indices of threads, from top to bottom */
	double width;
	guint idle; /* threads of the busiest that have no row, for there is nothing in it */
	double length_ns;
	guint columns;
	guint merge; /* slots a column */
};

static const struct fdar_activity_thread *thread_at(const struct view *view, guint index)
{
	return &g_array_index(view->activity->threads, struct fdar_activity_thread, index);
}

static double x_of(const struct view *view, double since_ns)
{
	return LEFT + since_ns / view->length_ns * (view->width - LEFT - RIGHT);
}

static uint64_t busy_of(const struct fdar_activity_thread *thread)
{
	return thread->run_ns + thread->wait_ns;
}

static int by_busy(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct view *view = user;
	const struct fdar_activity_thread *x = thread_at(view, *(const guint *)a);
	const struct fdar_activity_thread *y = thread_at(view, *(const guint *)b);

	if (busy_of(x) != busy_of(y))
		return busy_of(x) > busy_of(y) ? -1 : 1;
	return x->frames > y->frames ? -1 : x->frames < y->frames;
}

static int by_index(gconstpointer a, gconstpointer b)
{
	guint x = *(const guint *)a, y = *(const guint *)b;

	return x < y ? -1 : x > y;
}

/* The busiest, in the order in which they came up. */
static void choose_rows(struct view *view)
{
	view->rows = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint i = 0; i < view->activity->threads->len; i++)
		g_array_append_val(view->rows, i);
	g_array_sort_with_data(view->rows, by_busy, view);
	if (view->rows->len > FDAR_TIMELINE_THREADS)
		g_array_set_size(view->rows, FDAR_TIMELINE_THREADS);
	g_array_sort(view->rows, by_index);
}

/* The slots of a column as one. */
static struct fdar_activity_slot column_of(const struct view *view,
					   const struct fdar_activity_thread *thread, guint column)
{
	struct fdar_activity_slot sum = { 0 };

	for (guint i = 0; i < view->merge; i++) {
		guint at = column * view->merge + i;
		const struct fdar_activity_slot *slot =
			at < FDAR_ACTIVITY_SLOTS ? &thread->slots[at] : NULL;

		if (!slot)
			break;
		if (slot->session_ns > sum.session_ns) {
			sum.session = slot->session;
			sum.session_ns = slot->session_ns;
		}
		sum.run_ns += slot->run_ns;
		sum.wait_ns += slot->wait_ns;
		sum.server_ns += slot->server_ns;
	}
	return sum;
}

/* What is drawn of a column: neighbours that are the same become one bar. */
struct cell {
	uint64_t session;
	guint run, wait, server; /* levels */
};

static guint level(const struct view *view, uint64_t ns)
{
	double part = (double)ns / ((double)view->activity->slot_ns * view->merge);

	return part < FAINT ? 0 : (guint)CLAMP(lround(part * LEVELS), 1, LEVELS);
}

static struct cell cell_of(const struct view *view, const struct fdar_activity_thread *thread,
			   guint column)
{
	struct fdar_activity_slot sum = column_of(view, thread, column);
	struct cell cell = { .run = level(view, sum.run_ns),
			     .wait = level(view, sum.wait_ns),
			     .server = level(view, sum.server_ns) };

	cell.session = cell.run || cell.wait ? sum.session : 0;
	cell.wait = MIN(cell.wait, LEVELS - cell.run);
	return cell;
}

static gboolean is_same(const struct cell *a, const struct cell *b)
{
	return a->session == b->session && a->run == b->run && a->wait == b->wait &&
	       a->server == b->server;
}

static gboolean is_empty(const struct cell *cell)
{
	return !cell->run && !cell->wait && !cell->server;
}

static guint count_bars(const struct view *view)
{
	guint bars = 0;

	for (guint r = 0; r < view->rows->len; r++) {
		struct cell last = { 0 };

		for (guint c = 0; c < view->columns; c++) {
			struct cell cell =
				cell_of(view, thread_at(view, g_array_index(view->rows, guint, r)),
					c);

			if (!is_same(&cell, &last) && !is_empty(&cell))
				bars += (guint)(!!cell.run + !!cell.wait + !!cell.server);
			last = cell;
		}
	}
	return bars;
}

static void choose_columns(struct view *view)
{
	guint used = (guint)ceil(view->length_ns / (double)view->activity->slot_ns);

	view->merge = 1;
	do {
		view->columns = (used + view->merge - 1) / view->merge;
		if (view->columns <= COLUMNS && count_bars(view) <= MARKS)
			break;
		view->merge *= 2;
	} while (view->merge < FDAR_ACTIVITY_SLOTS);
}

static gboolean hands_on(const struct view *view, guint thread)
{
	for (guint i = 0; i < view->activity->edges->len; i++) {
		const struct fdar_activity_edge *edge =
			&g_array_index(view->activity->edges, struct fdar_activity_edge, i);

		if (edge->from == thread || edge->to == thread)
			return TRUE;
	}
	return FALSE;
}

/* Nothing would be seen in the row of a thread. */
static gboolean is_blank(const struct view *view, guint thread)
{
	for (guint c = 0; c < view->columns; c++) {
		struct cell cell = cell_of(view, thread_at(view, thread), c);

		if (!is_empty(&cell))
			return FALSE;
	}
	return !hands_on(view, thread);
}

/* Those that have nothing to show make room. Where all are so, nothing is left out. */
static void drop_blank(struct view *view)
{
	guint kept = 0;

	for (guint r = 0; r < view->rows->len; r++) {
		guint thread = g_array_index(view->rows, guint, r);

		if (!is_blank(view, thread))
			g_array_index(view->rows, guint, kept++) = thread;
	}
	if (!kept)
		return;
	view->idle = view->rows->len - kept;
	g_array_set_size(view->rows, kept);
}

static void draw_axis(const struct view *view)
{
	double bottom = HEAD + view->rows->len * ROW;
	double step = fdar_chart_step(view->length_ns, 8);

	for (guint i = 0; i * step <= view->length_ns; i++) {
		double x = x_of(view, i * step);
		g_autofree char *text =
			i ? fdar_label_duration((uint64_t)llround(i * step)) : g_strdup("0");

		fdar_chart_line(view->chart, x, HEAD - 4, x, bottom, FDAR_INK(HAIRLINE), 1, FALSE);
		fdar_chart_text(view->chart, x, bottom + 14, i ? 1 : 0, FDAR_FONT_SANS, TEXT,
				FDAR_COLOR_MUTED, 0, text);
	}
}

static char *bar_words(const struct view *view, const struct cell *cell, guint from, guint until)
{
	double column_ns = (double)view->activity->slot_ns * view->merge;
	g_autofree char *begin = fdar_label_duration((uint64_t)(from * column_ns));
	g_autofree char *length = fdar_label_duration((uint64_t)((until - from) * column_ns));
	const char *peer = cell->session ? fdar_activity_peer(view->activity, cell->session) : NULL;

	return g_strdup_printf("%s · at +%s for %s · running %u %%, waiting %u %%",
			       !cell->session    ? "for no session"
			       : peer && peer[0] ? peer
						 : "a session",
			       begin, length,
			       (cell->run + (cell->session ? 0 : cell->server)) * 100 / LEVELS,
			       cell->wait * 100 / LEVELS);
}

static const char *fill_of(const struct view *view, uint64_t session)
{
	if (view->options->session && session == view->options->session)
		return FDAR_INK(DOT);
	return view->options->session ? FDAR_INK(WAIT_EDGE) : fdar_chart_hue(session);
}

static void draw_cell(const struct view *view, double top, const struct cell *cell, guint from,
		      guint until)
{
	double column_ns = (double)view->activity->slot_ns * view->merge;
	double x = x_of(view, from * column_ns);
	double w = MAX(x_of(view, MIN(until * column_ns, view->length_ns)) - x, 0.5);
	double unit = BAR / LEVELS, foot = top + BAR;
	const char *fill = cell->session ? fill_of(view, cell->session) : FDAR_INK(HEAD_EDGE);
	g_autofree char *words = bar_words(view, cell, from, until);

	if (cell->run)
		fdar_chart_rect(view->chart, x, foot - cell->run * unit, w, cell->run * unit, fill,
				words);
	/* Waiting is a line where it ends and nothing below it: told apart without colour, too. */
	if (cell->wait) {
		double y = foot - (cell->run + cell->wait) * unit;

		fdar_chart_rect(view->chart, x, y, w, MIN(2, cell->wait * unit), fill, words);
	}
	if (cell->server && !cell->run)
		fdar_chart_rect(view->chart, x, foot - 1.5, w, 1.5, FDAR_INK(HEAD_EDGE), words);
}

static char *name_of(const struct fdar_activity_thread *thread)
{
	return thread->name && thread->name[0]
		       ? g_strdup_printf("%s · %u", thread->name, thread->tid)
		       : g_strdup_printf("thread %u", thread->tid);
}

static void draw_row(const struct view *view, guint row)
{
	const struct fdar_activity_thread *thread =
		thread_at(view, g_array_index(view->rows, guint, row));
	double top = HEAD + row * ROW;
	g_autofree char *name = name_of(thread);
	struct cell last = { 0 };
	guint from = 0;

	if (row % 2 == 0)
		fdar_chart_rect(view->chart, LEFT, top, view->width - LEFT - RIGHT, ROW,
				FDAR_INK(BAND), NULL);
	fdar_chart_text(view->chart, LEFT - 10, top + 17, 2, FDAR_FONT_SANS, TEXT, FDAR_COLOR_INK,
			LEFT - 16, name);
	for (guint c = 0; c <= view->columns; c++) {
		struct cell cell = { 0 };

		if (c < view->columns)
			cell = cell_of(view, thread, c);
		if (is_same(&cell, &last))
			continue;
		if (!is_empty(&last))
			draw_cell(view, top + 3, &last, from, c);
		last = cell;
		from = c;
	}
}

/* The row of a thread, G_MAXUINT: not shown. */
static guint row_of(const struct view *view, uint32_t thread)
{
	for (guint r = 0; r < view->rows->len; r++)
		if (g_array_index(view->rows, guint, r) == thread)
			return r;
	return G_MAXUINT;
}

static uint64_t waited(const struct fdar_activity_handoff *handoff)
{
	return handoff->take_ns - MIN(handoff->put_ns, handoff->take_ns);
}

static int by_wait(gconstpointer a, gconstpointer b)
{
	const struct fdar_activity_handoff *x = *(const struct fdar_activity_handoff *const *)a;
	const struct fdar_activity_handoff *y = *(const struct fdar_activity_handoff *const *)b;

	if (waited(x) != waited(y))
		return waited(x) > waited(y) ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void draw_handoff(const struct view *view, const struct fdar_activity_handoff *handoff)
{
	const struct fdar_activity *a = view->activity;
	const struct fdar_activity_edge *edge =
		&g_array_index(a->edges, struct fdar_activity_edge, handoff->edge);
	guint from = row_of(view, handoff->from), to = row_of(view, handoff->to);
	double put = (double)(handoff->put_ns - MIN(handoff->put_ns, a->begin_ns));
	double take = (double)(handoff->take_ns - MIN(handoff->take_ns, a->begin_ns));
	g_autofree char *wait = fdar_label_duration(waited(handoff));
	const char *peer = fdar_activity_peer(a, handoff->session);
	g_autofree char *words =
		g_strdup_printf("%s%s%s · %s in the queue%s",
				edge->queue[0] ? edge->queue : "hand-off", peer ? " · " : "",
				peer ? peer : "", wait,
				handoff->to == UINT32_MAX ? ", and nobody took it" : "");
	double y = HEAD + from * ROW + ROW / 2;

	if (from == G_MAXUINT || (to == G_MAXUINT && handoff->to != UINT32_MAX))
		return;
	fdar_chart_disc(view->chart, x_of(view, put), y, 2.5, FDAR_INK(HANDOFF), words);
	fdar_chart_arrow(view->chart, x_of(view, put), y, x_of(view, take) + 4,
			 to == G_MAXUINT ? y : HEAD + to * ROW + ROW / 2, FDAR_INK(HANDOFF), 1.2,
			 to == G_MAXUINT, words);
}

static void draw_handoffs(const struct view *view)
{
	g_autoptr(GPtrArray) order = g_ptr_array_new();

	for (guint i = 0; i < view->activity->handoffs->len; i++)
		g_ptr_array_add(order, &g_array_index(view->activity->handoffs,
						      struct fdar_activity_handoff, i));
	g_ptr_array_sort(order, by_wait);
	for (guint i = 0; i < order->len && i < FDAR_TIMELINE_ARROWS; i++)
		draw_handoff(view, order->pdata[i]);
}

static double legend_entry(const struct view *view, double x, const char *text)
{
	fdar_chart_text(view->chart, x, 50, 0, FDAR_FONT_SANS, TEXT, FDAR_COLOR_MUTED, 0, text);
	return x + fdar_label_width(text, FDAR_FONT_SANS, TEXT) + 18;
}

static void draw_legend(const struct view *view)
{
	const char *hue = view->options->session ? FDAR_INK(WAIT_EDGE) : fdar_chart_hue(0);
	double x = LEFT;

	fdar_chart_rect(view->chart, x, 40, 14, 12, hue, NULL);
	x = legend_entry(view, x + 19, "runs for a session; as high as the part of the time");
	fdar_chart_rect(view->chart, x, 40, 14, 2, hue, NULL);
	x = legend_entry(view, x + 19, "and waits for it");
	fdar_chart_rect(view->chart, x, 50, 14, 1.5, FDAR_INK(HEAD_EDGE), NULL);
	x = legend_entry(view, x + 19, "runs for none");
	if (view->activity->handoffs->len) {
		fdar_chart_disc(view->chart, x + 2, 46, 2.5, FDAR_INK(HANDOFF), NULL);
		fdar_chart_arrow(view->chart, x + 2, 46, x + 24, 46, FDAR_INK(HANDOFF), 1.2, FALSE,
				 NULL);
		x = legend_entry(view, x + 30, "hand-off, from put to take");
	}
	if (view->options->session) {
		fdar_chart_rect(view->chart, x, 40, 14, 12, FDAR_INK(DOT), NULL);
		legend_entry(view, x + 19, "the session that is drawn");
	}
}

static char *describe(const struct view *view)
{
	const struct fdar_activity *a = view->activity;
	g_autofree char *length = fdar_label_duration((uint64_t)view->length_ns);
	g_autofree char *threads = fdar_plural(a->threads->len, "thread", NULL);
	g_autofree char *sessions = fdar_plural(a->session_count, "session", NULL);
	g_autofree char *handoffs = fdar_plural(a->handoff_count, "hand-off", NULL);
	GString *text = g_string_new(NULL);

	g_string_printf(text, "%s, %s, %s in %s", threads, sessions, handoffs, length);
	if (view->idle) {
		g_autofree char *idle = fdar_plural(view->idle, "thread", NULL);

		g_string_append_printf(text, "; %s did next to nothing and %s left out", idle,
				       view->idle == 1 ? "is" : "are");
	}
	if (view->rows->len + view->idle < a->threads->len)
		g_string_append_printf(text, "; the busiest %u threads", view->rows->len);
	if (a->handoffs->len > FDAR_TIMELINE_ARROWS || a->handoff_count > a->handoffs->len)
		g_string_append_printf(text, "; arrows are the %u hand-offs that took longest",
				       FDAR_TIMELINE_ARROWS);
	return g_string_free(text, FALSE);
}

GString *fdar_timeline_svg(const struct fdar_activity *activity,
			   const struct fdar_timeline_options *options)
{
	struct view view = { .activity = activity,
			     .options = options,
			     .width = options->width > 0 ? options->width : WIDTH,
			     .length_ns = (double)MAX(activity->end_ns - activity->begin_ns, 1) };
	g_autofree char *words = NULL;
	double height;

	view.chart = fdar_chart_new(options->id ? options->id : "timeline");
	choose_rows(&view);
	choose_columns(&view);
	drop_blank(&view);
	words = describe(&view);
	fdar_chart_heading(view.chart, 12, view.width - 24, options->title);
	draw_legend(&view);
	for (guint r = 0; r < view.rows->len; r++)
		draw_row(&view, r);
	draw_axis(&view);
	draw_handoffs(&view);
	fdar_chart_text(view.chart, LEFT, HEAD + view.rows->len * ROW + 34, 0, FDAR_FONT_SANS, TEXT,
			FDAR_COLOR_MUTED, view.width - LEFT - RIGHT, words);
	height = HEAD + view.rows->len * ROW + FOOT;
	g_array_unref(view.rows);
	return fdar_chart_finish(view.chart, view.width, height,
				 options->title ? options->title : "Which thread did what when",
				 words);
}
