#include "pipeline/drain/drain_bound.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#define MEMORY_LEAST (UINT64_C(8) << 20) /* free in a tmpfs, for us to stop there */
#define MEMORY_NONE  (UINT64_C(1) << 20) /* the same, for LTTng to have found no room */
#define MEMORY_MOST  (UINT64_C(1) << 48)
#define PAGE         4096u /* where a mark is stays in memory */

void fdar_drain_bound_init(struct fdar_drain *drain)
{
	uint64_t bound = MIN(drain->options.memory_bytes, MEMORY_MOST);
	uint64_t reserve = CLAMP(drain->options.reserve_bytes, bound / 8, bound / 2);

	drain->high_bytes = bound - reserve;
	drain->low_bytes = drain->high_bytes / 4 * 3;
}

/* ---- measuring ---- */

/* What is not left in the tmpfs, because others use it too, is as good as taken. */
static uint64_t missing_bytes(struct fdar_drain *drain, uint64_t used)
{
	uint64_t left, reachable;
	gboolean taken; /* by others, of the room that was to be ours */
	struct statfs fs;

	if (statfs(drain->source, &fs) != 0 || fs.f_type != TMPFS_MAGIC || !fs.f_blocks)
		return 0;
	left = (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize;
	taken = used + left < MIN(drain->options.memory_bytes, MEMORY_MOST);
	drain->was_short |= left < MEMORY_LEAST || taken;
	pthread_mutex_lock(&drain->lock);
	/* A packet that is not whole was written when there was no room, if others have taken of
	 * ours; that moment itself may be over before anybody looks. */
	drain->state.memory_full |= left < MEMORY_NONE || (drain->state.damaged_packets && taken);
	pthread_mutex_unlock(&drain->lock);
	reachable = used + left > MEMORY_LEAST ? used + left - MEMORY_LEAST : 0;
	return drain->high_bytes > reachable ? drain->high_bytes - reachable : 0;
}

static uint64_t measure(struct fdar_drain *drain)
{
	uint64_t bytes = drain->other_bytes, missing;

	for (guint i = 0; i < drain->streams->len; i++)
		bytes += fdar_drain_stream_memory(g_ptr_array_index(drain->streams, i));
	missing = missing_bytes(drain, bytes);
	pthread_mutex_lock(&drain->lock);
	bytes += drain->own_bytes + drain->items * FDAR_DRAIN_ITEM_BYTES;
	drain->state.memory_bytes = bytes;
	drain->state.memory_peak_bytes = MAX(drain->state.memory_peak_bytes, bytes);
	pthread_mutex_unlock(&drain->lock);
	return bytes + missing;
}

/* ---- dropping ---- */

static uint64_t count_events(struct fdar_drain *drain, const struct fdar_drain_stream *stream,
			     const struct fdar_drain_entry *entry, gboolean *counted)
{
	struct fdar_drain_counter *counter;
	uint64_t events = 0;

	pthread_mutex_lock(&drain->lock);
	counter = fdar_drain_counter_ref(stream->meta->counter);
	pthread_mutex_unlock(&drain->lock);
	fdar_drain_reserve(drain, &drain->buffer, &drain->buffer_bytes, (size_t)entry->bytes);
	*counted = counter && fdar_drain_stream_read(stream, entry, drain->buffer) &&
		   fdar_drain_counter_count(counter, drain->buffer, (size_t)entry->bytes,
					    &events) == FDAR_DRAIN_COUNTED;
	fdar_drain_counter_unref(counter);
	return events;
}

/* Takes the last packet out of the list; what is behind it are gaps, which no worker takes. */
static struct fdar_drain_item *take_newest(struct fdar_drain *drain,
					   struct fdar_drain_stream *stream)
{
	struct fdar_drain_item *item = NULL;
	GList *at;

	pthread_mutex_lock(&drain->lock);
	at = stream->items.tail;
	while (at && ((struct fdar_drain_item *)at->data)->is_gap)
		at = at->prev;
	if (at) {
		item = at->data;
		g_queue_delete_link(&stream->items, at);
		stream->backlog -= item->entry.bytes;
		drain->state.backlog_bytes -= item->entry.bytes;
	}
	pthread_mutex_unlock(&drain->lock);
	return item;
}

/* The item has become a gap; it and the gaps on both sides become one, so that none ever has a neighbour.
 * Gives the mark's place that is no longer needed, UINT64_MAX: none. */
static uint64_t join_gaps(struct fdar_drain *drain, struct fdar_drain_stream *stream,
			  struct fdar_drain_item *item, struct fdar_drain_item **joined)
{
	struct fdar_drain_item *tail;
	uint64_t old = UINT64_MAX;

	pthread_mutex_lock(&drain->lock);
	tail = g_queue_peek_tail(&stream->items);
	if (tail && tail->is_gap && tail->entry.offset > item->entry.offset) {
		old = tail->entry.offset;
		fdar_drain_gap_add(&item->gap, &tail->gap);
		g_free(g_queue_pop_tail(&stream->items));
		drain->items--;
		tail = g_queue_peek_tail(&stream->items);
	}
	if (tail && tail->is_gap) {
		fdar_drain_gap_add(&tail->gap, &item->gap);
		g_free(item);
		drain->items--;
		item = tail;
	} else {
		g_queue_push_tail(&stream->items, item);
	}
	*joined = item;
	fdar_drain_stream_check(stream);
	pthread_mutex_unlock(&drain->lock);
	return old;
}

/* The mark first, then the memory: whoever comes after us counts every packet once. */
static void give_back(const struct fdar_drain_stream *stream, const struct fdar_drain_entry *packet,
		      const struct fdar_drain_item *gap, uint64_t old)
{
	uint64_t from = packet->offset;

	fdar_drain_stream_mark(stream, gap->entry.offset, &gap->gap);
	if (gap->entry.offset == packet->offset)
		from += MIN(PAGE, packet->bytes);
	fdar_drain_stream_punch(stream, from, packet->offset + packet->bytes);
	if (old != UINT64_MAX)
		fdar_drain_stream_punch(stream, old, old + PAGE);
}

/* Gives the bytes that were freed; 0: the stream has no packet. */
static uint64_t drop_newest(struct fdar_drain *drain, struct fdar_drain_stream *stream)
{
	struct fdar_drain_item *item = take_newest(drain, stream);
	struct fdar_drain_entry packet;
	gboolean counted;
	uint64_t old;

	if (!item)
		return 0;
	packet = item->entry;
	item->is_gap = TRUE;
	item->gap = (struct fdar_drain_gap){ .packets = 1,
					     .begin = packet.begin,
					     .end = packet.end,
					     .discarded = packet.discarded,
					     .sequence = packet.sequence };
	item->gap.events = count_events(drain, stream, &packet, &counted);
	item->gap.uncounted = !counted;
	pthread_mutex_lock(&drain->lock);
	drain->state.dropped_packets++;
	drain->state.dropped_events += item->gap.events;
	drain->state.dropped_uncounted += item->gap.uncounted;
	pthread_mutex_unlock(&drain->lock);
	old = join_gaps(drain, stream, item, &item);
	give_back(stream, &packet, item, old);
	return packet.bytes;
}

static struct fdar_drain_stream *fullest(struct fdar_drain *drain)
{
	struct fdar_drain_stream *found = NULL;

	pthread_mutex_lock(&drain->lock);
	for (guint i = 0; i < drain->streams->len; i++) {
		struct fdar_drain_stream *stream = g_ptr_array_index(drain->streams, i);

		if (stream->backlog && (!found || stream->backlog > found->backlog))
			found = stream;
	}
	pthread_mutex_unlock(&drain->lock);
	return found;
}

/* Whether a packet came behind those that were there after the last look. */
static gboolean has_new(struct fdar_drain *drain, struct fdar_drain_stream *stream)
{
	gboolean found = FALSE;

	pthread_mutex_lock(&drain->lock);
	for (GList *at = stream->items.tail; at; at = at->prev) {
		const struct fdar_drain_item *item = at->data;

		if (item->is_gap)
			continue;
		found = item->entry.offset >= stream->settled;
		break;
	}
	pthread_mutex_unlock(&drain->lock);
	return found;
}

static void drop_new(struct fdar_drain *drain, uint64_t *used)
{
	for (guint i = 0; i < drain->streams->len; i++) {
		struct fdar_drain_stream *stream = g_ptr_array_index(drain->streams, i);

		stream->dropping = stream->dropping && *used > drain->low_bytes;
		while (stream->dropping && has_new(drain, stream)) {
			uint64_t freed = drop_newest(drain, stream);

			*used -= MIN(*used, freed);
		}
		stream->settled = stream->taken;
	}
}

/* Bytes of packets that are not whole yet, and will be dropped when they are: the room for them is kept
 * free anyway, and nothing else has to go instead. */
static uint64_t coming_bytes(const struct fdar_drain *drain)
{
	uint64_t bytes = 0;

	for (guint i = 0; i < drain->streams->len; i++) {
		const struct fdar_drain_stream *stream = g_ptr_array_index(drain->streams, i);

		if (stream->dropping && stream->bytes > stream->taken)
			bytes += stream->bytes - stream->taken;
	}
	return MIN(bytes, (drain->options.memory_bytes - drain->high_bytes) / 2);
}

static void drop(struct fdar_drain *drain, uint64_t *used)
{
	drop_new(drain, used);
	while (*used > drain->high_bytes + coming_bytes(drain)) {
		struct fdar_drain_stream *stream = fullest(drain);
		uint64_t freed = stream ? drop_newest(drain, stream) : 0;

		if (!freed)
			return;
		stream->dropping = TRUE;
		*used -= MIN(*used, freed);
	}
}

/* ---- telling ---- */

static void tell_pressure(struct fdar_drain *drain, uint64_t used)
{
	gboolean before, now;

	pthread_mutex_lock(&drain->lock);
	before = drain->state.pressure;
	now = before ? used > drain->low_bytes : used > drain->high_bytes;
	drain->state.pressure = now;
	if (now != before)
		pthread_cond_broadcast(&drain->grown);
	pthread_mutex_unlock(&drain->lock);
	if (now != before && drain->options.pressure)
		drain->options.pressure(now, drain->options.user);
}

void fdar_drain_bound_keep(struct fdar_drain *drain)
{
	uint64_t used = measure(drain);

	tell_pressure(drain, used);
	if (!drain->options.lossless)
		drop(drain, &used);
}
