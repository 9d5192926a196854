#include "pipeline/source/source_ahead.h"

#include <string.h>

#include "pipeline/events/arena.h"

/* A batch, from one thread to the other and back. */
struct batch {
	struct fdar_event *events;
	gssize count; /* as fdar_source_read gives it */
	GError *error;
	struct fdar_arena *data;
	GPtrArray *texts;   /* const char *, the source's: that are new with it */
	GArray *namespaces; /* of uint32_t: of homes that are */
};

struct fdar_source_ahead {
	struct fdar_source *source;
	GThread *thread;         /* NULL: there is none, or it has been joined */
	struct fdar_event *desk; /* the thread's: where it reads to */
	struct batch batches[FDAR_SOURCE_AHEAD_BATCHES];
	gboolean taken;     /* the first of those that are full is in use */
	GPtrArray *texts;   /* const char *, by id: those of all batches that were taken */
	GArray *namespaces; /* of uint32_t, by home, likewise */
	uint32_t known;     /* the thread's: so many texts were handed over, */
	uint32_t homes;     /* and homes */
	GMutex working;     /* held by the thread while it is at it */
	GMutex lock;        /* of what follows */
	GCond changed;
	unsigned first, full; /* full ones, in the order in which they are read */
	gboolean stop;
};

/* ---- in the thread ---- */

static const char *keep(struct fdar_arena *arena, const char *data, uint32_t length)
{
	char *kept = fdar_arena_alloc(arena, length);

	memcpy(kept, data, length);
	return kept;
}

/* Nearly all are not; which of them one is, nobody foresees. */
static inline gboolean may_point(const struct fdar_event *event)
{
	const uint64_t never = UINT64_C(1) << FDAR_EVENT_FUNC_ENTRY |
			       UINT64_C(1) << FDAR_EVENT_FUNC_EXIT |
			       UINT64_C(1) << FDAR_EVENT_FUNC_CALL;

	_Static_assert(FDAR_EVENT_KINDS <= 64, "a bit each");
	return !(never >> event->kind & 1);
}

/* What the events point to, the source takes back when it is read again. */
static void keep_data(struct batch *batch, struct fdar_event *events)
{
	for (gssize i = 0; i < batch->count; i++) {
		struct fdar_event *event = &events[i];

		if (G_LIKELY(!may_point(event)) || !event->data)
			continue;
		event->data =
			event->data_len ? keep(batch->data, event->data, event->data_len) : "";
	}
}

/* What there is since the batch before. */
static void hand_over(struct fdar_source_ahead *ahead, struct batch *batch)
{
	uint32_t texts = fdar_source_texts(ahead->source);
	uint32_t homes = fdar_source_homes(ahead->source);

	for (; ahead->known < texts; ahead->known++)
		g_ptr_array_add(batch->texts,
				(gpointer)fdar_source_text(ahead->source, ahead->known));
	for (; ahead->homes < homes; ahead->homes++) {
		uint32_t ns = fdar_source_namespace(ahead->source, (uint16_t)ahead->homes);

		g_array_append_val(batch->namespaces, ns);
	}
}

/* Events are written bit by bit: that is done where no other processor reads. Then they are copied as a whole
 * (helper.h says why). */
static void fill(struct fdar_source_ahead *ahead, struct batch *batch)
{
	g_mutex_lock(&ahead->working);
	fdar_arena_reset(batch->data);
	g_ptr_array_set_size(batch->texts, 0);
	g_array_set_size(batch->namespaces, 0);
	batch->count = fdar_source_read(ahead->source, ahead->desk, FDAR_SOURCE_AHEAD_EVENTS,
					&batch->error);
	keep_data(batch, ahead->desk);
	if (batch->count > 0)
		memcpy(batch->events, ahead->desk, (size_t)batch->count * sizeof(*ahead->desk));
	hand_over(ahead, batch);
	g_mutex_unlock(&ahead->working);
}

/* NULL: it is to stop. */
static struct batch *wait_for_room(struct fdar_source_ahead *ahead)
{
	struct batch *batch = NULL;

	g_mutex_lock(&ahead->lock);
	while (!ahead->stop && ahead->full == FDAR_SOURCE_AHEAD_BATCHES)
		g_cond_wait(&ahead->changed, &ahead->lock);
	if (!ahead->stop)
		batch = &ahead->batches[(ahead->first + ahead->full) % FDAR_SOURCE_AHEAD_BATCHES];
	g_mutex_unlock(&ahead->lock);
	return batch;
}

static gpointer read_ahead(gpointer data)
{
	struct fdar_source_ahead *ahead = data;
	struct batch *batch;
	gboolean goes_on = TRUE;

	while (goes_on && (batch = wait_for_room(ahead))) {
		fill(ahead, batch);
		goes_on = batch->count > 0;
		g_mutex_lock(&ahead->lock);
		/* Who waits is woken when there is something to do, not for each batch. */
		if (++ahead->full == FDAR_SOURCE_AHEAD_BATCHES / 2 || !goes_on)
			g_cond_signal(&ahead->changed);
		g_mutex_unlock(&ahead->lock);
	}
	return NULL;
}

/* ---- beside it ---- */

struct fdar_source_ahead *fdar_source_ahead_new(struct fdar_source *source, unsigned threads)
{
	struct fdar_source_ahead *ahead = g_new0(struct fdar_source_ahead, 1);
	gboolean alone;

	alone = threads < 2 || !fdar_source_is_own(source);
	ahead->source = source;
	ahead->desk = alone ? NULL : g_new(struct fdar_event, FDAR_SOURCE_AHEAD_EVENTS);
	ahead->texts = g_ptr_array_new();
	ahead->namespaces = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_mutex_init(&ahead->working);
	g_mutex_init(&ahead->lock);
	g_cond_init(&ahead->changed);
	for (unsigned i = 0; i < (alone ? 1 : FDAR_SOURCE_AHEAD_BATCHES); i++)
		ahead->batches[i] = (struct batch){
			.events = g_new(struct fdar_event, FDAR_SOURCE_AHEAD_EVENTS),
			.data = fdar_arena_new(),
			.texts = g_ptr_array_new(),
			.namespaces = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		};
	if (!alone)
		ahead->thread = g_thread_new("reader", read_ahead, ahead);
	return ahead;
}

gboolean fdar_source_ahead_has_thread(const struct fdar_source_ahead *ahead)
{
	return ahead->thread != NULL;
}

static void join(struct fdar_source_ahead *ahead)
{
	if (!ahead->thread)
		return;
	g_mutex_lock(&ahead->lock);
	ahead->stop = TRUE;
	g_cond_signal(&ahead->changed);
	g_mutex_unlock(&ahead->lock);
	g_thread_join(g_steal_pointer(&ahead->thread));
}

/* Gives the batch in use back, and waits for the next. */
static struct batch *take(struct fdar_source_ahead *ahead)
{
	struct batch *batch;

	g_mutex_lock(&ahead->lock);
	if (ahead->taken) {
		ahead->first = (ahead->first + 1) % FDAR_SOURCE_AHEAD_BATCHES;
		if (--ahead->full == FDAR_SOURCE_AHEAD_BATCHES / 2)
			g_cond_signal(&ahead->changed);
	}
	while (!ahead->full)
		g_cond_wait(&ahead->changed, &ahead->lock);
	ahead->taken = TRUE;
	batch = &ahead->batches[ahead->first];
	g_mutex_unlock(&ahead->lock);
	return batch;
}

gssize fdar_source_ahead_read(struct fdar_source_ahead *ahead, const struct fdar_event **events,
			      GError **error)
{
	struct batch *batch = ahead->batches;

	*events = batch->events;
	if (!ahead->thread)
		return fdar_source_read(ahead->source, batch->events, FDAR_SOURCE_AHEAD_EVENTS,
					error);
	batch = take(ahead);
	g_ptr_array_extend(ahead->texts, batch->texts, NULL, NULL);
	g_array_append_vals(ahead->namespaces, batch->namespaces->data, batch->namespaces->len);
	*events = batch->events;
	if (batch->count > 0)
		return batch->count;
	join(ahead);
	if (batch->error)
		g_propagate_error(error, g_steal_pointer(&batch->error));
	return batch->count;
}

const char *fdar_source_ahead_text(const void *data, uint32_t name)
{
	const struct fdar_source_ahead *ahead = data;

	if (!ahead->thread)
		return fdar_source_text(ahead->source, name);
	return name < ahead->texts->len ? g_ptr_array_index(ahead->texts, name) : "";
}

uint32_t fdar_source_ahead_namespace(const void *data, uint16_t home)
{
	const struct fdar_source_ahead *ahead = data;

	if (!ahead->thread)
		return fdar_source_namespace(ahead->source, home);
	return home < ahead->namespaces->len ? g_array_index(ahead->namespaces, uint32_t, home) : 0;
}

uint32_t fdar_source_ahead_pid(const void *data, uint32_t pid)
{
	const struct fdar_source_ahead *ahead = data;
	uint32_t id;

	fdar_source_ahead_hold((void *)ahead);
	id = fdar_source_process(ahead->source, pid).pid;
	fdar_source_ahead_release((void *)ahead);
	return id;
}

void fdar_source_ahead_hold(void *ahead)
{
	g_mutex_lock(&((struct fdar_source_ahead *)ahead)->working);
}

void fdar_source_ahead_release(void *ahead)
{
	g_mutex_unlock(&((struct fdar_source_ahead *)ahead)->working);
}

void fdar_source_ahead_free(struct fdar_source_ahead *ahead)
{
	if (!ahead)
		return;
	join(ahead);
	g_free(ahead->desk);
	for (unsigned i = 0; i < FDAR_SOURCE_AHEAD_BATCHES && ahead->batches[i].events; i++) {
		g_free(ahead->batches[i].events);
		g_clear_error(&ahead->batches[i].error);
		fdar_arena_free(ahead->batches[i].data);
		g_ptr_array_unref(ahead->batches[i].texts);
		g_array_unref(ahead->batches[i].namespaces);
	}
	g_ptr_array_unref(ahead->texts);
	g_array_unref(ahead->namespaces);
	g_mutex_clear(&ahead->working);
	g_mutex_clear(&ahead->lock);
	g_cond_clear(&ahead->changed);
	g_free(ahead);
}
