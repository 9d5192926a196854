#include "analyze/story/story_tell.h"

#include <math.h>
#include <string.h>

#include "analyze/story/story_align.h"
#include "analyze/story/story_lanes.h"

#define NOTES_SHOWN   12u  /* on each side, the first ones */
#define HANDOFFS_KEPT 32u  /* shown whatever they took */
#define IDLE_SHARE    0.01 /* of a session's time: shorter gaps are hidden */

struct teller {
	GArray *rows; /* struct story_plan_row */
	struct fdar_story_tree *const *trees;
	unsigned count;
	const struct fdar_story_options *options;
	double busy_ns[2]; /* what all steps of a side are a share of */
};

static struct story_plan_row *row_at(const struct teller *t, uint32_t index)
{
	return &g_array_index(t->rows, struct story_plan_row, index);
}

static void measure_sides(struct teller *t)
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
static double guilt_of(const struct teller *t, const struct story_plan_row *row)
{
	const struct story_node *last = row->node[t->count - 1];
	double self = last ? (double)last->self_ns : 0;

	if (t->count > 1 && row->node[0])
		self -= (double)row->node[0]->self_ns;
	return self;
}

/* A wait's time is the time of the function that waits. */
static uint32_t waiter_of(const struct teller *t, uint32_t index)
{
	const struct story_plan_row *row = row_at(t, index);
	unsigned side = t->count - 1;
	uint32_t parent = row->parent[side];

	if (row->node[side]->key.kind != FDAR_STORY_WAIT)
		return index;
	while (parent != FDAR_STORY_NONE &&
	       row_at(t, parent)->node[side]->key.kind == FDAR_STORY_LOOP)
		parent = row_at(t, parent)->parent[side];
	return parent == FDAR_STORY_NONE ? index : parent;
}

static const struct story_node *costliest(const struct teller *t)
{
	const struct story_node *best = NULL;
	double most = 0;

	for (uint32_t i = 0; i < t->rows->len; i++) {
		const struct story_plan_row *row = row_at(t, i);
		const struct story_node *node = row->node[t->count - 1];
		double guilt = guilt_of(t, row);

		if (node && guilt > most &&
		    (node->key.kind == FDAR_STORY_CALL || node->key.kind == FDAR_STORY_WAIT)) {
			most = guilt;
			best = row_at(t, waiter_of(t, i))->node[t->count - 1];
		}
	}
	return best;
}

static const char *find_focus(const struct teller *t)
{
	for (uint32_t i = 0; i < t->rows->len; i++) {
		for (unsigned s = t->count; s-- > 0;) {
			const struct story_node *node = row_at(t, i)->node[s];

			if (node && node->is_focus)
				return node->name;
		}
	}
	return NULL;
}

/* Without a focus the costliest function becomes it, wherever it is called. */
static const char *choose_focus(struct teller *t)
{
	const char *focus = find_focus(t);
	const struct story_node *best = focus ? NULL : costliest(t);

	if (!best)
		return focus;
	for (uint32_t i = 0; i < t->rows->len; i++) {
		for (unsigned s = 0; s < t->count; s++) {
			struct story_node *node = row_at(t, i)->node[s];

			if (node && node->key.kind == best->key.kind &&
			    strcmp(node->name, best->name) == 0 &&
			    strcmp(node->component, best->component) == 0)
				node->is_focus = node->keep = TRUE;
		}
	}
	return best->name;
}

static double weigh(const struct teller *t, const struct story_node *node, unsigned side,
		    uint32_t *handoffs)
{
	double share = (double)node->total_ns / t->busy_ns[side];

	if (node->keep || node->unfinished)
		return INFINITY;
	if (node->key.kind == FDAR_STORY_HANDOFF && (*handoffs)++ < HANDOFFS_KEPT)
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

static gboolean is_too_small(const struct teller *t, const struct story_plan_row *row)
{
	gboolean small = TRUE;

	for (unsigned s = 0; s < t->count; s++) {
		const struct story_node *node = row->node[s];

		small = small && (!node || node->total_ns < t->options->hide_below_ns ||
				  (double)node->total_ns < t->options->min_share * t->busy_ns[s]);
	}
	return small;
}

static gboolean is_too_deep(const struct teller *t, const struct story_plan_row *row)
{
	for (unsigned s = 0; s < t->count; s++)
		if (row->node[s] && row->depth[s] < t->options->max_depth)
			return FALSE;
	return t->options->max_depth > 0;
}

/* A row weighs what its node is a share of its session's time, on the side where that is more; what
 * must not be hidden weighs everything; and a caller at least as much as what it calls. */
static void weigh_rows(struct teller *t)
{
	uint32_t handoffs = 0;

	for (uint32_t i = 0; i < t->rows->len; i++) {
		struct story_plan_row *row = row_at(t, i);

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
	for (uint32_t i = t->rows->len; i-- > 0;) {
		const struct story_plan_row *row = row_at(t, i);

		for (unsigned s = 0; s < t->count; s++) {
			if (row->parent[s] != FDAR_STORY_NONE) {
				struct story_plan_row *parent = row_at(t, row->parent[s]);

				parent->weight = MAX(parent->weight, row->weight);
			}
		}
	}
}

static int by_weight(gconstpointer a, gconstpointer b)
{
	const struct story_plan_row *x = *(const struct story_plan_row *const *)a;
	const struct story_plan_row *y = *(const struct story_plan_row *const *)b;

	if (x->weight > y->weight || x->weight < y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x < y ? -1 : x > y; /* a caller stands before what it calls */
}

static void choose_rows(struct teller *t)
{
	uint32_t max = t->options->max_steps ? t->options->max_steps : FDAR_STORY_STEPS;
	g_autoptr(GPtrArray) order = g_ptr_array_sized_new(t->rows->len);

	for (uint32_t i = 0; i < t->rows->len; i++)
		g_ptr_array_add(order, row_at(t, i));
	g_ptr_array_sort(order, by_weight);
	for (guint i = 0; i < order->len; i++) {
		struct story_plan_row *row = order->pdata[i];

		row->shown = row->weight >= 0 && (i < max || isinf(row->weight));
	}
}

/* The first notes are shown whatever they stand in: they say what the session was about. */
static void show_notes(struct teller *t)
{
	uint32_t shown[2] = { 0, 0 };

	for (uint32_t i = 0; i < t->rows->len; i++) {
		struct story_plan_row *row = row_at(t, i);

		for (unsigned s = 0; s < t->count; s++) {
			if (row->node[s] && row->node[s]->key.kind == FDAR_STORY_NOTE)
				row->shown = row->shown || shown[s]++ < NOTES_SHOWN;
		}
	}
}

/* A loop without any of its body says nothing. */
static void drop_empty_loops(struct teller *t)
{
	g_autofree gboolean *filled = g_new0(gboolean, t->rows->len + 1);

	for (uint32_t i = t->rows->len; i-- > 0;) {
		struct story_plan_row *row = row_at(t, i);

		for (unsigned s = 0; s < t->count; s++) {
			gboolean loop = row->node[s] && row->node[s]->key.kind == FDAR_STORY_LOOP;

			row->shown = row->shown && (!loop || filled[i]);
			if (row->shown && row->parent[s] != FDAR_STORY_NONE)
				filled[row->parent[s]] = TRUE;
		}
	}
}

/* The nearest row further out that is shown. */
static uint32_t shown_parent(const struct teller *t, uint32_t row, unsigned side)
{
	uint32_t parent = row_at(t, row)->parent[side];

	while (parent != FDAR_STORY_NONE && !row_at(t, parent)->shown)
		parent = row_at(t, parent)->parent[side];
	return parent;
}

static void hide(struct fdar_story *story, struct fdar_story_step *below, uint64_t calls,
		 uint64_t ns)
{
	story->hidden_calls += calls;
	story->hidden_ns += ns;
	if (below) {
		below->hidden_calls += calls;
		below->hidden_ns += ns;
	}
}

static const char *keep_text(struct fdar_story *story, const char *text)
{
	return g_string_chunk_insert_const(story->texts, text);
}

static uint64_t median_of(const struct story_node *node)
{
	if (!node->histogram)
		return node->total_ns;
	return (uint64_t)llround(
		fdar_histogram_quantile(node->histogram, 0.5, node->histogram->count));
}

static void fill_step(struct fdar_story *story, const struct fdar_story_tree *tree,
		      const struct story_node *node, struct fdar_story_step *step)
{
	*step = (struct fdar_story_step){
		.name = keep_text(story, node->name),
		.text = keep_text(story, node->text ? node->text : ""),
		.kind = node->key.kind,
		.start_ns = node->start_ns - MIN(tree->begin_ns, node->start_ns),
		.duration_ns = node->total_ns,
		.wait_ns = node->wait_ns,
		.self_ns = node->self_ns,
		.count = node->count,
		.min_ns = node->min_ns,
		.median_ns = median_of(node),
		.max_ns = node->max_ns,
		.recursive_calls = node->recursive_calls,
		.recursion_depth = node->recursion_depth,
		.unfinished = node->unfinished,
		.object = node->object,
		.focus = node->keep,
		.is_focus = node->is_focus,
		.lane = FDAR_STORY_NONE,
		.lane_to = FDAR_STORY_NONE,
	};
	if (node->key.kind == FDAR_STORY_LOOP)
		step->min_ns = step->median_ns = step->max_ns = step->duration_ns / node->count;
	hide(story, step, node->children.hidden_calls, node->children.hidden_ns);
}

/* The steps of one side, of the rows that are shown; the others are hidden in the next one out. */
static void add_steps(const struct teller *t, struct fdar_story *story, unsigned side,
		      uint32_t *step_of_row)
{
	story->steps = g_new0(struct fdar_story_step, t->rows->len + 1);
	for (uint32_t i = 0; i < t->rows->len; i++) {
		const struct story_node *node = row_at(t, i)->node[side];
		uint32_t parent;
		struct fdar_story_step *above;

		if (!node)
			continue;
		parent = shown_parent(t, i, side);
		parent = parent == FDAR_STORY_NONE ? FDAR_STORY_NONE : step_of_row[parent];
		above = parent == FDAR_STORY_NONE ? NULL : &story->steps[parent];
		if (row_at(t, i)->shown) {
			struct fdar_story_step *step = &story->steps[story->step_count];

			fill_step(story, t->trees[side], node, step);
			step->parent = parent;
			step->depth = above ? above->depth + 1 : 0;
			step_of_row[i] = story->step_count++;
		} else {
			gboolean call = node->key.kind == FDAR_STORY_CALL ||
					node->key.kind == FDAR_STORY_WAIT;

			hide(story, above, call ? node->count + node->recursive_calls : 0,
			     node->self_ns);
			hide(story, above, node->children.hidden_calls, node->children.hidden_ns);
		}
	}
}

static void close_steps(struct fdar_story *story)
{
	for (uint32_t i = story->step_count; i-- > 0;) {
		uint32_t parent = story->steps[i].parent;

		story->steps[i].end = MAX(story->steps[i].end, i + 1);
		if (parent != FDAR_STORY_NONE) {
			story->steps[parent].end =
				MAX(story->steps[parent].end, story->steps[i].end);
		}
	}
}

static struct fdar_story *tell_side(const struct teller *t, unsigned side, uint32_t *step_of_row)
{
	const struct fdar_story_tree *tree = t->trees[side];
	struct fdar_story *story = g_new0(struct fdar_story, 1);

	story->texts = g_string_chunk_new(4096);
	story->peer = keep_text(story, tree->peer);
	story->key = tree->key;
	story->pid = tree->pid;
	story->state = tree->state;
	story->begin_ns = tree->opened_ns;
	story->duration_ns = tree->end_ns - MIN(tree->opened_ns, tree->end_ns);
	story->calls = tree->calls;
	hide(story, NULL, tree->tree.roots.hidden_calls, tree->tree.roots.hidden_ns);
	add_steps(t, story, side, step_of_row);
	close_steps(story);
	return story;
}

/* The nodes of the shown rows of a side, by step: what lanes are made from. */
static GPtrArray *nodes_shown(const struct teller *t, unsigned side)
{
	GPtrArray *nodes = g_ptr_array_new();

	for (uint32_t i = 0; i < t->rows->len; i++)
		if (row_at(t, i)->shown && row_at(t, i)->node[side])
			g_ptr_array_add(nodes, row_at(t, i)->node[side]);
	return nodes;
}

/* Both sides have their components in the same order. */
static void add_lanes(const struct teller *t, struct fdar_story_set *set)
{
	GPtrArray *nodes[2] = { NULL, NULL };
	struct story_order order;

	story_order_init(&order);
	for (unsigned s = 0; s < t->count; s++) {
		nodes[s] = nodes_shown(t, s);
		story_order_add(&order, set->stories[s], nodes[s]);
	}
	story_order_settle(&order);
	for (unsigned s = 0; s < t->count; s++) {
		story_add_lanes(set->stories[s], t->trees[s], nodes[s], &order);
		g_ptr_array_unref(nodes[s]);
	}
	story_order_clear(&order);
}

static void tell_rows(const struct teller *t, struct fdar_story_set *set, uint32_t *const steps[2])
{
	set->rows = g_new(struct fdar_story_row, t->rows->len + 1);
	for (uint32_t i = 0; i < t->rows->len; i++) {
		const struct story_plan_row *row = row_at(t, i);

		if (row->shown) {
			struct fdar_story_row *told = &set->rows[set->row_count++];

			told->step[0] = row->node[0] ? steps[0][i] : FDAR_STORY_NONE;
			told->step[1] = row->node[1] ? steps[1][i] : FDAR_STORY_NONE;
		}
	}
}

struct fdar_story_set *fdar_story_tell(struct fdar_story_tree *const *trees, unsigned count,
				       const struct fdar_story_options *options)
{
	struct teller t = { .trees = trees, .count = count, .options = options };
	struct fdar_story_set *set = g_new0(struct fdar_story_set, 1);
	uint32_t *steps[2] = { NULL, NULL };
	const char *focus;

	t.rows = story_align(trees, count);
	measure_sides(&t);
	focus = choose_focus(&t);
	weigh_rows(&t);
	choose_rows(&t);
	drop_empty_loops(&t);
	show_notes(&t);
	set->count = count;
	for (unsigned s = 0; s < count; s++) {
		steps[s] = g_new0(uint32_t, t.rows->len + 1);
		set->stories[s] = tell_side(&t, s, steps[s]);
	}
	add_lanes(&t, set);
	set->focus = focus ? keep_text(set->stories[count - 1], focus) : NULL;
	tell_rows(&t, set, steps);
	g_free(steps[0]);
	g_free(steps[1]);
	g_array_unref(t.rows);
	return set;
}

void fdar_story_set_free(struct fdar_story_set *set)
{
	if (!set)
		return;
	for (unsigned s = 0; s < set->count; s++)
		fdar_story_free(set->stories[s]);
	g_free(set->rows);
	g_free(set);
}
