#include "analyze/story/story_tree.h"

#include <string.h>

#define LOOK_AHEAD 64u /* how far a call is looked for in the list that it is merged into */

gboolean story_key_equal(const struct story_key *a, const struct story_key *b)
{
	return a->value == b->value && a->pid == b->pid && a->tid == b->tid &&
	       a->to_tid == b->to_tid && a->kind == b->kind && a->frame_kind == b->frame_kind;
}

gboolean story_node_alike(const struct story_node *a, const struct story_node *b)
{
	if (!story_key_equal(&a->key, &b->key) || !a->unfinished != !b->unfinished)
		return FALSE;
	if (a->key.kind != FDAR_STORY_LOOP)
		return TRUE;
	if (a->children.length != b->children.length)
		return FALSE;
	for (uint32_t i = 0; i < a->children.length; i++)
		if (!story_node_alike(a->children.items[i], b->children.items[i]))
			return FALSE;
	return TRUE;
}

struct story_node *story_node_new(struct story_tree *tree, const struct story_key *key)
{
	struct story_node *node = g_new0(struct story_node, 1);

	node->key = *key;
	node->count = 1;
	tree->nodes++;
	return node;
}

static void free_list(struct story_tree *tree, struct story_list *list)
{
	for (uint32_t i = 0; i < list->length; i++)
		story_node_free(tree, list->items[i]);
	story_list_clear(list);
}

void story_node_free(struct story_tree *tree, struct story_node *node)
{
	free_list(tree, &node->children);
	free_list(tree, &node->lifted);
	if (node->histogram) {
		fdar_histogram_clear(node->histogram);
		g_free(node->histogram);
	}
	g_free(node->text);
	g_free(node);
	tree->nodes--;
}

/* A single call is its own histogram: most nodes never need one. */
static void add_durations(struct story_node *node, const struct story_node *from)
{
	if (!node->histogram) {
		node->histogram = g_new0(struct fdar_histogram, 1);
		fdar_histogram_add(node->histogram, node->total_ns, 1);
	}
	if (from->histogram)
		fdar_histogram_merge(node->histogram, from->histogram);
	else
		fdar_histogram_add(node->histogram, from->total_ns, 1);
	node->min_ns = MIN(node->min_ns, from->min_ns);
	node->max_ns = MAX(node->max_ns, from->max_ns);
}

void story_node_merge(struct story_tree *tree, struct story_node *node, struct story_node *from)
{
	if (node->key.kind != FDAR_STORY_LOOP)
		add_durations(node, from);
	node->start_ns = MIN(node->start_ns, from->start_ns);
	node->end_ns = MAX(node->end_ns, from->end_ns);
	node->total_ns += from->total_ns;
	node->wait_ns += from->wait_ns;
	node->self_ns += from->self_ns;
	node->count += from->count;
	node->recursive_calls += from->recursive_calls;
	node->recursion_depth = MAX(node->recursion_depth, from->recursion_depth);
	node->unfinished += from->unfinished;
	node->height = MAX(node->height, from->height);
	node->recursive = node->recursive && from->recursive;
	node->keep = node->keep || from->keep;
	story_list_merge(tree, &node->children, &from->children);
	story_list_merge(tree, &node->lifted, &from->lifted);
	story_node_free(tree, from);
}

static uint64_t calls_in(const struct story_list *list)
{
	uint64_t calls = list->hidden_calls;

	for (uint32_t i = 0; i < list->length; i++)
		calls += story_node_calls(list->items[i]);
	return calls;
}

uint64_t story_node_calls(const struct story_node *node)
{
	gboolean frame = node->key.kind == FDAR_STORY_CALL || node->key.kind == FDAR_STORY_WAIT;

	return (frame ? node->count + node->recursive_calls : 0) + calls_in(&node->children) +
	       calls_in(&node->lifted);
}

static uint64_t self_in(const struct story_list *list);

static uint64_t node_self(const struct story_node *node)
{
	return node->self_ns + self_in(&node->children) + self_in(&node->lifted);
}

static uint64_t self_in(const struct story_list *list)
{
	uint64_t self = list->hidden_ns;

	for (uint32_t i = 0; i < list->length; i++)
		self += node_self(list->items[i]);
	return self;
}

void story_list_push(struct story_list *list, struct story_node *node)
{
	story_list_insert(list, list->length, node);
}

void story_list_insert(struct story_list *list, uint32_t at, struct story_node *node)
{
	if (list->length == list->capacity) {
		list->capacity = list->capacity ? list->capacity * 2 : 4;
		list->items = g_renew(struct story_node *, list->items, list->capacity);
	}
	memmove(&list->items[at + 1], &list->items[at], (list->length - at) * sizeof(*list->items));
	list->items[at] = node;
	list->length++;
}

void story_list_remove(struct story_list *list, uint32_t at, uint32_t count)
{
	memmove(&list->items[at], &list->items[at + count],
		(list->length - at - count) * sizeof(*list->items));
	list->length -= count;
}

void story_list_clear(struct story_list *list)
{
	g_free(list->items);
	*list = (struct story_list){ 0 };
}

static int by_start(gconstpointer a, gconstpointer b, gpointer unused)
{
	const struct story_node *x = *(const struct story_node *const *)a;
	const struct story_node *y = *(const struct story_node *const *)b;

	(void)unused;
	return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

void story_list_sort(struct story_list *list)
{
	gboolean sorted = TRUE;

	for (uint32_t i = 0; i < list->length; i++) {
		story_list_sort(&list->items[i]->children);
		sorted = sorted &&
			 (i == 0 || list->items[i - 1]->start_ns <= list->items[i]->start_ns);
	}
	if (!sorted)
		g_qsort_with_data(list->items, (gint)list->length, sizeof(*list->items), by_start,
				  NULL); /* stable */
}

void story_list_hide(struct story_tree *tree, struct story_list *list, struct story_node *node)
{
	list->hidden_calls += story_node_calls(node);
	list->hidden_ns += node_self(node);
	story_node_free(tree, node);
}

/* Whether the nodes of list from at on are one iteration of a loop. */
static gboolean is_iteration(const struct story_node *loop, const struct story_list *list,
			     uint32_t at)
{
	if (loop->key.kind != FDAR_STORY_LOOP || list->length - at < loop->children.length)
		return FALSE;
	for (uint32_t i = 0; i < loop->children.length; i++)
		if (!story_node_alike(loop->children.items[i], list->items[at + i]))
			return FALSE;
	return TRUE;
}

/* Where in list, from cursor on and then from its beginning, node belongs; its length: nowhere. */
static uint32_t find_alike(const struct story_list *list, uint32_t cursor,
			   const struct story_node *node)
{
	uint32_t ahead = MIN(list->length, cursor + LOOK_AHEAD);

	for (uint32_t i = cursor; i < ahead; i++)
		if (story_node_alike(list->items[i], node))
			return i;
	for (uint32_t i = cursor > LOOK_AHEAD ? cursor - LOOK_AHEAD : 0; i < cursor; i++)
		if (story_node_alike(list->items[i], node))
			return i;
	return list->length;
}

static void add_iteration(struct story_tree *tree, struct story_node *loop, struct story_list *from,
			  uint32_t at)
{
	for (uint32_t i = 0; i < loop->children.length; i++) {
		struct story_node *call = from->items[at + i];

		loop->start_ns = MIN(loop->start_ns, call->start_ns);
		loop->end_ns = MAX(loop->end_ns, call->end_ns);
		loop->total_ns += call->total_ns;
		loop->wait_ns += call->wait_ns;
		loop->unfinished += call->unfinished;
		loop->keep = loop->keep || call->keep;
		loop->height = MAX(loop->height, call->height + 1);
		story_node_merge(tree, loop->children.items[i], call);
	}
	loop->count++;
}

void story_list_merge(struct story_tree *tree, struct story_list *list, struct story_list *from)
{
	uint32_t cursor = 0;

	list->hidden_calls += from->hidden_calls;
	list->hidden_ns += from->hidden_ns;
	if (list->length == 0) {
		g_free(list->items);
		list->items = from->items;
		list->length = from->length;
		list->capacity = from->capacity;
		*from = (struct story_list){ 0 };
		return;
	}
	for (uint32_t i = 0; i < from->length;) {
		uint32_t at;

		if (cursor < list->length && is_iteration(list->items[cursor], from, i)) {
			uint32_t length = list->items[cursor]->children.length;

			add_iteration(tree, list->items[cursor++], from, i);
			i += length;
			continue;
		}
		at = find_alike(list, cursor, from->items[i]);
		if (at < list->length) {
			story_node_merge(tree, list->items[at], from->items[i]);
			cursor = MAX(cursor, at + 1);
		} else {
			story_list_insert(list, cursor++, from->items[i]);
		}
		i++;
	}
	story_list_clear(from);
}

/* As story_list_merge, but what is new goes where it belongs by its time: it was called between
 * the others, not in an iteration after them. */
static void absorb_list(struct story_tree *tree, struct story_list *list, struct story_list *from)
{
	list->hidden_calls += from->hidden_calls;
	list->hidden_ns += from->hidden_ns;
	for (uint32_t i = 0; i < from->length; i++) {
		uint32_t at = find_alike(list, list->length, from->items[i]);

		if (at < list->length) {
			story_node_merge(tree, list->items[at], from->items[i]);
			continue;
		}
		while (at > 0 && list->items[at - 1]->start_ns > from->items[i]->start_ns)
			at--;
		story_list_insert(list, at, from->items[i]);
	}
	story_list_clear(from);
}

void story_node_absorb(struct story_tree *tree, struct story_node *node, struct story_node *call)
{
	node->recursive_calls += call->count + call->recursive_calls;
	node->recursion_depth = MAX(node->recursion_depth, call->recursion_depth + 1);
	node->self_ns += call->self_ns;
	node->height = MAX(node->height, call->height);
	node->keep = node->keep || call->keep;
	absorb_list(tree, &node->children, &call->children);
	absorb_list(tree, &node->lifted, &call->lifted);
	story_node_free(tree, call);
}

void story_tree_clear(struct story_tree *tree)
{
	free_list(tree, &tree->roots);
	*tree = (struct story_tree){ 0 };
}

void story_list_put_note(struct story_tree *tree, struct story_list *list, struct story_node *note)
{
	uint32_t at = list->length;

	while (at > 0 && list->items[at - 1]->start_ns > note->start_ns)
		at--;
	if (at > 0 && story_node_alike(list->items[at - 1], note))
		story_node_merge(tree, list->items[at - 1], note);
	else
		story_list_insert(list, at, note);
}

void fdar_story_tree_free(struct fdar_story_tree *tree)
{
	if (!tree)
		return;
	story_tree_clear(&tree->tree);
	g_array_unref(tree->threads);
	g_string_chunk_free(tree->texts);
	g_free(tree);
}
