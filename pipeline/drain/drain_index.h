/*
 * LTTng's index of a stream file: which packets are whole, where they are, and what they say.
 *
 * Place in the house: inside pipeline/, under the drain. The format is that of lttng-tools'
 * ctf-index.h, numbers big endian: magic u32 0xC1F1DCC1, major u32, minor u32, bytes of an entry u32;
 * then entries: offset u64, packet size in bits u64, content size in bits u64, begin u64, end u64,
 * events discarded u64, stream id u64; from 1.1 on: stream instance id u64, sequence number u64.
 */
#ifndef FDAR_PIPELINE_DRAIN_DRAIN_INDEX_H
#define FDAR_PIPELINE_DRAIN_DRAIN_INDEX_H

#include <glib.h>
#include <stdint.h>

struct fdar_drain_index {
	int fd;               /* -1: not there yet */
	uint32_t entry_bytes; /* 0: its head was not read yet */
	uint64_t at;          /* of the next entry */
	gboolean bad;         /* not an index that we know: packets are found by their heads */
};

struct fdar_drain_entry {
	uint64_t offset, bytes; /* in the stream file */
	uint64_t content_bits;
	uint64_t begin, end; /* clock values */
	uint64_t discarded;  /* LTTng's counter */
	uint64_t sequence;
};

void fdar_drain_index_init(struct fdar_drain_index *index);

/* Reads the next entry, if it is there: FALSE else. path is opened when it was not before. */
gboolean fdar_drain_index_read(struct fdar_drain_index *index, const char *path,
			       struct fdar_drain_entry *entry);

/* Goes back by the entry that was read last. */
void fdar_drain_index_unread(struct fdar_drain_index *index);

/* Bytes of memory that the file takes. */
uint64_t fdar_drain_index_memory(const struct fdar_drain_index *index);

void fdar_drain_index_close(struct fdar_drain_index *index);

#endif
