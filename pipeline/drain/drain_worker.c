#include "pipeline/drain/drain_worker.h"

#include <gio/gio.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

#include "pipeline/packed/packed_columns.h"

#define UNKNOWN_WAIT_NS UINT64_C(5000000000) /* for metadata; LTTng writes it once a second */
#define MEAN_OF         8                    /* packets, of the means that choose the level */

struct job {
	struct fdar_drain_stream *stream;
	uint64_t ticket;
	struct fdar_drain_entry entry;
	struct fdar_drain_gap gap;    /* before it */
	struct fdar_drain_gap itself; /* the packet, if it has to be dropped after all */
	uint64_t events;
	gboolean counted, damaged;
	uint32_t frame_bytes;
	unsigned stride; /* packed_columns.h */
	uint64_t compress_ns, write_ns;
	gboolean written;
	GError *error;
};

struct worker {
	struct fdar_drain *drain;
	ZSTD_CCtx *context;
	uint64_t context_bytes;
	uint8_t *packet, *columns, *frame;
	size_t packet_room, columns_room, frame_room;
	int level;
	uint64_t cpu_ns; /* that was told */
};

/* ---- which packet ---- */

static struct fdar_drain_item *first_packet(const struct fdar_drain_stream *stream)
{
	for (GList *at = stream->items.head; at; at = at->next) {
		struct fdar_drain_item *item = at->data;

		if (!item->is_gap)
			return item;
	}
	return NULL;
}

static struct fdar_drain_stream *oldest_stream(const struct fdar_drain *drain)
{
	struct fdar_drain_stream *found = NULL;
	uint64_t found_end = 0;

	for (guint i = 0; i < drain->streams->len; i++) {
		struct fdar_drain_stream *stream = g_ptr_array_index(drain->streams, i);
		const struct fdar_drain_item *item = first_packet(stream);

		if (!item || (found && item->entry.end >= found_end))
			continue;
		found = stream;
		found_end = item->entry.end;
	}
	return found;
}

/* The lock is held. FALSE: there is none. */
static gboolean take_job(struct fdar_drain *drain, struct job *job)
{
	struct fdar_drain_stream *stream = oldest_stream(drain);
	gboolean is_gap = TRUE;

	if (!stream)
		return FALSE;
	*job = (struct job){ .stream = stream, .ticket = stream->tickets++ };
	while (is_gap) {
		struct fdar_drain_item *item = g_queue_pop_head(&stream->items);

		is_gap = item->is_gap;
		if (is_gap)
			fdar_drain_gap_add(&job->gap, &item->gap);
		else
			job->entry = item->entry;
		g_free(item);
		drain->items--;
	}
	stream->backlog -= job->entry.bytes;
	drain->state.backlog_bytes -= job->entry.bytes;
	drain->in_hand++;
	return TRUE;
}

/* ---- how it is compressed ---- */

/* Little waits: small files. The disk is what is slow: smaller ones. The processor is: fast. The lock
 * is held. Levels and what they cost: docs/performance.md. */
static int choose_level(const struct fdar_drain *drain)
{
	uint64_t backlog = drain->state.backlog_bytes, room = drain->high_bytes;

	if (drain->options.level != FDAR_DRAIN_LEVEL_ADAPTIVE)
		return drain->options.level;
	if (backlog < room / 32)
		return -1;
	if (drain->write_ns > drain->compress_ns)
		return backlog < room / 4 ? 1 : 3;
	return backlog < room / 8 ? -3 : backlog < room / 2 ? -7 : -20;
}

static const uint8_t *in_columns(struct worker *worker, struct job *job, size_t bytes)
{
	job->stride = fdar_packed_columns_stride(worker->packet, bytes);
	if (!job->stride)
		return worker->packet;
	fdar_drain_reserve(worker->drain, &worker->columns, &worker->columns_room, bytes);
	fdar_packed_columns_split(worker->packet, bytes, job->stride, worker->columns);
	return worker->columns;
}

static gboolean compress(struct worker *worker, struct job *job, int level)
{
	size_t bytes = (size_t)job->entry.bytes, bound = ZSTD_compressBound(bytes), n;
	uint64_t begin = fdar_drain_clock(CLOCK_MONOTONIC);
	const uint8_t *from = in_columns(worker, job, bytes);

	fdar_drain_reserve(worker->drain, &worker->frame, &worker->frame_room, bound);
	if (level != worker->level)
		ZSTD_CCtx_setParameter(worker->context, ZSTD_c_compressionLevel, level);
	worker->level = level;
	n = ZSTD_compress2(worker->context, worker->frame, bound, from, bytes);
	job->compress_ns = fdar_drain_clock(CLOCK_MONOTONIC) - begin;
	job->frame_bytes = ZSTD_isError(n) ? 0 : (uint32_t)n;
	return !ZSTD_isError(n);
}

/* ---- what is in it ---- */

/* Waits for metadata beyond the bytes that are known. FALSE: it is not worth waiting any longer. */
static gboolean wait_for_more(struct fdar_drain *drain, const struct fdar_drain_meta *meta,
			      gsize known, uint64_t until)
{
	gboolean more;

	pthread_mutex_lock(&drain->lock);
	for (;;) {
		uint64_t now = fdar_drain_clock(CLOCK_MONOTONIC);

		more = meta->text->len > known;
		if (more || now >= until || drain->state.pressure || drain->taken_all ||
		    drain->phase == FDAR_DRAIN_STOPPED)
			break;
		fdar_drain_wait(drain, &drain->grown, until - now);
	}
	pthread_mutex_unlock(&drain->lock);
	return more;
}

/* A packet may be there before the metadata that describes it. */
static void count(struct worker *worker, struct job *job)
{
	struct fdar_drain *drain = worker->drain;
	uint64_t until = fdar_drain_clock(CLOCK_MONOTONIC) + UNKNOWN_WAIT_NS;
	enum fdar_drain_count result = FDAR_DRAIN_UNKNOWN;
	gboolean give_up = FALSE;

	while (!give_up) {
		struct fdar_drain_counter *counter;
		gsize known;

		pthread_mutex_lock(&drain->lock);
		counter = fdar_drain_counter_ref(job->stream->meta->counter);
		known = job->stream->meta->text->len;
		pthread_mutex_unlock(&drain->lock);
		if (counter)
			result = fdar_drain_counter_count(counter, worker->packet,
							  (size_t)job->entry.bytes, &job->events);
		fdar_drain_counter_unref(counter);
		if (result != FDAR_DRAIN_UNKNOWN)
			break;
		give_up = !wait_for_more(drain, job->stream->meta, known, until);
	}
	job->counted = result == FDAR_DRAIN_COUNTED;
}

/* Whether the packet is what the index says. Without metadata, its head is not understood. */
static gboolean is_sound(struct worker *worker, const struct job *job)
{
	static const uint8_t little[4] = { 0xc1, 0x1f, 0xfc, 0xc1 };
	static const uint8_t big[4] = { 0xc1, 0xfc, 0x1f, 0xc1 };
	struct fdar_drain_counter *counter;
	struct fdar_drain_head head;
	gboolean ok = TRUE;

	if (job->entry.bytes < 4 ||
	    (memcmp(worker->packet, little, 4) != 0 && memcmp(worker->packet, big, 4) != 0))
		return FALSE;
	pthread_mutex_lock(&worker->drain->lock);
	counter = fdar_drain_counter_ref(job->stream->meta->counter);
	pthread_mutex_unlock(&worker->drain->lock);
	if (counter &&
	    fdar_drain_counter_head(counter, worker->packet, (size_t)job->entry.bytes, &head))
		ok = head.packet_bytes == job->entry.bytes &&
		     head.content_bits == job->entry.content_bits &&
		     head.begin == job->entry.begin && head.sequence == job->entry.sequence;
	fdar_drain_counter_unref(counter);
	return ok;
}

static void prepare(struct worker *worker, struct job *job, int level)
{
	fdar_drain_reserve(worker->drain, &worker->packet, &worker->packet_room,
			   (size_t)job->entry.bytes);
	if (!fdar_drain_stream_read(job->stream, &job->entry, worker->packet) ||
	    !is_sound(worker, job)) {
		job->damaged = TRUE;
		return;
	}
	count(worker, job);
	if (!compress(worker, job, level))
		job->damaged = TRUE;
}

/* ---- to the disk ---- */

static struct fdar_packed_entry note_of(const struct job *job, const struct fdar_drain_gap *before)
{
	return (struct fdar_packed_entry){
		.frame_bytes = job->frame_bytes,
		.packet_bytes = (uint32_t)job->entry.bytes,
		.content_bits = job->entry.content_bits,
		.begin = job->entry.begin,
		.end = job->entry.end,
		.events = job->events,
		.discarded = job->entry.discarded,
		.dropped = before->events,
		.sequence = job->entry.sequence,
		.flags = job->stride | (job->counted ? 0 : FDAR_PACKED_UNCOUNTED),
	};
}

static gboolean has_room(struct fdar_drain *drain, uint64_t bytes, GError **error)
{
	gboolean ok;

	pthread_mutex_lock(&drain->lock);
	ok = !drain->options.disk_bytes ||
	     drain->state.disk_bytes + bytes <= drain->options.disk_bytes;
	pthread_mutex_unlock(&drain->lock);
	if (!ok)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
			    "%s: it has come to its limit of %" G_GUINT64_FORMAT " bytes",
			    drain->target, drain->options.disk_bytes);
	return ok;
}

static void name_error(struct job *job)
{
	g_prefix_error(&job->error, "%s: ", job->stream->target);
}

/* It is the job's turn. */
static void write_job(struct worker *worker, struct job *job, gboolean failed)
{
	struct fdar_drain_stream *stream = job->stream;
	struct fdar_packed_entry note;
	uint64_t begin = fdar_drain_clock(CLOCK_MONOTONIC);

	fdar_drain_gap_add(&stream->carry, &job->gap);
	note = note_of(job, &stream->carry);
	if (!failed && !job->damaged &&
	    has_room(worker->drain, note.frame_bytes + FDAR_PACKED_NOTE_FRAME, &job->error) &&
	    fdar_drain_meta_save(stream->meta, &worker->drain->lock, &job->error) &&
	    fdar_drain_stream_open(stream, &job->error)) {
		job->written =
			fdar_packed_file_append(&stream->file, &note, worker->frame, &job->error);
		if (!job->written)
			name_error(job);
	}
	if (job->written) {
		stream->carry = (struct fdar_drain_gap){ 0 };
	} else if (!job->damaged) {
		job->itself = (struct fdar_drain_gap){ .packets = 1,
						       .events = job->events,
						       .uncounted = !job->counted,
						       .begin = job->entry.begin,
						       .end = job->entry.end,
						       .discarded = job->entry.discarded,
						       .sequence = job->entry.sequence };
		fdar_drain_gap_add(&stream->carry, &job->itself);
	}
	fdar_drain_stream_punch(stream, stream->freed, job->entry.offset + job->entry.bytes);
	stream->freed = job->entry.offset + job->entry.bytes;
	job->write_ns = fdar_drain_clock(CLOCK_MONOTONIC) - begin;
}

/* The lock is held. */
static void tell(struct worker *worker, struct job *job)
{
	struct fdar_drain *drain = worker->drain;
	struct fdar_drain_state *state = &drain->state;
	uint64_t disk = job->stream->file.bytes;
	uint64_t cpu = fdar_drain_clock(CLOCK_THREAD_CPUTIME_ID);

	state->disk_bytes += disk - job->stream->disk_bytes;
	job->stream->disk_bytes = disk;
	state->cpu_ns += cpu - worker->cpu_ns;
	worker->cpu_ns = cpu;
	state->level = worker->level;
	state->packets += job->written ? 1 : 0;
	state->trace_bytes += job->written ? job->entry.bytes : 0;
	state->events += job->written ? job->events : 0;
	state->damaged_packets += job->damaged ? 1 : 0;
	state->dropped_packets += job->itself.packets;
	state->dropped_events += job->itself.events;
	state->dropped_uncounted += job->itself.uncounted;
	state->memory_bytes -= MIN(state->memory_bytes, job->entry.bytes);
	drain->compress_ns += job->compress_ns / MEAN_OF - drain->compress_ns / MEAN_OF;
	drain->write_ns += job->write_ns / MEAN_OF - drain->write_ns / MEAN_OF;
	if (job->error)
		fdar_drain_fail(drain, job->error);
}

static void count_context(struct worker *worker)
{
	uint64_t bytes = ZSTD_sizeof_CCtx(worker->context);

	worker->drain->own_bytes += bytes - worker->context_bytes;
	worker->context_bytes = bytes;
}

static void do_job(struct worker *worker, struct job *job, int level)
{
	struct fdar_drain *drain = worker->drain;
	gboolean failed;

	prepare(worker, job, level);
	pthread_mutex_lock(&drain->lock);
	while (job->stream->turn != job->ticket)
		pthread_cond_wait(&drain->turned, &drain->lock);
	failed = drain->failed;
	pthread_mutex_unlock(&drain->lock);
	write_job(worker, job, failed);
	pthread_mutex_lock(&drain->lock);
	tell(worker, job);
	count_context(worker);
	job->stream->turn++;
	drain->in_hand--;
	pthread_cond_broadcast(&drain->turned);
	pthread_cond_signal(&drain->settled);
	pthread_mutex_unlock(&drain->lock);
}

/* FALSE: it is over. */
static gboolean next_job(struct fdar_drain *drain, struct job *job, int *level)
{
	gboolean found = FALSE;

	pthread_mutex_lock(&drain->lock);
	while (drain->phase != FDAR_DRAIN_STOPPED) {
		*level = choose_level(drain);
		found = take_job(drain, job);
		if (found)
			break;
		pthread_cond_wait(&drain->work, &drain->lock);
	}
	pthread_mutex_unlock(&drain->lock);
	return found;
}

void *fdar_drain_worker_run(void *user)
{
	struct worker worker = { .drain = user, .level = INT_MIN };
	struct job job;
	int level;

	worker.context = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(worker.context, ZSTD_c_checksumFlag, 1);
	while (next_job(worker.drain, &job, &level))
		do_job(&worker, &job, level);
	ZSTD_freeCCtx(worker.context);
	g_free(worker.packet);
	g_free(worker.columns);
	g_free(worker.frame);
	return NULL;
}

/* ---- the end ---- */

static gboolean close_stream(struct fdar_drain *drain, struct fdar_drain_stream *stream,
			     GError **error)
{
	struct fdar_packed_entry note = { 0 };

	if (!first_packet(stream)) {
		for (GList *at = stream->items.head; at; at = at->next)
			fdar_drain_gap_add(&stream->carry,
					   &((struct fdar_drain_item *)at->data)->gap);
		g_queue_clear_full(&stream->items, g_free);
	}
	if (!stream->carry.packets && stream->file.fd < 0)
		return TRUE;
	if (!fdar_drain_stream_open(stream, error))
		return FALSE;
	if (stream->carry.packets) {
		note.begin = stream->carry.begin;
		note.end = stream->carry.end;
		note.discarded = stream->carry.discarded;
		note.dropped = stream->carry.events;
		note.sequence = stream->carry.sequence;
		note.flags = stream->carry.uncounted ? FDAR_PACKED_UNCOUNTED : 0;
		if (!fdar_packed_file_append(&stream->file, &note, NULL, error))
			return FALSE;
		stream->carry = (struct fdar_drain_gap){ 0 };
		if (!first_packet(stream))
			fdar_drain_stream_punch(stream, stream->freed, stream->taken);
	}
	drain->state.disk_bytes += stream->file.bytes - stream->disk_bytes;
	stream->disk_bytes = stream->file.bytes;
	return fdar_packed_file_sync(&stream->file, error);
}

/* All of it is tried; the first error is told. */
gboolean fdar_drain_worker_close(struct fdar_drain *drain, GError **error)
{
	GError *first = NULL;

	for (guint i = 0; i < drain->metas->len; i++) {
		struct fdar_drain_meta *meta = g_ptr_array_index(drain->metas, i);

		fdar_drain_meta_save(meta, &drain->lock, first ? NULL : &first);
	}
	for (guint i = 0; i < drain->streams->len; i++)
		close_stream(drain, g_ptr_array_index(drain->streams, i), first ? NULL : &first);
	for (guint i = 0; i < drain->metas->len; i++)
		fdar_drain_meta_sync(g_ptr_array_index(drain->metas, i), first ? NULL : &first);
	if (first)
		g_propagate_error(error, first);
	return !first;
}
