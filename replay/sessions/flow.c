#include "replay/sessions/flow.h"

#include <string.h>

#include "replay/sessions/held.h"

static guint key_hash(gconstpointer data)
{
	const uint8_t *bytes = data;
	uint64_t hash = 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i + 4 <= sizeof(struct fdar_flow_key); i += 4) {
		uint32_t word;

		memcpy(&word, bytes + i, 4);
		hash = (hash ^ word) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 32;
	}
	return (guint)hash;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct fdar_flow_key)) == 0;
}

void fdar_flows_init(struct fdar_flows *flows)
{
	flows->table = g_hash_table_new(key_hash, key_equal);
	flows->salt = g_random_int();
	flows->slots = fdar_slots_new(sizeof(struct fdar_flow));
	flows->seen_slots = fdar_slots_new(sizeof(struct fdar_seen) * FDAR_FLOW_SEEN);
	for (int i = 0; i < FDAR_FLOW_LISTS; i++)
		g_queue_init(&flows->lists[i]);
}

void fdar_flows_clear(struct fdar_flows *flows, size_t *budget)
{
	for (int i = 0; i < FDAR_FLOW_LISTS; i++)
		while (flows->lists[i].head)
			fdar_flows_drop(flows, flows->lists[i].head->data, budget);
	g_clear_pointer(&flows->table, g_hash_table_unref);
	g_clear_pointer(&flows->slots, fdar_slots_free);
	g_clear_pointer(&flows->seen_slots, fdar_slots_free);
}

gboolean fdar_flow_key_make(const struct fdar_flows *flows, const struct fdar_decoded *decoded,
			    struct fdar_flow_key *key)
{
	gboolean src_low = memcmp(&decoded->src, &decoded->dst, sizeof(decoded->src)) <= 0;

	memset(key, 0, sizeof(*key));
	key->salt = flows->salt;
	key->low = src_low ? decoded->src : decoded->dst;
	key->high = src_low ? decoded->dst : decoded->src;
	key->transport = decoded->protocol;
	return src_low;
}

struct fdar_flow *fdar_flows_find(const struct fdar_flows *flows, const struct fdar_flow_key *key)
{
	return g_hash_table_lookup(flows->table, key);
}

struct fdar_flow *fdar_flows_add(struct fdar_flows *flows, const struct fdar_flow_key *key,
				 enum fdar_flow_list list, uint64_t clock_ns)
{
	struct fdar_flow *flow = fdar_slots_take(flows->slots);
	struct fdar_flow *first;

	flow->key = *key;
	flow->link.data = flow;
	flow->list = (uint8_t)list;
	flow->clock_ns = clock_ns;
	first = g_hash_table_lookup(flows->table, key);
	while (first && first->twin)
		first = first->twin;
	if (first)
		first->twin = flow;
	else
		g_hash_table_add(flows->table, flow);
	g_queue_push_tail_link(&flows->lists[list], &flow->link);
	return flow;
}

void fdar_flows_touch(struct fdar_flows *flows, struct fdar_flow *flow, enum fdar_flow_list list,
		      uint64_t clock_ns)
{
	g_queue_unlink(&flows->lists[flow->list], &flow->link);
	flow->list = (uint8_t)list;
	flow->clock_ns = clock_ns;
	g_queue_push_tail_link(&flows->lists[list], &flow->link);
}

void fdar_flows_make_seen(struct fdar_flows *flows, struct fdar_flow *flow)
{
	flow->seen = fdar_slots_take(flows->seen_slots);
}

struct fdar_flow *fdar_flows_oldest(const struct fdar_flows *flows, enum fdar_flow_list list)
{
	return flows->lists[list].head ? flows->lists[list].head->data : NULL;
}

/* Takes it out of its twins' chain, of which the table has the first. */
static void take_out(struct fdar_flows *flows, struct fdar_flow *flow)
{
	struct fdar_flow *first = g_hash_table_lookup(flows->table, &flow->key);

	if (first == flow) {
		g_hash_table_remove(flows->table, &flow->key);
		if (flow->twin)
			g_hash_table_add(flows->table, flow->twin);
		return;
	}
	while (first->twin != flow)
		first = first->twin;
	first->twin = flow->twin;
}

void fdar_flows_drop(struct fdar_flows *flows, struct fdar_flow *flow, size_t *budget)
{
	g_queue_unlink(&flows->lists[flow->list], &flow->link);
	take_out(flows, flow);
	fdar_slots_give(flows->seen_slots, flow->seen);
	fdar_half_clear(&flow->half[0], budget);
	fdar_half_clear(&flow->half[1], budget);
	fdar_held_clear(flow, budget);
	fdar_slots_give(flows->slots, flow);
}

static gint by_id(gconstpointer a, gconstpointer b)
{
	const struct fdar_flow *left = *(const struct fdar_flow *const *)a;
	const struct fdar_flow *right = *(const struct fdar_flow *const *)b;

	return (left->session.id > right->session.id) - (left->session.id < right->session.id);
}

GPtrArray *fdar_flows_sorted(const struct fdar_flows *flows)
{
	GPtrArray *all = g_ptr_array_new();

	for (int i = 0; i < FDAR_FLOW_LISTS; i++)
		for (GList *at = flows->lists[i].head; at; at = at->next)
			g_ptr_array_add(all, at->data);
	g_ptr_array_sort(all, by_id);
	return all;
}
