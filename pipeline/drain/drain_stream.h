/*
 * One stream file in memory: the packets that wait, and the gaps where some were dropped.
 *
 * Place in the house: inside pipeline/, under the drain. The drain's lock guards the list and the
 * counters; what is said to be of the turn belongs to the worker whose ticket it is (drain_worker.h),
 * and what is of the follower to that thread.
 *
 * A gap is kept where its first packet was, in the stream file itself: a mark instead of that
 * packet's head, so that a drain that goes on after this one was killed knows what was dropped.
 */
#ifndef FDAR_PIPELINE_DRAIN_DRAIN_STREAM_H
#define FDAR_PIPELINE_DRAIN_DRAIN_STREAM_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/drain/drain_index.h"
#include "pipeline/drain/drain_meta.h"
#include "pipeline/packed/packed_write.h"

/* Packets that were dropped one after the other. */
struct fdar_drain_gap {
	uint64_t packets, events;
	uint64_t uncounted;                       /* packets whose events are unknown */
	uint64_t begin, end, discarded, sequence; /* of the last one; begin: of the first */
};

struct fdar_drain_item {
	struct fdar_drain_entry entry; /* of a gap: offset is the mark's */
	gboolean is_gap;
	struct fdar_drain_gap gap;
};

struct fdar_drain_stream {
	struct fdar_drain_meta *meta;     /* of its folder */
	char *name;                       /* in the folder */
	char *path, *index_path, *target; /* files */

	/* the follower's */
	int fd; /* of the stream file; others read and punch */
	struct fdar_drain_index index;
	uint64_t taken;    /* the file up to there is known */
	uint64_t bytes;    /* of the file */
	gboolean dropping; /* what comes is dropped at once */
	uint64_t settled;  /* what is before that is not dropped for that reason */
	gboolean resumed;  /* packets up to resumed_sequence are done */
	uint64_t resumed_sequence;
	gboolean counted; /* the two below are set */
	uint64_t last_sequence, last_discarded;

	/* guarded by the drain's lock */
	GQueue items;     /* struct fdar_drain_item *, by offset */
	uint64_t backlog; /* bytes of the packets in items */
	uint64_t tickets; /* given */
	uint64_t turn;    /* the ticket that may write now */
	uint64_t disk_bytes;

	/* of the turn */
	struct fdar_packed_file file;
	uint64_t freed;              /* the stream file up to there was given back */
	struct fdar_drain_gap carry; /* dropped before the packet that is written next */
};

/* NULL when the stream file cannot be opened. meta is borrowed. */
struct fdar_drain_stream *fdar_drain_stream_new(struct fdar_drain_meta *meta, const char *name);
void fdar_drain_stream_free(struct fdar_drain_stream *stream);

/* Opens the file on the disk, if it is not open. */
gboolean fdar_drain_stream_open(struct fdar_drain_stream *stream, GError **error);

/* Asserts, in builds without NDEBUG, what holds of a stream whenever nobody has the drain's lock. The
 * lock is held. */
void fdar_drain_stream_check(const struct fdar_drain_stream *stream);

/* Makes one gap of two that follow each other: more is later than gap, which may be empty. */
void fdar_drain_gap_add(struct fdar_drain_gap *gap, const struct fdar_drain_gap *more);

/* Keeps the gap in the stream file at offset. */
void fdar_drain_stream_mark(const struct fdar_drain_stream *stream, uint64_t offset,
			    const struct fdar_drain_gap *gap);

/* Reads a mark. FALSE: there is none. */
gboolean fdar_drain_stream_marked(const struct fdar_drain_stream *stream, uint64_t offset,
				  struct fdar_drain_gap *gap);

/* Gives the memory of the stream file's bytes from begin to end back. */
void fdar_drain_stream_punch(const struct fdar_drain_stream *stream, uint64_t begin, uint64_t end);

/* Bytes of memory that the stream file and its index take; learns how long the file is. */
uint64_t fdar_drain_stream_memory(struct fdar_drain_stream *stream);

/* All of the packet at bytes, which has room for it. FALSE: it is not there. */
gboolean fdar_drain_stream_read(const struct fdar_drain_stream *stream,
				const struct fdar_drain_entry *entry, uint8_t *bytes);

#endif
