#include "analyze/story/story_pending.h"

#include "analyze/story/story_roots.h"

#define OUTERMOST (UINT64_C(1) << 63) /* no frame has such an id: | thread id */
#define WAITING   256u

struct calls {
	uint64_t id; /* of the caller */
	struct story_list list;
	uint64_t end_ns; /* of the last one */
};

struct story_pending {
	struct story_tree *tree;
	GHashTable *callers; /* of struct calls by id */
	uint32_t waiting
		[WAITING]; /* how many of them have an id with these last bits; most frames have none */
};

static void calls_free(gpointer data)
{
	struct calls *calls = data;

	story_list_clear(&calls->list);
	g_free(calls);
}

struct story_pending *story_pending_new(struct story_tree *tree)
{
	struct story_pending *pending = g_new0(struct story_pending, 1);

	pending->tree = tree;
	pending->callers = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, calls_free);
	return pending;
}

void story_pending_free(struct story_pending *pending)
{
	g_hash_table_unref(pending->callers);
	g_free(pending);
}

uint64_t story_pending_outermost(uint32_t tid)
{
	return OUTERMOST | tid;
}

uint64_t story_pending_caller(const struct fdar_walk_frame *frame)
{
	return frame->parent ? frame->parent : story_pending_outermost(frame->tid);
}

static struct calls *calls_of(struct story_pending *pending, uint64_t id)
{
	struct calls *calls = g_hash_table_lookup(pending->callers, &id);

	if (!calls) {
		calls = g_new0(struct calls, 1);
		calls->id = id;
		g_hash_table_insert(pending->callers, &calls->id, calls);
		pending->waiting[id % WAITING]++;
	}
	return calls;
}

/* What the frame called; the caller frees it. NULL: nothing. */
static struct calls *steal(struct story_pending *pending, const struct fdar_walk_frame *frame)
{
	struct calls *calls;

	if (!pending->waiting[frame->id % WAITING] ||
	    !(calls = g_hash_table_lookup(pending->callers, &frame->id)))
		return NULL;
	pending->waiting[frame->id % WAITING]--;
	g_hash_table_steal(pending->callers, &frame->id);
	return calls;
}

/* Nothing was called from the end of the last one to start_ns. */
static void add_gap(struct story_pending *pending, struct calls *calls, uint64_t start_ns)
{
	if (calls->end_ns > 0 && start_ns > calls->end_ns &&
	    start_ns - calls->end_ns >= STORY_IDLE_NS)
		story_list_append(pending->tree, &calls->list,
				  story_idle_new(pending->tree, calls->end_ns, start_ns));
}

void story_pending_add(struct story_pending *pending, uint64_t caller, struct story_node *node)
{
	struct calls *calls = calls_of(pending, caller);
	uint64_t end_ns = node->end_ns;

	if (node->key.kind == FDAR_STORY_NOTE) {
		story_list_append(pending->tree, &calls->list, node);
		return;
	}
	if (node->key.kind != FDAR_STORY_IDLE)
		add_gap(pending, calls, node->start_ns);
	story_list_append(pending->tree, &calls->list, node);
	calls->end_ns = MAX(calls->end_ns, end_ns);
}

void story_pending_move_out(struct story_pending *pending, const struct fdar_walk_frame *frame)
{
	struct calls *calls = steal(pending, frame), *out;

	if (!calls)
		return;
	out = calls_of(pending, story_pending_caller(frame));
	out->list.hidden_calls += calls->list.hidden_calls;
	out->list.hidden_ns += calls->list.hidden_ns;
	for (uint32_t i = 0; i < calls->list.length; i++)
		story_pending_add(pending, out->id, calls->list.items[i]);
	calls_free(calls);
}

void story_pending_hide(struct story_pending *pending, const struct fdar_walk_frame *frame)
{
	struct calls *calls = steal(pending, frame);
	struct calls *out = calls_of(pending, story_pending_caller(frame));

	add_gap(pending, out, frame->start_ns);
	if (calls) {
		/* Its own time is no gap. */
		story_list_drop_idle(pending->tree, &calls->list);
		for (uint32_t i = 0; i < calls->list.length; i++)
			story_list_append(pending->tree, &out->list, calls->list.items[i]);
		out->list.hidden_calls += calls->list.hidden_calls;
		out->list.hidden_ns += calls->list.hidden_ns;
		calls_free(calls);
	}
	out->list.hidden_calls += 1 + frame->skipped_calls;
	out->list.hidden_ns += frame->self_ns;
	out->end_ns = MAX(out->end_ns, frame->end_ns);
}

void story_pending_take(struct story_pending *pending, const struct fdar_walk_frame *frame,
			struct story_list *children)
{
	struct calls *calls = steal(pending, frame);

	if (!calls)
		return;
	story_list_drop_idle(pending->tree, &calls->list);
	*children = calls->list;
	calls->list = (struct story_list){ 0 };
	calls_free(calls);
}

void story_pending_lists(const struct story_pending *pending, GPtrArray *lists)
{
	GHashTableIter iter;
	gpointer calls;

	g_hash_table_iter_init(&iter, pending->callers);
	while (g_hash_table_iter_next(&iter, NULL, &calls))
		g_ptr_array_add(lists, &((struct calls *)calls)->list);
}

void story_pending_clear(struct story_pending *pending)
{
	g_hash_table_remove_all(pending->callers);
	for (unsigned i = 0; i < WAITING; i++)
		pending->waiting[i] = 0;
}
