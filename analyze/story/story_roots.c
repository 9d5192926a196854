#include "analyze/story/story_roots.h"

struct story_node *story_idle_new(struct story_tree *tree, uint64_t from_ns, uint64_t to_ns)
{
	struct story_key key = { .kind = FDAR_STORY_IDLE };
	struct story_node *node = story_node_new(tree, &key);

	node->start_ns = from_ns;
	node->end_ns = to_ns;
	node->total_ns = node->wait_ns = node->min_ns = node->max_ns = to_ns - from_ns;
	return node;
}

static int by_start(gconstpointer a, gconstpointer b)
{
	const struct story_node *x = *(const struct story_node *const *)a;
	const struct story_node *y = *(const struct story_node *const *)b;

	return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

/* Recursive calls whose outer ones are not the session's are calls like all others. */
static void take(struct story_tree *tree, struct story_list *from, GPtrArray *roots)
{
	for (uint32_t i = 0; i < from->length; i++) {
		struct story_node *node = from->items[i];

		for (uint32_t j = 0; j < node->lifted.length; j++)
			g_ptr_array_add(roots, node->lifted.items[j]);
		tree->roots.hidden_calls += node->lifted.hidden_calls;
		tree->roots.hidden_ns += node->lifted.hidden_ns;
		story_list_clear(&node->lifted);
		g_ptr_array_add(roots, node);
	}
	tree->roots.hidden_calls += from->hidden_calls;
	tree->roots.hidden_ns += from->hidden_ns;
	story_list_clear(from);
}

/* Puts the roots in their places; gives when the last of them ended. */
static uint64_t place(struct story_tree *tree, const GPtrArray *roots, uint64_t end_ns,
		      gboolean gaps)
{
	for (guint i = 0; i < roots->len; i++) {
		struct story_node *node = roots->pdata[i];

		if (gaps && i > 0 && node->start_ns > end_ns &&
		    node->start_ns - end_ns >= STORY_IDLE_NS)
			story_list_push(&tree->roots, story_idle_new(tree, end_ns, node->start_ns));
		end_ns = MAX(end_ns, node->end_ns);
		story_list_push(&tree->roots, node);
	}
	return end_ns;
}

void story_roots_join(struct story_tree *tree, const GPtrArray *lists, uint64_t begin_ns,
		      uint64_t end_ns, gboolean open)
{
	g_autoptr(GPtrArray) roots = g_ptr_array_new();
	gboolean several = lists->len > 1;
	uint64_t last_ns;

	for (guint i = 0; i < lists->len; i++) {
		struct story_list *list = lists->pdata[i];

		if (several)
			story_list_drop_idle(tree, list);
		story_list_finish(tree, list);
		take(tree, list, roots);
	}
	g_ptr_array_sort(roots, by_start);
	last_ns = place(tree, roots, begin_ns, several);
	if (end_ns > last_ns && end_ns - last_ns >= STORY_IDLE_NS) {
		struct story_node *rest = story_idle_new(tree, last_ns, end_ns);

		rest->unfinished = open ? 1 : 0;
		story_list_push(&tree->roots, rest);
	}
}
