#include "pipeline/drain/drain_stream.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK_MAGIC UINT64_C(0x646b72616d706167) /* no packet begins like that */

struct mark {
	uint64_t magic;
	struct fdar_drain_gap gap;
};

struct fdar_drain_stream *fdar_drain_stream_new(struct fdar_drain_meta *meta, const char *name)
{
	g_autofree char *path = g_build_filename(meta->source, name, NULL);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct fdar_drain_stream *stream;

	if (fd < 0)
		return NULL;
	stream = g_new0(struct fdar_drain_stream, 1);
	stream->meta = meta;
	stream->name = g_strdup(name);
	stream->path = g_steal_pointer(&path);
	stream->index_path = g_strdup_printf("%s/index/%s.idx", meta->source, name);
	stream->target = g_strdup_printf("%s/%s" FDAR_PACKED_SUFFIX, meta->target, name);
	stream->fd = fd;
	stream->file.fd = -1;
	fdar_drain_index_init(&stream->index);
	g_queue_init(&stream->items);
	return stream;
}

void fdar_drain_stream_free(struct fdar_drain_stream *stream)
{
	close(stream->fd);
	fdar_drain_index_close(&stream->index);
	fdar_packed_file_close(&stream->file);
	g_queue_clear_full(&stream->items, g_free);
	g_free(stream->name);
	g_free(stream->path);
	g_free(stream->index_path);
	g_free(stream->target);
	g_free(stream);
}

gboolean fdar_drain_stream_open(struct fdar_drain_stream *stream, GError **error)
{
	return stream->file.fd >= 0 || fdar_packed_file_open(&stream->file, stream->target, error);
}

/* A list has at most as many items as packets wait: thousands when the disk is slow, so this is for
 * builds that look for faults. */
void fdar_drain_stream_check(const struct fdar_drain_stream *stream)
{
#ifndef NDEBUG
	const struct fdar_drain_item *last = NULL;
	uint64_t bytes = 0;

	for (const GList *at = stream->items.head; at; at = at->next) {
		const struct fdar_drain_item *item = at->data;

		/* Packets and gaps are in the order of the file, and no gap has a gap for a
		 * neighbour: its mark in the file would be read as another one's. */
		assert(!last || last->entry.offset < item->entry.offset);
		assert(!last || !last->is_gap || !item->is_gap);
		assert(!item->is_gap || item->gap.packets > 0);
		bytes += item->is_gap ? 0 : item->entry.bytes;
		last = item;
	}
	assert(bytes == stream->backlog);
	/* Who has a ticket writes when it is its turn, each once. */
	assert(stream->turn <= stream->tickets);
#else
	(void)stream;
#endif
}

void fdar_drain_gap_add(struct fdar_drain_gap *gap, const struct fdar_drain_gap *more)
{
	uint64_t begin = gap->packets ? gap->begin : more->begin;

	if (!more->packets)
		return;
	gap->packets += more->packets;
	gap->events += more->events;
	gap->uncounted += more->uncounted;
	gap->begin = begin;
	gap->end = more->end;
	gap->discarded = more->discarded;
	gap->sequence = more->sequence;
}

/* Less than a page, in one call: either it is there or it is not, whenever we are killed. */
void fdar_drain_stream_mark(const struct fdar_drain_stream *stream, uint64_t offset,
			    const struct fdar_drain_gap *gap)
{
	struct mark mark = { .magic = MARK_MAGIC, .gap = *gap };

	while (pwrite(stream->fd, &mark, sizeof(mark), (off_t)offset) < 0 && errno == EINTR)
		;
}

gboolean fdar_drain_stream_marked(const struct fdar_drain_stream *stream, uint64_t offset,
				  struct fdar_drain_gap *gap)
{
	struct mark mark;

	if (pread(stream->fd, &mark, sizeof(mark), (off_t)offset) != (ssize_t)sizeof(mark) ||
	    mark.magic != MARK_MAGIC)
		return FALSE;
	*gap = mark.gap;
	return TRUE;
}

void fdar_drain_stream_punch(const struct fdar_drain_stream *stream, uint64_t begin, uint64_t end)
{
	/* Where a file system has no holes (not a tmpfs), memory is not at stake either. */
	if (end > begin && fallocate(stream->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				     (off_t)begin, (off_t)(end - begin)) != 0)
		return;
}

uint64_t fdar_drain_stream_memory(struct fdar_drain_stream *stream)
{
	struct stat st;

	if (fstat(stream->fd, &st) != 0)
		return 0;
	stream->bytes = (uint64_t)st.st_size;
	return (uint64_t)st.st_blocks * 512 + fdar_drain_index_memory(&stream->index);
}

gboolean fdar_drain_stream_read(const struct fdar_drain_stream *stream,
				const struct fdar_drain_entry *entry, uint8_t *bytes)
{
	uint64_t done = 0;

	while (done < entry->bytes) {
		ssize_t n = pread(stream->fd, bytes + done, entry->bytes - done,
				  (off_t)(entry->offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FALSE;
		done += (uint64_t)n;
	}
	return TRUE;
}
