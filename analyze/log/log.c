#include "analyze/log/log.h"

#include <string.h>

#include "analyze/log/log_fold.h"

#define HELD_MAX   256u /* items of an open frame: then the first ones are told */
#define HELD_LEAST (2 * FDAR_LOG_BLOCK_MAX + 1) /* that may still be folded with what comes */
#define HEIGHT_MAX \
	256u /* levels of items that are held: those who go through them call themselves */
#define OPEN_MAX 4096u /* open frames around what is told in pieces */

/* What is held of a frame that is open; of a thread, when no frame is. */
struct held {
	GPtrArray *items;
	uint64_t frame; /* 0: a thread's outermost */
	uint32_t pid, tid;
	unsigned depth;  /* of the items, when they are told */
	gboolean pieces; /* the frame's entry was told: it is no item any more */
	gboolean hidden; /* only that there is none was told */
};

struct fdar_log_builder {
	const struct fdar_log_options *options;
	const struct fdar_log_visitor *visitor;
	void *user;
	struct fdar_walk *walk;
	GHashTable *frames;  /* frame -> struct held */
	GHashTable *threads; /* pid << 32 | tid -> struct held */
	uint64_t sessions;
	uint64_t wanted;              /* id of the session that is; 0: not yet there */
	fdar_log_hidden_fn is_hidden; /* NULL: nothing is */
	void *hidden_user;
	uint64_t hidden; /* calls */
	uint64_t hidden_ns;
};

static void held_free(gpointer data)
{
	struct held *held = data;

	g_ptr_array_unref(held->items);
	g_free(held);
}

/* Of a frame, or where that is 0 of the thread. */
static struct held *held_of(struct fdar_log_builder *builder, uint64_t frame, uint32_t pid,
			    uint32_t tid)
{
	GHashTable *table = frame ? builder->frames : builder->threads;
	gint64 key = (gint64)(frame ? frame : (uint64_t)pid << 32 | tid);
	struct held *held = g_hash_table_lookup(table, &key);

	if (held)
		return held;
	held = g_new0(struct held, 1);
	held->items = log_items_new();
	held->frame = frame;
	held->pid = pid;
	held->tid = tid;
	held->pieces = !frame;
	g_hash_table_insert(table, g_memdup2(&key, sizeof(key)), held);
	return held;
}

/* ---- telling ---- */

/* All but the last ones. */
static void tell_items(struct fdar_log_builder *builder, struct held *held, guint but)
{
	guint count = held->items->len > but ? held->items->len - but : 0;

	for (guint i = 0; i < count; i++)
		builder->visitor->item(builder->user, g_ptr_array_index(held->items, i),
				       held->depth);
	if (count)
		g_ptr_array_remove_range(held->items, 0, count);
}

static gboolean leaves_out(const struct fdar_log_builder *builder, uint8_t kind, uint32_t pid,
			   uint64_t addr)
{
	const struct fdar_log_options *options = builder->options;

	return options->hidden && kind == FDAR_FRAME_FUNCTION &&
	       options->hidden(options->hidden_user, pid, addr);
}

static void tell_entry(struct fdar_log_builder *builder, const struct held *like,
		       const struct fdar_walk_open *open, unsigned depth)
{
	struct fdar_walk_path path = fdar_walk_path(builder->walk, open->path);
	const struct fdar_log_item *first =
		like->items->len ? g_ptr_array_index(like->items, 0) : NULL;
	struct fdar_log_item item = { .count = 1,
				      .deep = 1,
				      .start_ns = open->start_ns,
				      .addr = path.addr,
				      .name = path.name,
				      .pid = like->pid,
				      .tid = like->tid,
				      .thread_name = first ? first->thread_name : 0,
				      .fd = -1,
				      .kind = FDAR_LOG_CALL,
				      .frame = path.kind,
				      .wait = path.wait };

	builder->visitor->enter(builder->user, &item, depth);
}

static gboolean hides(const struct fdar_log_builder *builder, uint8_t kind, uint32_t pid,
		      uint64_t addr)
{
	return builder->is_hidden && kind == FDAR_FRAME_FUNCTION &&
	       builder->is_hidden(builder->hidden_user, pid, addr);
}

/* The frame is told in pieces from here on; one that is hidden has no entry. */
static void enter_piece(struct fdar_log_builder *builder, const struct held *like,
			const struct fdar_walk_open *open, struct held *frame, unsigned depth)
{
	struct fdar_walk_path path = fdar_walk_path(builder->walk, open->path);
	gboolean hidden = leaves_out(builder, path.kind, like->pid, path.addr) ||
			  hides(builder, path.kind, like->pid, path.addr);

	if (!hidden)
		tell_entry(builder, like, open, depth);
	frame->pieces = TRUE;
	frame->hidden = hidden;
	frame->depth = depth + !hidden;
}

/* Tells the entries of all open frames around held, and its own, that were not told. FALSE: it is not
 * open any more, or too deep: it will be told as a whole. */
static gboolean tell_around(struct fdar_log_builder *builder, struct held *held)
{
	g_autofree struct fdar_walk_open *open = NULL;
	size_t depth, own;
	struct held *around;

	if (held->pieces)
		return TRUE;
	open = g_new(struct fdar_walk_open, OPEN_MAX);
	depth = fdar_walk_open_frames(builder->walk, held->pid, held->tid, open, OPEN_MAX);
	for (own = 0; own < MIN(depth, OPEN_MAX) && open[own].id != held->frame; own++)
		continue;
	if (own == MIN(depth, OPEN_MAX))
		return FALSE;
	around = held_of(builder, 0, held->pid, held->tid);
	for (size_t i = 0; i <= own; i++) {
		struct held *next = held_of(builder, open[i].id, held->pid, held->tid);

		if (!next->pieces) {
			tell_items(builder, around, 0);
			enter_piece(builder, held, &open[i], next, around->depth);
		}
		around = next;
	}
	return TRUE;
}

static void keep(struct fdar_log_builder *builder, struct held *held, struct fdar_log_item *item)
{
	log_items_push(held->items, item, builder->options->unfolded);
	if (builder->options->one_session || held->items->len < HELD_MAX)
		return;
	if (tell_around(builder, held))
		tell_items(builder, held, builder->options->unfolded ? 0 : HELD_LEAST);
}

/* ---- what the walk tells ---- */

static gboolean is_of_client(const char *peer, const char *wanted)
{
	size_t length = strlen(wanted);

	return strncmp(peer, wanted, length) == 0 && (!peer[length] || peer[length] == ':');
}

static void on_opened(void *user, struct fdar_walk_session *session)
{
	struct fdar_log_builder *builder = user;
	const struct fdar_log_options *options = builder->options;

	builder->sessions++;
	if (!options->one_session || builder->wanted)
		return;
	if (options->peer ? is_of_client(session->peer, options->peer)
			  : session->key == options->key)
		builder->wanted = session->id;
}

static gboolean is_wanted(const struct fdar_log_builder *builder,
			  const struct fdar_walk_session *session, uint32_t tid)
{
	if (builder->options->one_thread && builder->options->tid != tid)
		return FALSE;
	return !builder->options->one_session ||
	       (session && session->id == builder->wanted && builder->wanted);
}

static struct fdar_log_item *item_of(const struct fdar_walk_frame *frame)
{
	struct fdar_log_item *item = g_new0(struct fdar_log_item, 1);
	uint64_t took_ns = frame->end_ns - frame->start_ns;

	*item = (struct fdar_log_item){ .count = 1,
					.deep = 1,
					.times = 1,
					.start_ns = frame->start_ns,
					.end_ns = frame->end_ns,
					.total_ns = took_ns,
					.min_ns = took_ns,
					.max_ns = took_ns,
					.addr = frame->addr,
					.session = frame->session ? frame->session->id : 0,
					.skipped_calls = frame->skipped_calls,
					.result = frame->result,
					.pid = frame->pid,
					.tid = frame->tid,
					.thread_name = frame->thread_name,
					.name = frame->name,
					.fd = frame->fd,
					.kind = FDAR_LOG_CALL,
					.frame = frame->kind,
					.wait = frame->wait,
					.unfinished = frame->unfinished,
					.repaired = frame->repaired };
	return item;
}

/* The frame is not wanted, or not one item: what was in it is of the frame around it. */
static void pass_on(struct fdar_log_builder *builder, struct held *from, struct held *to)
{
	while (from->items->len)
		keep(builder, to, g_ptr_array_steal_index(from->items, 0));
}

static void take_item(struct fdar_log_builder *builder, struct held *held, struct held *around,
		      struct fdar_log_item *item)
{
	if (held && held->pieces) {
		tell_items(builder, held, 0);
		builder->visitor->leave(builder->user, item, held->depth - 1);
		log_item_free(item);
		return;
	}
	if (held && held->items->len)
		item->below = g_ptr_array_ref(held->items);
	log_item_close(item, builder->options->unfolded);
	if (item->height < HEIGHT_MAX) {
		keep(builder, around, item);
		return;
	}
	if (!builder->options->one_session && tell_around(builder, around)) {
		tell_items(builder, around, 0);
		builder->visitor->item(builder->user, item, around->depth);
		log_item_free(item);
		return;
	}
	/* What was in it stands behind it: better than not at all. */
	g_clear_pointer(&item->below, g_ptr_array_unref);
	log_item_close(item, builder->options->unfolded);
	keep(builder, around, item);
	pass_on(builder, held, around);
}

/* One whose entry was told must have an exit. */
static gboolean hide(struct fdar_log_builder *builder, const struct fdar_walk_frame *frame,
		     const struct held *held)
{
	if ((held && held->pieces && !held->hidden) ||
	    !hides(builder, frame->kind, frame->pid, frame->addr))
		return FALSE;
	builder->hidden++;
	builder->hidden_ns += frame->self_ns;
	return TRUE;
}

static gboolean is_told(struct fdar_log_builder *builder, const struct held *held,
			const struct fdar_walk_frame *frame)
{
	if (!is_wanted(builder, frame->session, frame->tid) || hide(builder, frame, held))
		return FALSE;
	return held && held->pieces ? !held->hidden
				    : !leaves_out(builder, frame->kind, frame->pid, frame->addr);
}

static void on_frame(void *user, const struct fdar_walk_frame *frame)
{
	struct fdar_log_builder *builder = user;
	gint64 id = (gint64)frame->id;
	struct held *held = g_hash_table_lookup(builder->frames, &id), *around;
	gboolean told;

	if (builder->options->one_thread && builder->options->tid != frame->tid)
		return;
	told = is_told(builder, held, frame);
	if (!told && !held)
		return;
	around = held_of(builder, frame->parent, frame->pid, frame->tid);
	if (told)
		take_item(builder, held, around, item_of(frame));
	else if (held)
		pass_on(builder, held, around);
	g_hash_table_remove(builder->frames, &id);
}

static void add_note(struct fdar_log_builder *builder, const struct fdar_walk_note *note,
		     enum fdar_log_kind kind)
{
	struct fdar_log_item *item;

	if (!is_wanted(builder, note->session, note->tid))
		return;
	item = g_new0(struct fdar_log_item, 1);
	*item = (struct fdar_log_item){ .count = 1,
					.deep = 1,
					.times = 1,
					.start_ns = note->time_ns,
					.end_ns = note->time_ns,
					.session = note->session ? note->session->id : 0,
					.total = note->total,
					.pid = note->pid,
					.tid = note->tid,
					.thread_name = note->thread_name,
					.name = note->key,
					.fd = -1,
					.kind = (uint8_t)kind,
					.data = g_byte_array_new() };
	g_byte_array_append(item->data, (const guint8 *)note->value, note->value_len);
	log_item_close(item, TRUE);
	keep(builder, held_of(builder, note->frame, note->pid, note->tid), item);
}

static void on_note(void *user, const struct fdar_walk_note *note)
{
	add_note(user, note, FDAR_LOG_NOTE);
}

static void on_bytes(void *user, const struct fdar_walk_note *bytes)
{
	add_note(user, bytes, FDAR_LOG_BYTES);
}

static const struct fdar_walk_visitor visitor = {
	.session_opened = on_opened,
	.frame = on_frame,
	.note = on_note,
	.bytes = on_bytes,
};

/* ---- life ---- */

struct fdar_log_builder *fdar_log_builder_new(const struct fdar_log_options *options,
					      const struct fdar_log_visitor *told, void *user)
{
	struct fdar_log_builder *builder = g_new0(struct fdar_log_builder, 1);

	builder->options = options;
	builder->visitor = told;
	builder->user = user;
	builder->walk = fdar_walk_new(&visitor, builder);
	builder->frames = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, held_free);
	builder->threads = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, held_free);
	return builder;
}

void fdar_log_builder_hide(struct fdar_log_builder *builder, fdar_log_hidden_fn is_hidden,
			   void *user)
{
	builder->is_hidden = is_hidden;
	builder->hidden_user = user;
}

uint64_t fdar_log_builder_hidden(const struct fdar_log_builder *builder, uint64_t *own_ns)
{
	*own_ns = builder->hidden_ns;
	return builder->hidden;
}

struct fdar_walk *fdar_log_builder_walk(struct fdar_log_builder *builder)
{
	return builder->walk;
}

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct held *left = *(const struct held *const *)a;
	const struct held *right = *(const struct held *const *)b;
	const struct fdar_log_item *of_left, *of_right;

	if (!left->items->len || !right->items->len)
		return (left->items->len > 0) - (right->items->len > 0);
	of_left = g_ptr_array_index(left->items, 0);
	of_right = g_ptr_array_index(right->items, 0);
	if (of_left->start_ns != of_right->start_ns)
		return of_left->start_ns < of_right->start_ns ? -1 : 1;
	return (left->tid > right->tid) - (left->tid < right->tid);
}

void fdar_log_builder_finish(struct fdar_log_builder *builder)
{
	g_autoptr(GPtrArray) left = g_ptr_array_new();
	GHashTableIter all;
	gpointer held;

	fdar_walk_finish(builder->walk);
	/* Of frames only where the walk has dropped one. */
	g_hash_table_iter_init(&all, builder->frames);
	while (g_hash_table_iter_next(&all, NULL, &held))
		g_ptr_array_add(left, held);
	g_hash_table_iter_init(&all, builder->threads);
	while (g_hash_table_iter_next(&all, NULL, &held))
		g_ptr_array_add(left, held);
	g_ptr_array_sort(left, by_time);
	for (guint i = 0; i < left->len; i++)
		tell_items(builder, g_ptr_array_index(left, i), 0);
	if (builder->visitor->end)
		builder->visitor->end(builder->user);
}

uint64_t fdar_log_builder_sessions(const struct fdar_log_builder *builder, gboolean *found)
{
	*found = builder->wanted != 0;
	return builder->sessions;
}

void fdar_log_builder_free(struct fdar_log_builder *builder)
{
	if (!builder)
		return;
	fdar_walk_free(builder->walk);
	g_hash_table_unref(builder->frames);
	g_hash_table_unref(builder->threads);
	g_free(builder);
}
