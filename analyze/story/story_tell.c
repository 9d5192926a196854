#include "analyze/story/story_tell.h"

#include <math.h>
#include <string.h>

#include "analyze/story/story_choose.h"
#include "analyze/story/story_lanes.h"

/* The nearest row further out that is shown; elided: callers that it was called through. */
static uint32_t shown_parent(const struct story_teller *t, uint32_t row, unsigned side,
			     uint32_t *elided)
{
	uint32_t parent = story_row(t, row)->parent[side];

	*elided = 0;
	while (parent != FDAR_STORY_NONE && !story_row(t, parent)->shown) {
		*elided += story_row(t, parent)->node[side]->key.kind != FDAR_STORY_LOOP;
		parent = story_row(t, parent)->parent[side];
	}
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
		.moved = FDAR_STORY_NONE,
		.lane = FDAR_STORY_NONE,
		.lane_to = FDAR_STORY_NONE,
	};
	if (node->key.kind == FDAR_STORY_LOOP)
		step->min_ns = step->median_ns = step->max_ns = step->duration_ns / node->count;
	hide(story, step, node->children.hidden_calls, node->children.hidden_ns);
}

/* The steps of one side, of the rows that are shown; the others are hidden in the next one out. */
static void add_steps(const struct story_teller *t, struct fdar_story *story, unsigned side,
		      uint32_t *step_of_row)
{
	story->steps = g_new0(struct fdar_story_step, t->rows->len + 1);
	for (uint32_t i = 0; i < t->rows->len; i++) {
		const struct story_node *node = story_row(t, i)->node[side];
		uint32_t parent, elided;
		struct fdar_story_step *above;

		if (!node)
			continue;
		parent = shown_parent(t, i, side, &elided);
		parent = parent == FDAR_STORY_NONE ? FDAR_STORY_NONE : step_of_row[parent];
		above = parent == FDAR_STORY_NONE ? NULL : &story->steps[parent];
		if (story_row(t, i)->shown) {
			struct fdar_story_step *step = &story->steps[story->step_count];

			fill_step(story, t->trees[side], node, step);
			step->parent = parent;
			step->depth = above ? above->depth + 1 : 0;
			step->elided = elided;
			step->beside = story_row(t, i)->beside;
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

static struct fdar_story *tell_side(const struct story_teller *t, unsigned side,
				    uint32_t *step_of_row)
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
static GPtrArray *nodes_shown(const struct story_teller *t, unsigned side)
{
	GPtrArray *nodes = g_ptr_array_new();

	for (uint32_t i = 0; i < t->rows->len; i++)
		if (story_row(t, i)->shown && story_row(t, i)->node[side])
			g_ptr_array_add(nodes, story_row(t, i)->node[side]);
	return nodes;
}

/* Rows stand in the order of their times, but for what was folded, and what threads did at the same time. A hand-off's
 * time is when it was put, which may be long before. */
static void find_back(struct fdar_story *story)
{
	uint64_t last_ns = 0;

	for (uint32_t i = 0; i < story->step_count; i++) {
		struct fdar_story_step *step = &story->steps[i];

		step->back = step->start_ns < last_ns;
		if (step->kind != FDAR_STORY_HANDOFF)
			last_ns = MAX(last_ns, step->start_ns);
	}
}

/* Both sides have their components in the same order. */
static void add_lanes(const struct story_teller *t, struct fdar_story_set *set)
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
		find_back(set->stories[s]);
		g_ptr_array_unref(nodes[s]);
	}
	story_order_clear(&order);
}

/* What was moved points to where it is on the other side. */
static void tell_moved(const struct story_teller *t, struct fdar_story_set *set,
		       uint32_t *const steps[2])
{
	for (uint32_t i = 0; i < t->rows->len; i++) {
		const struct story_plan_row *row = story_row(t, i);
		unsigned side = row->node[0] ? 0 : 1;

		if (row->beside == FDAR_STORY_MOVED && row->shown &&
		    story_row(t, row->moved)->shown)
			set->stories[side]->steps[steps[side][i]].moved = steps[!side][row->moved];
	}
}

static void tell_rows(const struct story_teller *t, struct fdar_story_set *set,
		      uint32_t *const steps[2])
{
	set->rows = g_new(struct fdar_story_row, t->rows->len + 1);
	for (uint32_t i = 0; i < t->rows->len; i++) {
		const struct story_plan_row *row = story_row(t, i);

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
	struct story_teller t = { .trees = trees, .count = count, .options = options };
	struct fdar_story_set *set = g_new0(struct fdar_story_set, 1);
	uint32_t *steps[2] = { NULL, NULL };
	const char *focus;

	t.rows = story_align(trees, count);
	focus = story_choose(&t);
	set->count = count;
	for (unsigned s = 0; s < count; s++) {
		steps[s] = g_new0(uint32_t, t.rows->len + 1);
		set->stories[s] = tell_side(&t, s, steps[s]);
	}
	add_lanes(&t, set);
	set->focus = focus ? keep_text(set->stories[count - 1], focus) : NULL;
	tell_rows(&t, set, steps);
	tell_moved(&t, set, steps);
	if (count > 1) {
		const char *const programs[2] = { trees[0]->program, trees[1]->program };

		story_same_threads(set->stories, programs, set->rows, set->row_count);
	}
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
