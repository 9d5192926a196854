/*
 * Histories: where the last pieces of a stream were written, to compare what comes again.
 *
 * Place in the house: below split.c, which keeps no payload. A piece's bytes lie in the session's
 * file, or in the records that wait to be written to it; what was delivered late, out of a copy, is
 * kept here. Memory: 24 bytes a piece of the last FDAR_HISTORY_PIECES of each way, grown as needed,
 * and copies of at most FDAR_HISTORY_COPIED bytes of these.
 */
#ifndef FDAR_REPLAY_SPLIT_HISTORY_H
#define FDAR_REPLAY_SPLIT_HISTORY_H

#include <glib.h>
#include <stdint.h>

#define FDAR_HISTORY_PIECES 64u
#define FDAR_HISTORY_COPIED 65536u

struct fdar_history_piece {
	uint64_t stream_offset;
	uint64_t place; /* in the session's records */
	uint32_t length;
	uint8_t *copy; /* when the bytes are not there; owned */
};

/* Of one way. All zero at first. */
struct fdar_history {
	struct fdar_history_piece *pieces; /* a ring of size */
	uint32_t size, count, next;
	uint32_t copied;
};

/* Reads back length bytes at a place of the session's records; FALSE when it cannot. */
typedef gboolean (*fdar_history_read_fn)(void *user, uint64_t place, uint8_t *bytes,
					 uint32_t length);

/* A piece was delivered: it lies at a place, or (place UINT64_MAX) only where bytes points. */
void fdar_history_add(struct fdar_history *history, uint64_t stream_offset, uint32_t length,
		      uint64_t place, const uint8_t *bytes);

/* Whether bytes differ from what was at stream_offset, as far as that is remembered. */
gboolean fdar_history_differs(const struct fdar_history *history, uint64_t stream_offset,
			      const uint8_t *bytes, uint32_t length, fdar_history_read_fn read,
			      void *user);

void fdar_history_clear(struct fdar_history *history);

#endif
