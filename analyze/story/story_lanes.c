#include "analyze/story/story_lanes.h"

#include <string.h>

struct lane {
	const char *component;
	uint32_t pid;
	uint32_t tid;
	uint32_t thread; /* order of the thread */
	uint32_t place;  /* of the component within the thread's */
	uint32_t order;  /* of the lane within all of them as they came up */
};

static const struct story_thread *find_thread(const struct fdar_story_tree *tree, uint32_t pid,
					      uint32_t tid)
{
	for (guint i = 0; i < tree->threads->len; i++) {
		const struct story_thread *thread =
			&g_array_index(tree->threads, struct story_thread, i);

		if (thread->pid == pid && thread->tid == tid)
			return thread;
	}
	return NULL;
}

static uint32_t thread_order(const GArray *lanes, uint32_t pid, uint32_t tid)
{
	uint32_t next = 0;

	for (guint i = 0; i < lanes->len; i++) {
		const struct lane *lane = &g_array_index(lanes, struct lane, i);

		if (lane->pid == pid && lane->tid == tid)
			return lane->thread;
		next = MAX(next, lane->thread + 1);
	}
	return next;
}

/* The index (in order of appearance) of the lane; it is made when it is not there yet. */
static uint32_t use_lane(GArray *lanes, const struct story_key *key, uint32_t tid,
			 const char *component)
{
	struct lane lane = { .component = component, .pid = key->pid, .tid = tid };

	for (guint i = 0; i < lanes->len; i++) {
		struct lane *known = &g_array_index(lanes, struct lane, i);

		if (known->pid == key->pid && known->tid == tid &&
		    strcmp(known->component, component) == 0)
			return i;
	}
	lane.thread = thread_order(lanes, key->pid, tid);
	lane.order = lanes->len;
	g_array_append_val(lanes, lane);
	return lanes->len - 1;
}

/* Where a hand-off leaves or arrives: the lane that the thread's nearest call, in that direction,
 * is on. A thread without any is taken to run what the process' other threads do, or the program.
 */
static const char *component_near(const GPtrArray *nodes, guint from, gint step,
				  const struct story_thread *thread, const char *program)
{
	const char *others = NULL;

	for (gint i = (gint)from + step; i >= 0 && i < (gint)nodes->len; i += step) {
		const struct story_node *node = nodes->pdata[i];

		if (node->key.kind == FDAR_STORY_CALL && node->key.pid == thread->pid &&
		    node->key.tid == thread->tid)
			return node->component;
	}
	for (guint i = 0; i < nodes->len && !others; i++) {
		const struct story_node *node = nodes->pdata[i];

		if (node->key.kind == FDAR_STORY_CALL && node->key.pid == thread->pid)
			others = node->component;
	}
	return others ? others : program;
}

static void use_handoff_lanes(GArray *lanes, struct fdar_story_step *step, const GPtrArray *nodes,
			      guint index, const char *program)
{
	const struct story_key *key = &((const struct story_node *)nodes->pdata[index])->key;

	if (key->tid) {
		const struct story_thread giver = { .pid = key->pid, .tid = key->tid };

		step->lane = use_lane(lanes, key, key->tid,
				      component_near(nodes, index, -1, &giver, program));
	}
	if (key->to_tid) {
		const struct story_thread taker = { .pid = key->pid, .tid = key->to_tid };

		step->lane_to = use_lane(lanes, key, key->to_tid,
					 component_near(nodes, index, 1, &taker, program));
	}
}

static int by_place(gconstpointer a, gconstpointer b)
{
	const struct lane *x = a;
	const struct lane *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Threads of one name are told apart by their ids. */
static gboolean is_ambiguous(const GArray *lanes, const struct fdar_story_tree *tree,
			     const struct lane *lane, const char *name)
{
	for (guint i = 0; i < lanes->len; i++) {
		const struct lane *other = &g_array_index(lanes, struct lane, i);
		const struct story_thread *thread;

		if (other->pid == lane->pid && other->tid == lane->tid)
			continue;
		thread = find_thread(tree, other->pid, other->tid);
		if (thread && g_strcmp0(thread->name, name) == 0)
			return TRUE;
	}
	return FALSE;
}

static const char *thread_label(struct fdar_story *story, const struct fdar_story_tree *tree,
				const GArray *lanes, const struct lane *lane)
{
	const struct story_thread *thread = find_thread(tree, lane->pid, lane->tid);
	const char *name = thread && thread->name && thread->name[0] ? thread->name : NULL;
	g_autofree char *label = NULL;

	if (!name)
		label = g_strdup_printf("thread %u", lane->tid);
	else if (is_ambiguous(lanes, tree, lane, name))
		label = g_strdup_printf("%s · %u", name, lane->tid);
	else
		label = g_strdup(name);
	return g_string_chunk_insert_const(story->texts, label);
}

/* Puts the lanes in their final order and tells the steps. */
static void settle_lanes(struct fdar_story *story, const struct fdar_story_tree *tree,
			 GArray *lanes)
{
	g_autofree uint32_t *place = g_new(uint32_t, lanes->len + 1);

	g_array_sort(lanes, by_place);
	story->lane_count = lanes->len;
	story->lanes = g_new0(struct fdar_story_lane, lanes->len + 1);
	for (guint i = 0; i < lanes->len; i++) {
		const struct lane *lane = &g_array_index(lanes, struct lane, i);

		const char *name = thread_label(story, tree, lanes, lane);

		place[lane->order] = i;
		story->lanes[i] = (struct fdar_story_lane){
			.thread = name,
			.thread_own = name,
			.component = g_string_chunk_insert_const(story->texts, lane->component),
			.tid = lane->tid,
			.thread_index = lane->thread,
		};
	}
	for (uint32_t i = 0; i < story->step_count; i++) {
		struct fdar_story_step *step = &story->steps[i];

		step->lane = step->lane == FDAR_STORY_NONE ? step->lane : place[step->lane];
		step->lane_to =
			step->lane_to == FDAR_STORY_NONE ? step->lane_to : place[step->lane_to];
	}
}

void story_add_lanes(struct fdar_story *story, const struct fdar_story_tree *tree,
		     const GPtrArray *nodes, const struct story_order *order)
{
	g_autoptr(GArray) lanes = g_array_new(FALSE, TRUE, sizeof(struct lane));

	for (guint i = 0; i < nodes->len; i++) {
		const struct story_node *node = nodes->pdata[i];

		if (node->key.kind == FDAR_STORY_CALL || node->key.kind == FDAR_STORY_WAIT) {
			story->steps[i].lane =
				use_lane(lanes, &node->key, node->key.tid, node->component);
		} else if (node->key.kind == FDAR_STORY_HANDOFF) {
			use_handoff_lanes(lanes, &story->steps[i], nodes, i, tree->program);
		}
	}
	for (guint i = 0; i < lanes->len; i++) {
		struct lane *lane = &g_array_index(lanes, struct lane, i);

		lane->place = story_order_find(order, lane->component);
	}
	settle_lanes(story, tree, lanes);
}
