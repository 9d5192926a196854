#include "analyze/story/story_choose.h"

#include <math.h>
#include <string.h>

#define NOTES_SHOWN    12u  /* on each side, the first ones */
#define HANDOFFS_KEPT  32u  /* shown whatever they took */
#define IDLE_SHARE     0.01 /* of a session's time: shorter gaps are hidden */
#define SELF_SEEN      1e-3 /* of a side's time: more than this and a wait for the client is no focus */
#define BRIEF_NOTES    1u /* of a story that is to be brief */
#define BRIEF_HANDOFFS 3u
#define BRIEF_CALLER   0.5 /* how much of the focus' weight the one that calls it has */

static void measure_sides(struct story_teller *t)
{
	for (unsigned s = 0; s < t->count; s++) {
		const struct story_list *roots = &t->trees[s]->tree.roots;

		for (uint32_t i = 0; i < roots->length; i++)
			if (roots->items[i]->key.kind != FDAR_STORY_IDLE)
				t->busy_ns[s] += (double)roots->items[i]->total_ns;
		t->busy_ns[s] = MAX(t->busy_ns[s], 1.0);
	}
}

/* What a row would add to its side's self time of functions: of a pair, what the subject has more.
 */
static double guilt_of(const struct story_teller *t, const struct story_plan_row *row)
{
	const struct story_node *last = row->node[t->count - 1];
	double self = last ? (double)last->self_ns : 0;

	if (t->count > 1 && row->node[0])
		self -= (double)row->node[0]->self_ns;
	return self;
}

/* A wait's time is the time of the function that waits. */
static uint32_t waiter_of(const struct story_teller *t, uint32_t index)
{
	const struct story_plan_row *row = story_row(t, index);
	unsigned side = t->count - 1;
	uint32_t parent = row->parent[side];

	if (row->node[side]->key.kind != FDAR_STORY_WAIT)
		return index;
	while (parent != FDAR_STORY_NONE &&
	       story_row(t, parent)->node[side]->key.kind == FDAR_STORY_LOOP)
		parent = story_row(t, parent)->parent[side];
	return parent == FDAR_STORY_NONE ? index : parent;
}

/* client: of waits for bytes of the client; else of all others. */
static const struct story_node *costliest_of(const struct story_teller *t, gboolean client,
					     double least)
{
	const struct story_node *best = NULL;
	double most = least;

	for (uint32_t i = 0; i < t->rows->len; i++) {
		const struct story_plan_row *row = story_row(t, i);
		const struct story_node *node = row->node[t->count - 1];
		double guilt = guilt_of(t, row);

		if (node && guilt > most && !node->client == !client &&
		    (node->key.kind == FDAR_STORY_CALL || node->key.kind == FDAR_STORY_WAIT)) {
			most = guilt;
			best = story_row(t, waiter_of(t, i))->node[t->count - 1];
		}
	}
	return best;
}

/* A client that is slow to ask makes every server wait: that is in focus only where nothing else is. */
static const struct story_node *costliest(const struct story_teller *t)
{
	const struct story_node *best =
		costliest_of(t, FALSE, SELF_SEEN * t->busy_ns[t->count - 1]);

	best = best ? best : costliest_of(t, TRUE, 0);
	return best ? best : costliest_of(t, FALSE, 0);
}

static const char *find_focus(const struct story_teller *t)
{
	for (uint32_t i = 0; i < t->rows->len; i++) {
		for (unsigned s = t->count; s-- > 0;) {
			const struct story_node *node = story_row(t, i)->node[s];

			if (node && node->is_focus)
				return node->name;
		}
	}
	return NULL;
}

/* Without a focus the costliest function becomes it, wherever it is called. */
static const char *choose_focus(struct story_teller *t)
{
	const char *focus = find_focus(t);
	const struct story_node *best = focus ? NULL : costliest(t);

	if (!best)
		return focus;
	for (uint32_t i = 0; i < t->rows->len; i++) {
		for (unsigned s = 0; s < t->count; s++) {
			struct story_node *node = story_row(t, i)->node[s];

			if (node && node->key.kind == best->key.kind &&
			    strcmp(node->name, best->name) == 0 &&
			    strcmp(node->component, best->component) == 0)
				node->is_focus = node->keep = TRUE;
		}
	}
	return best->name;
}

static double weigh(const struct story_teller *t, const struct story_node *node, unsigned side,
		    uint32_t *handoffs)
{
	double share = (double)node->total_ns / t->busy_ns[side];

	if (t->options->brief ? node->is_focus : node->keep || node->unfinished)
		return INFINITY;
	if (node->key.kind == FDAR_STORY_HANDOFF &&
	    (*handoffs)++ < (t->options->brief ? BRIEF_HANDOFFS : HANDOFFS_KEPT))
		return INFINITY;
	if (node->key.kind == FDAR_STORY_NOTE)
		return -1; /* show_notes() sees to them */
	if (node->key.kind == FDAR_STORY_LOOP)
		return -1; /* as much as what is in it */
	if (node->key.kind == FDAR_STORY_IDLE) {
		double whole = (double)(t->trees[side]->end_ns - t->trees[side]->begin_ns);

		share = (double)node->total_ns / MAX(whole, 1.0);
		return share < IDLE_SHARE ? -1 : share;
	}
	return share;
}

static gboolean is_too_small(const struct story_teller *t, const struct story_plan_row *row)
{
	gboolean small = TRUE;

	for (unsigned s = 0; s < t->count; s++) {
		const struct story_node *node = row->node[s];

		small = small && (!node || node->total_ns < t->options->hide_below_ns ||
				  (double)node->total_ns < t->options->min_share * t->busy_ns[s]);
	}
	return small;
}

static gboolean is_too_deep(const struct story_teller *t, const struct story_plan_row *row)
{
	for (unsigned s = 0; s < t->count; s++)
		if (row->node[s] && row->depth[s] < t->options->max_depth)
			return FALSE;
	return t->options->max_depth > 0;
}

/* Both places of what was moved are shown, or none. */
static void tie_moved(struct story_teller *t)
{
	for (uint32_t i = 0; i < t->rows->len; i++) {
		struct story_plan_row *row = story_row(t, i);

		if (row->beside == FDAR_STORY_MOVED)
			row->weight = MAX(row->weight, story_row(t, row->moved)->weight);
	}
}

static void lift_weights(struct story_teller *t)
{
	for (uint32_t i = t->rows->len; i-- > 0;) {
		const struct story_plan_row *row = story_row(t, i);

		for (unsigned s = 0; s < t->count; s++) {
			if (row->parent[s] != FDAR_STORY_NONE) {
				struct story_plan_row *parent = story_row(t, row->parent[s]);

				parent->weight = MAX(parent->weight, row->weight);
			}
		}
	}
}

/* Of a chain of callers each of which does little but call the next, the outermost is told, and the one
 * that calls the focus: a caller weighs what it is more than the largest that it calls. */
static void weigh_briefly(struct story_teller *t)
{
	g_autofree double *below = g_new0(double, t->rows->len + 1);
	g_autofree gboolean *calls_focus = g_new0(gboolean, t->rows->len + 1);

	for (uint32_t i = t->rows->len; i-- > 0;) {
		struct story_plan_row *row = story_row(t, i);
		double whole = row->weight;

		for (unsigned s = 0; s < t->count; s++) {
			uint32_t parent = row->parent[s];

			if (parent == FDAR_STORY_NONE)
				continue;
			below[parent] = MAX(below[parent], isinf(whole) ? 1 : whole);
			calls_focus[parent] |= row->node[s]->is_focus;
		}
		if (isinf(whole) || whole < 0)
			continue;
		if (row->parent[0] != FDAR_STORY_NONE || row->parent[1] != FDAR_STORY_NONE)
			row->weight = MAX(whole - below[i], 0);
		if (calls_focus[i])
			row->weight = MAX(row->weight, BRIEF_CALLER);
	}
}

/* A row weighs what its node is a share of its session's time, on the side where that is more; what
 * must not be hidden weighs everything; and a caller at least as much as what it calls. */
static void weigh_rows(struct story_teller *t)
{
	uint32_t handoffs = 0;

	for (uint32_t i = 0; i < t->rows->len; i++) {
		struct story_plan_row *row = story_row(t, i);

		row->weight = -1;
		for (unsigned s = 0; s < t->count; s++) {
			if (row->node[s]) {
				row->weight =
					MAX(row->weight, weigh(t, row->node[s], s, &handoffs));
			}
		}
		if (!isinf(row->weight) && (is_too_small(t, row) || is_too_deep(t, row)))
			row->weight = -1;
	}
	tie_moved(t);
	if (t->options->brief)
		weigh_briefly(t);
	else
		lift_weights(t);
}

static int by_weight(gconstpointer a, gconstpointer b)
{
	const struct story_plan_row *x = *(const struct story_plan_row *const *)a;
	const struct story_plan_row *y = *(const struct story_plan_row *const *)b;

	if (x->weight > y->weight || x->weight < y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x < y ? -1 : x > y; /* a caller stands before what it calls */
}

static void choose_rows(struct story_teller *t)
{
	uint32_t max = t->options->max_steps ? t->options->max_steps : FDAR_STORY_STEPS;
	g_autoptr(GPtrArray) order = g_ptr_array_sized_new(t->rows->len);

	for (uint32_t i = 0; i < t->rows->len; i++)
		g_ptr_array_add(order, story_row(t, i));
	g_ptr_array_sort(order, by_weight);
	for (guint i = 0; i < order->len; i++) {
		struct story_plan_row *row = order->pdata[i];

		row->shown = row->weight >= 0 && (i < max || isinf(row->weight));
	}
}

/* What a note is repeated with begins before it, and other threads work meanwhile: without its frame
 * the note would stand above what came before it. */
static void show_loops_around(struct story_teller *t, const struct story_plan_row *row,
			      unsigned side)
{
	uint32_t parent = row->parent[side];

	while (parent != FDAR_STORY_NONE && !story_row(t, parent)->shown) {
		struct story_plan_row *outer = story_row(t, parent);

		outer->shown = outer->node[side]->key.kind == FDAR_STORY_LOOP;
		parent = outer->parent[side];
	}
}

/* The first notes are shown whatever they stand in: they say what the session was about. */
static void show_notes(struct story_teller *t)
{
	uint32_t shown[2] = { 0, 0 };
	uint32_t most = t->options->brief ? BRIEF_NOTES : NOTES_SHOWN;

	for (uint32_t i = 0; i < t->rows->len; i++) {
		struct story_plan_row *row = story_row(t, i);

		for (unsigned s = 0; s < t->count; s++) {
			if (row->node[s] && row->node[s]->key.kind == FDAR_STORY_NOTE &&
			    shown[s]++ < most) {
				row->shown = TRUE;
				show_loops_around(t, row, s);
			}
		}
	}
}

/* A loop without any of its body says nothing. */
static void drop_empty_loops(struct story_teller *t)
{
	g_autofree gboolean *filled = g_new0(gboolean, t->rows->len + 1);

	for (uint32_t i = t->rows->len; i-- > 0;) {
		struct story_plan_row *row = story_row(t, i);

		for (unsigned s = 0; s < t->count; s++) {
			gboolean loop = row->node[s] && row->node[s]->key.kind == FDAR_STORY_LOOP;

			row->shown = row->shown && (!loop || filled[i]);
			if (row->shown && row->parent[s] != FDAR_STORY_NONE)
				filled[row->parent[s]] = TRUE;
		}
	}
}

const char *story_choose(struct story_teller *t)
{
	const char *focus;

	measure_sides(t);
	focus = choose_focus(t);
	weigh_rows(t);
	choose_rows(t);
	drop_empty_loops(t);
	show_notes(t);
	return focus;
}
