#include "pipeline/drain/drain_follow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/drain/drain_bound.h"
#include "pipeline/drain/drain_closed.h"

#define LOOK_NS     UINT64_C(5000000)  /* between two looks at the stream files */
#define IDLE_NS     UINT64_C(20000000) /* the same when nothing came */
#define FOLDERS_NS  UINT64_C(50000000) /* between two looks for folders, files and metadata */
#define RATES_NS    UINT64_C(1000000000)
#define FOLLOW_NICE (-5)
#define DEPTH_MAX   8u
#define STREAMS_MAX 16384u
#define HEAD_BYTES  4096u /* of a packet */
#define AT_ONCE     256u  /* packets of one stream in one look */
#define OFFSET_MAX  (UINT64_C(1) << 62)

/* What is of one look only. */
struct look {
	struct fdar_drain *drain;
	gboolean ending;
	guint found; /* packets */
};

/* ---- folders and files ---- */

static struct fdar_drain_meta *meta_of(struct fdar_drain *drain, const char *folder)
{
	g_autofree char *target = NULL;
	struct fdar_drain_meta *meta;

	for (guint i = 0; i < drain->metas->len; i++) {
		meta = g_ptr_array_index(drain->metas, i);
		if (strcmp(meta->source, folder) == 0)
			return meta;
	}
	target = g_strconcat(drain->target, folder + strlen(drain->source), NULL);
	meta = fdar_drain_meta_new(folder, target);
	g_ptr_array_add(drain->metas, meta);
	return meta;
}

/* Another drain may have done some of it. */
static void resume(struct fdar_drain *drain, struct fdar_drain_stream *stream)
{
	GError *error = NULL;

	if (!drain->resuming || !g_file_test(stream->target, G_FILE_TEST_EXISTS))
		return;
	if (!fdar_drain_stream_open(stream, &error)) {
		pthread_mutex_lock(&drain->lock);
		fdar_drain_fail(drain, error);
		pthread_mutex_unlock(&drain->lock);
		return;
	}
	stream->resumed = stream->file.any;
	stream->resumed_sequence = stream->file.last.sequence;
	stream->disk_bytes = stream->file.bytes;
	pthread_mutex_lock(&drain->lock);
	drain->state.disk_bytes += stream->file.bytes;
	pthread_mutex_unlock(&drain->lock);
}

static void add_stream(struct fdar_drain *drain, const char *folder, const char *name)
{
	struct fdar_drain_stream *stream;
	g_autofree char *path = g_build_filename(folder, name, NULL);

	if (g_hash_table_contains(drain->known, path) || drain->streams->len >= STREAMS_MAX)
		return;
	stream = fdar_drain_stream_new(meta_of(drain, folder), name);
	if (!stream)
		return;
	fdar_drain_closed_add(drain->closed, path);
	g_hash_table_add(drain->known, g_steal_pointer(&path));
	resume(drain, stream);
	pthread_mutex_lock(&drain->lock);
	g_ptr_array_add(drain->streams, stream);
	drain->state.streams = drain->streams->len;
	pthread_mutex_unlock(&drain->lock);
}

/* A folder with metadata has stream files, and its index; any other may have folders. */
static void look_into(struct fdar_drain *drain, const char *folder, unsigned depth)
{
	g_autofree char *metadata = g_build_filename(folder, "metadata", NULL);
	gboolean is_trace = g_file_test(metadata, G_FILE_TEST_IS_REGULAR);
	DIR *dir = depth < DEPTH_MAX ? opendir(folder) : NULL;
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		g_autofree char *path = g_build_filename(folder, entry->d_name, NULL);
		struct stat st;

		if (entry->d_name[0] == '.' || lstat(path, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode) && strcmp(entry->d_name, "index") != 0)
			look_into(drain, path, depth + 1);
		else if (S_ISREG(st.st_mode) && is_trace && strcmp(entry->d_name, "metadata") != 0)
			add_stream(drain, folder, entry->d_name);
		else if (S_ISREG(st.st_mode))
			drain->other_bytes += (uint64_t)st.st_blocks * 512;
	}
	if (is_trace)
		meta_of(drain, folder);
	if (dir)
		closedir(dir);
}

static void look_for_folders(struct look *look)
{
	struct fdar_drain *drain = look->drain;
	gboolean grown = FALSE;

	drain->other_bytes = 0;
	look_into(drain, drain->source, 0);
	for (guint i = 0; i < drain->metas->len; i++)
		grown |= fdar_drain_meta_look(g_ptr_array_index(drain->metas, i), look->ending,
					      &drain->lock);
	if (!grown)
		return;
	pthread_mutex_lock(&drain->lock);
	pthread_cond_broadcast(&drain->grown);
	pthread_mutex_unlock(&drain->lock);
}

/* ---- packets ---- */

static void count_losses(struct fdar_drain *drain, struct fdar_drain_stream *stream,
			 const struct fdar_drain_entry *entry)
{
	struct fdar_drain_state *state = &drain->state;

	if (entry->discarded > stream->last_discarded)
		state->discarded_events += entry->discarded - stream->last_discarded;
	if (stream->counted && entry->sequence > stream->last_sequence)
		state->lost_packets += entry->sequence - stream->last_sequence - 1;
	stream->counted = TRUE;
	/* LTTng writes 0 into a packet that its timer has cut, and goes on with the count after it. */
	stream->last_discarded = MAX(stream->last_discarded, entry->discarded);
	stream->last_sequence = entry->sequence;
}

/* What was done before, by a drain that was killed. */
static gboolean is_done(const struct fdar_drain_stream *stream,
			const struct fdar_drain_entry *entry)
{
	return stream->resumed && entry->sequence <= stream->resumed_sequence;
}

static void add_packet(struct look *look, struct fdar_drain_stream *stream,
		       const struct fdar_drain_entry *entry)
{
	struct fdar_drain *drain = look->drain;
	struct fdar_drain_item *item;
	gboolean done = is_done(stream, entry);

	stream->taken = entry->offset + entry->bytes;
	if (done) {
		/* The counter goes on from what the packets before have told. */
		stream->last_discarded = MAX(stream->last_discarded, entry->discarded);
		fdar_drain_stream_punch(stream, entry->offset, entry->offset + entry->bytes);
		return;
	}
	item = g_new0(struct fdar_drain_item, 1);
	item->entry = *entry;
	if (fdar_drain_stream_marked(stream, entry->offset, &item->gap)) {
		item->is_gap = TRUE;
		stream->resumed = TRUE;
		stream->resumed_sequence = item->gap.sequence;
	}
	pthread_mutex_lock(&drain->lock);
	count_losses(drain, stream, entry);
	g_queue_push_tail(&stream->items, item);
	drain->items++;
	if (!item->is_gap) {
		stream->backlog += entry->bytes;
		drain->state.backlog_bytes += entry->bytes;
		pthread_cond_signal(&drain->work);
	}
	pthread_mutex_unlock(&drain->lock);
	look->found++;
}

/* Whether it can be: behind those before, and whole. */
static gboolean is_sane(const struct fdar_drain_stream *stream,
			const struct fdar_drain_entry *entry)
{
	return entry->bytes && entry->bytes <= FDAR_PACKED_PACKET_MAX &&
	       entry->offset >= stream->taken && entry->offset < OFFSET_MAX;
}

static void add_damaged(struct fdar_drain *drain)
{
	pthread_mutex_lock(&drain->lock);
	drain->state.damaged_packets++;
	pthread_mutex_unlock(&drain->lock);
}

static void take_indexed(struct look *look, struct fdar_drain_stream *stream)
{
	struct fdar_drain_entry entry;

	for (guint i = 0; i < AT_ONCE || look->ending; i++) {
		if (!fdar_drain_index_read(&stream->index, stream->index_path, &entry))
			return;
		if (!is_sane(stream, &entry)) {
			add_damaged(look->drain);
			continue;
		}
		if (entry.offset + entry.bytes > stream->bytes) {
			/* Written after the look at how long the file is, or not at all. */
			fdar_drain_stream_memory(stream);
		}
		if (entry.offset + entry.bytes <= stream->bytes) {
			add_packet(look, stream, &entry);
		} else if (look->ending) {
			add_damaged(look->drain);
		} else {
			fdar_drain_index_unread(&stream->index);
			return;
		}
	}
}

/* At the end: what the consumer wrote whole, but did not come to put into the index. */
static void take_unindexed(struct look *look, struct fdar_drain_stream *stream)
{
	uint8_t bytes[HEAD_BYTES];
	struct fdar_drain_head head;

	while (stream->meta->counter && stream->bytes > stream->taken) {
		uint64_t left = stream->bytes - stream->taken;
		ssize_t n = pread(stream->fd, bytes, sizeof(bytes), (off_t)stream->taken);
		struct fdar_drain_entry entry = { .offset = stream->taken };

		if (n <= 0 ||
		    !fdar_drain_counter_head(stream->meta->counter, bytes, (size_t)n, &head))
			break;
		entry.bytes = head.packet_bytes;
		entry.content_bits = head.content_bits;
		entry.begin = head.begin;
		entry.end = head.end;
		entry.discarded = head.discarded;
		entry.sequence = head.sequence;
		if (!is_sane(stream, &entry) || entry.bytes > left)
			break;
		add_packet(look, stream, &entry);
	}
	if (stream->bytes > stream->taken)
		add_damaged(look->drain);
}

static void look_at_streams(struct look *look)
{
	struct fdar_drain *drain = look->drain;

	for (guint i = 0; i < drain->streams->len; i++) {
		struct fdar_drain_stream *stream = g_ptr_array_index(drain->streams, i);

		take_indexed(look, stream);
		if (look->ending) {
			fdar_drain_stream_memory(stream);
			take_unindexed(look, stream);
		}
	}
}

/* The tmpfs may be full between two looks only: what is dropped makes room again. But a stream that LTTng has
 * closed meanwhile stays closed, and that may be known before it is seen how little room there is. */
static void look_for_closed(struct fdar_drain *drain)
{
	pthread_mutex_lock(&drain->lock);
	fdar_drain_closed_look(drain);
	drain->state.memory_full |= drain->given_up && drain->was_short;
	pthread_mutex_unlock(&drain->lock);
}

/* ---- rates ---- */

struct rates {
	uint64_t at, events, in, out;
};

static void set_rates(struct fdar_drain *drain, struct rates *before)
{
	uint64_t now = fdar_drain_clock(CLOCK_MONOTONIC);
	struct fdar_drain_state *state = &drain->state;
	struct rates latest;
	double seconds = (double)(now - before->at) / 1e9;

	if (now - before->at < RATES_NS)
		return;
	pthread_mutex_lock(&drain->lock);
	latest = (struct rates){ .at = now,
				 .events = state->events + state->dropped_events,
				 .in = state->trace_bytes + state->backlog_bytes,
				 .out = state->disk_bytes };
	state->events_per_s = (double)(latest.events - before->events) / seconds;
	state->memory_bytes_per_s =
		latest.in > before->in ? (double)(latest.in - before->in) / seconds : 0;
	state->disk_bytes_per_s = (double)(latest.out - before->out) / seconds;
	pthread_mutex_unlock(&drain->lock);
	*before = latest;
}

/* ---- the thread ---- */

/* FALSE: it is over. ending: nothing more comes. */
static gboolean pause_for(struct fdar_drain *drain, uint64_t ns, gboolean *ending)
{
	gboolean more;

	pthread_mutex_lock(&drain->lock);
	if (drain->phase == FDAR_DRAIN_RUNNING || drain->taken_all)
		fdar_drain_wait(drain, &drain->follow, ns);
	*ending = drain->phase == FDAR_DRAIN_ENDING && !drain->taken_all;
	more = drain->phase != FDAR_DRAIN_STOPPED;
	pthread_mutex_unlock(&drain->lock);
	return more;
}

static void end_taking(struct fdar_drain *drain)
{
	pthread_mutex_lock(&drain->lock);
	drain->taken_all = TRUE;
	pthread_cond_broadcast(&drain->grown);
	pthread_cond_signal(&drain->settled);
	pthread_mutex_unlock(&drain->lock);
}

static void count_time(struct fdar_drain *drain, uint64_t *told)
{
	uint64_t cpu = fdar_drain_clock(CLOCK_THREAD_CPUTIME_ID);

	pthread_mutex_lock(&drain->lock);
	drain->state.cpu_ns += cpu - *told;
	pthread_mutex_unlock(&drain->lock);
	*told = cpu;
}

/* Packets that nothing describes yet cannot be counted, if they have to be dropped. */
static gboolean waits_for_metadata(const struct fdar_drain *drain)
{
	for (guint i = 0; i < drain->metas->len; i++) {
		const struct fdar_drain_meta *meta = g_ptr_array_index(drain->metas, i);

		if (!meta->counter)
			return TRUE;
	}
	return FALSE;
}

void *fdar_drain_follow_run(void *user)
{
	struct fdar_drain *drain = user;
	struct look look = { .drain = drain };
	struct rates rates = { .at = fdar_drain_clock(CLOCK_MONOTONIC) };
	uint64_t folders_at = 0, cpu_ns = 0;

	/* It needs little, but in time: the bound is kept here. Of this thread alone, where we may. */
	if (setpriority(PRIO_PROCESS, 0, FOLLOW_NICE) != 0)
		errno = 0;
	do {
		uint64_t now = fdar_drain_clock(CLOCK_MONOTONIC);

		look.found = 0;
		if (look.ending || now - folders_at >= FOLDERS_NS || waits_for_metadata(drain)) {
			look_for_folders(&look);
			folders_at = now;
		}
		if (!drain->taken_all)
			look_at_streams(&look);
		if (look.ending)
			end_taking(drain);
		fdar_drain_bound_keep(drain);
		look_for_closed(drain);
		set_rates(drain, &rates);
		count_time(drain, &cpu_ns);
	} while (pause_for(drain, look.found ? LOOK_NS : IDLE_NS, &look.ending));
	return NULL;
}
