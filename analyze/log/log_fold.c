#include "analyze/log/log_fold.h"

#include <string.h>

/* One that took so many times the mean of those before it, and not next to nothing, is another matter. */
#define OUTLIER_TIMES 8u
#define OUTLIER_NS    100000u
#define OUTLIER_AFTER 4u /* so many make a mean */

void log_item_free(void *data)
{
	struct fdar_log_item *item = data;

	if (item->data)
		g_byte_array_unref(item->data);
	if (item->below)
		g_ptr_array_unref(item->below);
	g_free(item);
}

GPtrArray *log_items_new(void)
{
	return g_ptr_array_new_with_free_func(log_item_free);
}

static struct fdar_log_item *item_at(const GPtrArray *items, guint index)
{
	return g_ptr_array_index(items, index);
}

/* ---- equality ---- */

/* One step of FNV-1a's idea on whole numbers, with MurmurHash3's finisher: shapes are only asked first,
 * equality decides. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0xff51afd7ed558ccd);
	return hash ^ hash >> 33;
}

static uint64_t shape_of(const struct fdar_log_item *item)
{
	uint64_t shape = mix(item->kind, item->frame);

	shape = mix(mix(shape, item->addr), (uint64_t)item->pid << 32 | item->name);
	shape = mix(mix(mix(shape, item->wait), item->deep), item->turn);
	shape = mix(shape, item->total + 2u * item->unfinished + item->repaired);
	for (guint i = 0; item->data && i < item->data->len; i++)
		shape = mix(shape, item->data->data[i]);
	for (guint i = 0; item->below && i < item->below->len; i++)
		shape = mix(mix(shape, item_at(item->below, i)->shape),
			    item_at(item->below, i)->count);
	return shape;
}

static gboolean same_lists(const GPtrArray *a, guint from_a, const GPtrArray *b, guint from_b,
			   guint length);

static gboolean same_data(const GByteArray *a, const GByteArray *b)
{
	if (!a || !b)
		return a == b;
	return a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0);
}

/* But for the count. */
static gboolean same_item(const struct fdar_log_item *a, const struct fdar_log_item *b)
{
	guint length = a->below ? a->below->len : 0;

	return a->shape == b->shape && a->kind == b->kind && a->frame == b->frame &&
	       a->addr == b->addr && a->pid == b->pid && a->tid == b->tid && a->name == b->name &&
	       a->wait == b->wait && a->deep == b->deep && a->turn == b->turn &&
	       a->session == b->session && a->total == b->total && a->unfinished == b->unfinished &&
	       a->repaired == b->repaired && same_data(a->data, b->data) &&
	       length == (b->below ? b->below->len : 0) &&
	       (!length || same_lists(a->below, 0, b->below, 0, length));
}

static gboolean same_lists(const GPtrArray *a, guint from_a, const GPtrArray *b, guint from_b,
			   guint length)
{
	for (guint i = 0; i < length; i++) {
		const struct fdar_log_item *left = item_at(a, from_a + i);
		const struct fdar_log_item *right = item_at(b, from_b + i);

		if (left->count != right->count || !same_item(left, right))
			return FALSE;
	}
	return TRUE;
}

/* ---- recursion ---- */

/* What both are calls of, and how they ended. */
static gboolean same_call(const struct fdar_log_item *a, const struct fdar_log_item *b)
{
	return b->kind == FDAR_LOG_CALL && b->count == 1 && a->frame == b->frame &&
	       a->addr == b->addr && a->name == b->name && a->session == b->session &&
	       a->frame != FDAR_FRAME_WAIT && a->unfinished == b->unfinished &&
	       a->repaired == b->repaired;
}

static struct fdar_log_item *only_one_in(const struct fdar_log_item *item)
{
	return item->below && item->below->len == 1 ? item_at(item->below, 0) : NULL;
}

static void measure(struct fdar_log_item *item)
{
	item->height = 0;
	for (guint i = 0; item->below && i < item->below->len; i++)
		item->height = MAX(item->height, item_at(item->below, i)->height + 1);
	item->shape = shape_of(item);
}

/* It calls itself and nothing else. */
static void fold_itself(struct fdar_log_item *item)
{
	struct fdar_log_item *inner = only_one_in(item);
	GPtrArray *outer = item->below;

	if (!inner || inner->turn || !same_call(item, inner))
		return;
	item->deep += inner->deep;
	item->skipped_calls += inner->skipped_calls;
	item->below = g_steal_pointer(&inner->below);
	g_ptr_array_unref(outer);
}

/* The chain of calls that are alone in each other, from the item on: those of a turn end it. Gives how many. */
static guint chain_of(struct fdar_log_item *item, struct fdar_log_item **chain, guint most)
{
	guint length = 0;

	for (; item && length < most; item = only_one_in(item)) {
		chain[length++] = item;
		if (item->turn || item->kind != FDAR_LOG_CALL || item->count != 1 ||
		    item->deep != 1)
			break;
	}
	return length;
}

/* The first functions of a chain stand once more behind them: as they are, or as a turn already. Makes one turn
 * of both. */
static gboolean fold_turn(struct fdar_log_item **chain, guint length, guint turn)
{
	struct fdar_log_item *again = length > turn ? chain[turn] : NULL;
	struct fdar_log_item *inner[FDAR_LOG_BLOCK_MAX];
	GPtrArray *outer = chain[turn - 1]->below;

	if (!again || (again->turn ? again->turn != turn : length < 2 * turn))
		return FALSE;
	for (guint i = 0; i < turn; i++, again = only_one_in(again)) {
		inner[i] = again;
		if (!same_call(chain[i], again) || again->deep != inner[0]->deep ||
		    (i && again->turn) || (i + 1 < turn && !only_one_in(again)))
			return FALSE;
	}
	for (guint i = 0; i < turn; i++) {
		chain[i]->deep += inner[i]->deep;
		chain[i]->skipped_calls += inner[i]->skipped_calls;
	}
	chain[0]->turn = (uint16_t)turn;
	chain[turn - 1]->below = g_steal_pointer(&inner[turn - 1]->below);
	g_ptr_array_unref(outer);
	for (guint i = turn - 1; i > 0; i--)
		measure(chain[i]);
	return TRUE;
}

/* It calls others that call it again, and all of them nothing else. */
static void fold_others(struct fdar_log_item *item)
{
	struct fdar_log_item *chain[2 * FDAR_LOG_BLOCK_MAX];
	guint length;

	if (item->deep != 1 || !only_one_in(item))
		return;
	length = chain_of(item, chain, G_N_ELEMENTS(chain));
	for (guint turn = 2; turn < length && turn <= FDAR_LOG_BLOCK_MAX; turn++)
		if (fold_turn(chain, length, turn))
			return;
}

void log_item_close(struct fdar_log_item *item, gboolean unfolded)
{
	if (!unfolded && item->kind == FDAR_LOG_CALL) {
		fold_itself(item);
		fold_others(item);
	}
	measure(item);
}

/* ---- folding ---- */

/* Adds the times of one that is the same to the item, and of all that is in it. */
static void add_times(struct fdar_log_item *item, const struct fdar_log_item *more)
{
	item->end_ns = more->end_ns;
	item->times += more->times;
	item->total_ns += more->total_ns;
	item->min_ns = MIN(item->min_ns, more->min_ns);
	item->max_ns = MAX(item->max_ns, more->max_ns);
	item->skipped_calls += more->skipped_calls;
	for (guint i = 0; item->below && i < item->below->len; i++)
		add_times(item_at(item->below, i), item_at(more->below, i));
}

static gboolean is_outlier(const struct fdar_log_item *fold, const struct fdar_log_item *item)
{
	return fold->times >= OUTLIER_AFTER && item->total_ns >= OUTLIER_NS &&
	       item->total_ns / OUTLIER_TIMES / MAX(item->times, 1) >
		       fold->total_ns / MAX(fold->times, 1);
}

/* The last one is once more the one before it. */
static gboolean fold_single(GPtrArray *items)
{
	struct fdar_log_item *fold, *last;

	if (items->len < 2)
		return FALSE;
	fold = item_at(items, items->len - 2);
	last = item_at(items, items->len - 1);
	if (fold->kind == FDAR_LOG_BLOCK || !same_item(fold, last) || is_outlier(fold, last))
		return FALSE;
	fold->count += last->count;
	add_times(fold, last);
	g_ptr_array_set_size(items, (gint)items->len - 1);
	return TRUE;
}

/* The last ones are once more the block before them. */
static gboolean fold_into_block(GPtrArray *items, guint length)
{
	struct fdar_log_item *block;
	guint from = items->len - length;

	if (items->len <= length)
		return FALSE;
	block = item_at(items, from - 1);
	if (block->kind != FDAR_LOG_BLOCK || block->below->len != length ||
	    !same_lists(block->below, 0, items, from, length))
		return FALSE;
	for (guint i = 0; i < length; i++)
		if (is_outlier(item_at(block->below, i), item_at(items, from + i)))
			return FALSE;
	for (guint i = 0; i < length; i++)
		add_times(item_at(block->below, i), item_at(items, from + i));
	block->count++;
	block->times++;
	block->end_ns = item_at(items, items->len - 1)->end_ns;
	g_ptr_array_set_size(items, (gint)from);
	return TRUE;
}

/* The last ones are once more the same number before them: they become a block. */
static gboolean fold_new_block(GPtrArray *items, guint length)
{
	guint from = items->len - 2 * length;
	struct fdar_log_item *block;

	if (items->len < 2 * length || !same_lists(items, from, items, from + length, length))
		return FALSE;
	block = g_new0(struct fdar_log_item, 1);
	block->kind = FDAR_LOG_BLOCK;
	block->count = block->times = 2;
	block->deep = 1;
	block->fd = -1;
	block->below = log_items_new();
	block->start_ns = item_at(items, from)->start_ns;
	block->end_ns = item_at(items, items->len - 1)->end_ns;
	block->pid = item_at(items, from)->pid;
	block->tid = item_at(items, from)->tid;
	block->thread_name = item_at(items, from)->thread_name;
	block->session = item_at(items, from)->session;
	for (guint i = 0; i < length; i++)
		add_times(item_at(items, from + i), item_at(items, from + length + i));
	g_ptr_array_set_size(items, (gint)(from + length));
	for (guint i = 0; i < length; i++)
		g_ptr_array_insert(block->below, 0, g_ptr_array_steal_index(items, items->len - 1));
	log_item_close(block, TRUE);
	g_ptr_array_add(items, block);
	return TRUE;
}

void log_items_push(GPtrArray *items, struct fdar_log_item *item, gboolean unfolded)
{
	g_ptr_array_add(items, item);
	if (unfolded)
		return;
	fold_single(items);
	for (guint length = 2; length <= FDAR_LOG_BLOCK_MAX; length++)
		if (fold_into_block(items, length) || fold_new_block(items, length))
			return;
}
