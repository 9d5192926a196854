#include <string.h>

#include "analyze/story/story_align.h"

/* The calls of one function from one call path, on both sides. */
struct tally {
	uint64_t calls[2];
	GQueue waiting; /* rows of the first side without a partner, in their order */
};

struct mover {
	GArray *rows;      /* struct story_plan_row */
	uint32_t *group;   /* by row: rows of the same call path have the same */
	GHashTable *tally; /* of (group of the caller, what it is) */
};

static struct story_plan_row *row_at(const struct mover *m, uint32_t index)
{
	return &g_array_index(m->rows, struct story_plan_row, index);
}

static gboolean is_call(const struct story_node *node)
{
	return node && (node->key.kind == FDAR_STORY_CALL || node->key.kind == FDAR_STORY_WAIT ||
			node->key.kind == FDAR_STORY_HANDOFF);
}

/* The caller's row: loops are no callers. */
static uint32_t caller_row(const struct mover *m, uint32_t index, unsigned side)
{
	uint32_t parent = row_at(m, index)->parent[side];

	while (parent != FDAR_STORY_NONE &&
	       row_at(m, parent)->node[side]->key.kind == FDAR_STORY_LOOP)
		parent = row_at(m, parent)->parent[side];
	return parent;
}

static void tally_free(gpointer data)
{
	struct tally *tally = data;

	g_queue_clear(&tally->waiting);
	g_free(tally);
}

static struct tally *tally_of(struct mover *m, uint32_t index, unsigned side)
{
	uint32_t caller = caller_row(m, index, side);
	uint64_t key = ((uint64_t)(caller == FDAR_STORY_NONE ? caller : m->group[caller]) << 32) |
		       row_at(m, index)->node[side]->mark;
	struct tally *tally = g_hash_table_lookup(m->tally, &key);

	if (!tally) {
		tally = g_new0(struct tally, 1);
		g_queue_init(&tally->waiting);
		g_hash_table_insert(m->tally, g_memdup2(&key, sizeof(key)), tally);
	}
	return tally;
}

/* Counts, and lines those of the first side up that have no partner. */
static void count_row(struct mover *m, uint32_t index)
{
	const struct story_plan_row *row = row_at(m, index);

	for (unsigned side = 0; side < 2; side++) {
		struct tally *tally;

		if (!is_call(row->node[side]))
			continue;
		tally = tally_of(m, index, side);
		tally->calls[side] += row->node[side]->count;
		if (side == 0 && !row->node[1])
			g_queue_push_tail(&tally->waiting, GUINT_TO_POINTER(index + 1));
	}
}

static void take_partner(struct mover *m, uint32_t index)
{
	struct story_plan_row *row = row_at(m, index);
	struct tally *tally;
	uint32_t other;

	if (row->node[0] || !is_call(row->node[1]))
		return;
	tally = tally_of(m, index, 1);
	other = GPOINTER_TO_UINT(g_queue_pop_head(&tally->waiting));
	if (!other)
		return;
	row->beside = row_at(m, other - 1)->beside = FDAR_STORY_MOVED;
	row->moved = other - 1;
	row_at(m, other - 1)->moved = index;
	m->group[index] = m->group[other - 1];
}

static void judge(struct mover *m, uint32_t index)
{
	struct story_plan_row *row = row_at(m, index);
	unsigned side = row->node[0] ? 0 : 1;
	const struct tally *tally;

	if ((row->node[0] && row->node[1]) || !is_call(row->node[side]) ||
	    row->beside == FDAR_STORY_MOVED)
		return;
	tally = tally_of(m, index, side);
	row->beside = !tally->calls[!side]                       ? FDAR_STORY_ALONE
		      : tally->calls[side] > tally->calls[!side] ? FDAR_STORY_AGAIN
								 : FDAR_STORY_SPLIT;
}

/* Callers come before what they call, in levels: whether those are the same call path decides who may be
 * the partner of whom. */
void story_find_moved(GArray *rows)
{
	struct mover m = { .rows = rows };
	GArray *levels[FDAR_STORY_HEIGHT_MAX + 2] = { NULL };

	m.group = g_new(uint32_t, rows->len + 1);
	m.tally = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, tally_free);
	for (uint32_t i = 0; i < rows->len; i++) {
		const struct story_plan_row *row = row_at(&m, i);
		uint32_t depth = MIN(row->depth[row->node[0] ? 0 : 1], FDAR_STORY_HEIGHT_MAX + 1);

		m.group[i] = i;
		if (!levels[depth])
			levels[depth] = g_array_new(FALSE, FALSE, sizeof(uint32_t));
		g_array_append_val(levels[depth], i);
	}
	for (uint32_t depth = 0; depth < G_N_ELEMENTS(levels); depth++) {
		GArray *level = levels[depth];

		for (guint i = 0; level && i < level->len; i++)
			count_row(&m, g_array_index(level, uint32_t, i));
		for (guint i = 0; level && i < level->len; i++)
			take_partner(&m, g_array_index(level, uint32_t, i));
		for (guint i = 0; level && i < level->len; i++)
			judge(&m, g_array_index(level, uint32_t, i));
		if (level)
			g_array_unref(level);
	}
	g_hash_table_unref(m.tally);
	g_free(m.group);
}
