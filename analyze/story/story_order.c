#include <string.h>

#include "analyze/story/story_lanes.h"

#define SORTED_MAX 64u /* of more components than this, the others stay as they came */

void story_order_init(struct story_order *order)
{
	order->components = g_ptr_array_new();
	order->waits = g_array_new(FALSE, FALSE, sizeof(gboolean));
	order->calls = g_array_new(FALSE, TRUE, sizeof(uint32_t));
	g_array_set_size(order->calls, SORTED_MAX * SORTED_MAX);
}

uint32_t story_order_find(const struct story_order *order, const char *component)
{
	for (guint i = 0; i < order->components->len; i++)
		if (strcmp(order->components->pdata[i], component) == 0)
			return i;
	return order->components->len;
}

static uint32_t meet(struct story_order *order, const struct story_node *node)
{
	uint32_t id = story_order_find(order, node->component);
	gboolean waits = node->key.kind == FDAR_STORY_WAIT;

	if (id == order->components->len) {
		g_ptr_array_add(order->components, (gpointer)node->component);
		g_array_append_val(order->waits, waits);
	} else if (!waits) {
		g_array_index(order->waits, gboolean, id) = FALSE;
	}
	return id;
}

static uint32_t *calls_between(const struct story_order *order, uint32_t from, uint32_t to)
{
	return &g_array_index(order->calls, uint32_t, from * SORTED_MAX + to);
}

static gboolean is_frame(const struct story_node *node)
{
	return node->key.kind == FDAR_STORY_CALL || node->key.kind == FDAR_STORY_WAIT;
}

void story_order_add(struct story_order *order, const struct fdar_story *story,
		     const GPtrArray *nodes)
{
	for (guint i = 0; i < nodes->len; i++) {
		const struct story_node *node = nodes->pdata[i];
		uint32_t parent = story->steps[i].parent;
		uint32_t from, to;

		if (!is_frame(node))
			continue;
		to = meet(order, node);
		while (parent != FDAR_STORY_NONE && !is_frame(nodes->pdata[parent]))
			parent = story->steps[parent].parent;
		if (parent == FDAR_STORY_NONE)
			continue;
		from = meet(order, nodes->pdata[parent]);
		if (from != to && from < SORTED_MAX && to < SORTED_MAX)
			(*calls_between(order, from, to))++;
	}
}

/* Whether the component b has to stand left of a, which came first. */
static gboolean belongs_before(const struct story_order *order, uint32_t b, uint32_t a)
{
	gboolean a_waits = g_array_index(order->waits, gboolean, a);
	gboolean b_waits = g_array_index(order->waits, gboolean, b);

	if (a_waits != b_waits)
		return a_waits;
	return a < SORTED_MAX &&
	       b<SORTED_MAX && * calls_between(order, b, a)> * calls_between(order, a, b);
}

void story_order_settle(struct story_order *order)
{
	guint count = order->components->len;
	g_autofree uint32_t *ids = g_new(uint32_t, count + 1);
	g_autofree gpointer *names = g_memdup2(order->components->pdata, count * sizeof(gpointer));

	for (uint32_t i = 0; i < count; i++)
		ids[i] = i;
	/* Neighbours change places; as many rounds as there are components, as they may call each
	 * other in a circle. */
	for (guint round = 0; round < count; round++) {
		for (guint i = 0; i + 1 < count; i++) {
			if (belongs_before(order, ids[i + 1], ids[i])) {
				uint32_t swapped = ids[i];

				ids[i] = ids[i + 1];
				ids[i + 1] = swapped;
			}
		}
	}
	for (uint32_t i = 0; i < count; i++)
		order->components->pdata[i] = names[ids[i]];
}

void story_order_clear(struct story_order *order)
{
	g_ptr_array_unref(order->components);
	g_array_unref(order->waits);
	g_array_unref(order->calls);
}
