#include "analyze/story/story_tree.h"

#include <string.h>

/* Whether the last length nodes are alike those before them. */
static gboolean repeats(const struct story_list *list, uint32_t length)
{
	const struct story_node *const *tail;
	const struct story_node *const *before;

	if (list->length < 2 * length)
		return FALSE;
	tail = (const struct story_node *const *)&list->items[list->length - length];
	before = tail - length;
	for (uint32_t i = length; i-- > 0;) /* from the end: most often that decides */
		if (!story_node_alike(tail[i], before[i]))
			return FALSE;
	return TRUE;
}

/* Whether the last nodes are one more iteration of the LOOP before them. */
static gboolean continues(const struct story_list *list, uint32_t length)
{
	const struct story_node *loop;

	if (list->length <= length)
		return FALSE;
	loop = list->items[list->length - length - 1];
	if (loop->key.kind != FDAR_STORY_LOOP || loop->children.length != length)
		return FALSE;
	for (uint32_t i = 0; i < length; i++)
		if (!story_node_alike(loop->children.items[i],
				      list->items[list->length - length + i]))
			return FALSE;
	return TRUE;
}

static void sum_up(struct story_node *loop, const struct story_node *call)
{
	loop->start_ns = MIN(loop->start_ns, call->start_ns);
	loop->end_ns = MAX(loop->end_ns, call->end_ns);
	loop->total_ns += call->total_ns;
	loop->wait_ns += call->wait_ns;
	loop->unfinished += call->unfinished;
	loop->keep = loop->keep || call->keep;
	loop->height = MAX(loop->height, call->height + 1);
}

static void add_last_iteration(struct story_tree *tree, struct story_list *list, uint32_t length)
{
	struct story_node *loop = list->items[list->length - length - 1];

	for (uint32_t i = 0; i < length; i++) {
		struct story_node *call = list->items[list->length - length + i];

		sum_up(loop, call);
		story_node_merge(tree, loop->children.items[i], call);
	}
	loop->count++;
	list->length -= length;
}

/* The last two blocks of length become a LOOP of two iterations. */
static void make_loop(struct story_tree *tree, struct story_list *list, uint32_t length)
{
	struct story_key key = { .kind = FDAR_STORY_LOOP };
	struct story_node *loop = story_node_new(tree, &key);
	uint32_t first = list->length - 2 * length;

	loop->start_ns = UINT64_MAX;
	for (uint32_t i = 0; i < length; i++) {
		struct story_node *call = list->items[first + i];

		sum_up(loop, call);
		sum_up(loop, list->items[first + length + i]);
		story_node_merge(tree, call, list->items[first + length + i]);
		story_list_push(&loop->children, call);
	}
	loop->count = 2;
	list->items[first] = loop;
	list->length = first + 1;
}

static gboolean fold_once(struct story_tree *tree, struct story_list *list)
{
	if (repeats(list, 1)) {
		struct story_node *last = list->items[--list->length];

		story_node_merge(tree, list->items[list->length - 1], last);
		return TRUE;
	}
	for (uint32_t length = 1; length <= FDAR_STORY_BLOCK_MAX; length++) {
		if (continues(list, length)) {
			add_last_iteration(tree, list, length);
			return TRUE;
		}
	}
	for (uint32_t length = 2; length <= FDAR_STORY_BLOCK_MAX; length++) {
		if (repeats(list, length)) {
			make_loop(tree, list, length);
			return TRUE;
		}
	}
	return FALSE;
}

void story_list_append(struct story_tree *tree, struct story_list *list, struct story_node *node)
{
	if (tree->threshold_ns > 0 && node->total_ns < tree->threshold_ns && !node->keep &&
	    !node->unfinished &&
	    (list->length == 0 || !story_node_alike(list->items[list->length - 1], node))) {
		story_list_hide(tree, list, node);
		return;
	}
	story_list_push(list, node);
	while (fold_once(tree, list)) {
	}
}

/* How many nodes of list from at on are alike the first ones of a loop's body. */
static uint32_t begun_iteration(const struct story_node *loop, const struct story_list *list,
				uint32_t at)
{
	uint32_t begun = 0;

	while (begun < loop->children.length && at + begun < list->length &&
	       story_node_alike(loop->children.items[begun], list->items[at + begun]))
		begun++;
	return begun;
}

void story_list_finish(struct story_tree *tree, struct story_list *list)
{
	for (uint32_t i = 0; i < list->length; i++) {
		struct story_node *loop = list->items[i];
		uint32_t begun = 0;

		if (loop->key.kind == FDAR_STORY_LOOP)
			begun = begun_iteration(loop, list, i + 1);
		for (uint32_t j = 0; j < begun; j++) {
			struct story_node *call = list->items[i + 1 + j];

			sum_up(loop, call);
			story_node_merge(tree, loop->children.items[j], call);
		}
		if (begun > 0)
			story_list_remove(list, i + 1, begun);
	}
}

/* What is left of a LOOP's body after something was taken out of it. */
static void put_back(struct story_tree *tree, struct story_list *list, struct story_node *loop)
{
	if (loop->children.length > 1) {
		story_list_append(tree, list, loop);
		return;
	}
	if (loop->children.length == 1) {
		story_list_append(tree, list, loop->children.items[0]);
		loop->children.length = 0;
	}
	list->hidden_calls += loop->children.hidden_calls;
	list->hidden_ns += loop->children.hidden_ns;
	story_node_free(tree, loop);
}

static gboolean has_idle(const struct story_list *list)
{
	for (uint32_t i = 0; i < list->length; i++) {
		const struct story_node *node = list->items[i];

		if (node->key.kind == FDAR_STORY_IDLE ||
		    (node->key.kind == FDAR_STORY_LOOP && has_idle(&node->children)))
			return TRUE;
	}
	return FALSE;
}

void story_list_drop_idle(struct story_tree *tree, struct story_list *list)
{
	struct story_list old = *list;

	if (!has_idle(list))
		return;
	*list = (struct story_list){ .hidden_calls = old.hidden_calls, .hidden_ns = old.hidden_ns };
	for (uint32_t i = 0; i < old.length; i++) {
		struct story_node *node = old.items[i];

		if (node->key.kind == FDAR_STORY_IDLE) {
			story_node_free(tree, node);
		} else if (node->key.kind == FDAR_STORY_LOOP) {
			for (uint32_t j = 0; j < node->children.length; j++) {
				if (node->children.items[j]->key.kind == FDAR_STORY_IDLE) {
					node->total_ns -= node->children.items[j]->total_ns;
					node->wait_ns -= node->children.items[j]->wait_ns;
				}
			}
			story_list_drop_idle(tree, &node->children);
			put_back(tree, list, node);
		} else {
			story_list_append(tree, list, node);
		}
	}
	g_free(old.items);
}

/* A recursive call goes to the node if it is of its function, else further out. */
static void lift(struct story_tree *tree, struct story_node *node, struct story_node *call)
{
	if (story_key_equal(&node->key, &call->key)) {
		story_node_absorb(tree, node, call);
		return;
	}
	for (uint32_t i = 0; i < node->lifted.length; i++) {
		if (story_key_equal(&node->lifted.items[i]->key, &call->key)) {
			story_node_merge(tree, node->lifted.items[i], call);
			return;
		}
	}
	story_list_push(&node->lifted, call);
}

static void measure_height(struct story_node *node)
{
	node->height = 0;
	for (uint32_t i = 0; i < node->children.length; i++)
		node->height = MAX(node->height, node->children.items[i]->height + 1);
	for (uint32_t i = 0; i < node->lifted.length; i++)
		node->height = MAX(node->height, node->lifted.items[i]->height + 1);
}

static void take_lifted(struct story_node *call, struct story_list *recursive)
{
	if (call->lifted.length == 0 && call->lifted.hidden_calls == 0)
		return;
	for (uint32_t i = 0; i < call->lifted.length; i++)
		story_list_push(recursive, call->lifted.items[i]);
	call->children.hidden_calls += call->lifted.hidden_calls;
	call->children.hidden_ns += call->lifted.hidden_ns;
	story_list_clear(&call->lifted);
	measure_height(call);
}

/* Takes the recursive calls out of a list of children, loops included, and what these could not
 * absorb: so what is lifted never holds anything lifted itself. */
static void take_recursive(struct story_list *list, struct story_list *recursive)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < list->length; i++) {
		struct story_node *call = list->items[i];

		take_lifted(call, recursive);
		if (call->recursive && call->key.kind == FDAR_STORY_CALL) {
			story_list_push(recursive, call);
			continue;
		}
		if (call->key.kind == FDAR_STORY_LOOP)
			take_recursive(&call->children, recursive);
		list->items[kept++] = call;
	}
	list->length = kept;
}

/* Loops that lost part of their body. */
static void mend_loops(struct story_tree *tree, struct story_list *list)
{
	struct story_list old = *list;
	gboolean broken = FALSE;

	for (uint32_t i = 0; i < list->length; i++) {
		broken = broken || (list->items[i]->key.kind == FDAR_STORY_LOOP &&
				    list->items[i]->children.length < 2);
	}
	if (!broken)
		return;
	*list = (struct story_list){ .hidden_calls = old.hidden_calls, .hidden_ns = old.hidden_ns };
	for (uint32_t i = 0; i < old.length; i++) {
		if (old.items[i]->key.kind == FDAR_STORY_LOOP) {
			mend_loops(tree, &old.items[i]->children);
			put_back(tree, list, old.items[i]);
		} else {
			story_list_append(tree, list, old.items[i]);
		}
	}
	g_free(old.items);
}

static void hide_all(struct story_tree *tree, struct story_list *list)
{
	for (uint32_t i = 0; i < list->length; i++) {
		struct story_node *node = list->items[i];

		list->items[i] = NULL;
		story_list_hide(tree, list, node);
	}
	list->length = 0;
}

void story_node_settle(struct story_tree *tree, struct story_node *node)
{
	struct story_list recursive = { 0 };

	story_list_finish(tree, &node->children);
	take_recursive(&node->children, &recursive);
	if (recursive.length > 0) {
		mend_loops(tree, &node->children);
		for (uint32_t i = 0; i < recursive.length; i++)
			lift(tree, node, recursive.items[i]);
		story_list_clear(&recursive);
	}
	for (uint32_t i = 0; i < node->children.length; i++)
		node->keep = node->keep || node->children.items[i]->keep;
	measure_height(node);
	if (node->height > FDAR_STORY_HEIGHT_MAX) {
		hide_all(tree, &node->children);
		hide_all(tree, &node->lifted);
		node->height = 0;
	}
}

static void prune(struct story_tree *tree, struct story_list *list, gboolean keep)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < list->length; i++) {
		struct story_node *node = list->items[i];

		if (node->total_ns < tree->threshold_ns &&
		    !(keep && (node->keep || node->unfinished))) {
			story_list_hide(tree, list, node);
			continue;
		}
		prune(tree, &node->children, keep);
		prune(tree, &node->lifted, keep);
		list->items[kept++] = node;
	}
	list->length = kept;
}

static void collect_totals(const struct story_list *list, GArray *totals)
{
	for (uint32_t i = 0; i < list->length; i++) {
		const struct story_node *node = list->items[i];

		g_array_append_val(totals, node->total_ns);
		collect_totals(&node->children, totals);
		collect_totals(&node->lifted, totals);
	}
}

static int by_value(gconstpointer a, gconstpointer b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void story_tree_limit(struct story_tree *tree, struct story_list *const *others, size_t count)
{
	uint32_t most = tree->nodes_max ? tree->nodes_max : FDAR_STORY_NODES_MAX;
	g_autoptr(GArray) totals = NULL;

	if (!story_tree_is_full(tree))
		return;
	totals = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	collect_totals(&tree->roots, totals);
	for (size_t i = 0; i < count; i++)
		collect_totals(others[i], totals);
	g_array_sort(totals, by_value);
	/* All that are as short as the median go with it, so that something goes. */
	tree->threshold_ns =
		MAX(tree->threshold_ns, g_array_index(totals, uint64_t, totals->len / 2)) + 1;
	/* The way to the focus is kept, unless there is nothing else to be taken out. */
	for (int keep = 1; keep >= 0 && tree->nodes >= most / 4 * 3; keep--) {
		prune(tree, &tree->roots, keep);
		for (size_t i = 0; i < count; i++)
			prune(tree, others[i], keep);
	}
}
