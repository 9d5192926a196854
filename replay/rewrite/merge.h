/*
 * Merging: which of many ordered streams has the next item.
 *
 * Place in the house: below amplify.c, whose clones are such streams. A tree of losers (Knuth, The
 * Art of Computer Programming 3, 5.4.1): a new time for the winner costs one comparison a level,
 * always from leaf to root and without a branch that depends on the outcome, which here is what a
 * heap's time goes into. Of equal times the lower stream comes first. Memory: 32 bytes a stream,
 * their number rounded up to a power of two.
 */
#ifndef FDAR_REPLAY_REWRITE_MERGE_H
#define FDAR_REPLAY_REWRITE_MERGE_H

#include <glib.h>
#include <stdint.h>

#define FDAR_MERGE_DONE UINT64_MAX /* the time of a stream that has no more items */

struct fdar_merge_entry {
	uint64_t time;
	uint64_t stream;
};

struct fdar_merge {
	struct fdar_merge_entry winner;  /* the stream whose item is next, and when */
	struct fdar_merge_entry *losers; /* [1, leaves): of the match at each inner node */
	uint64_t leaves;                 /* a power of two */
};

/* times[i] is when stream i has its first item. */
void fdar_merge_init(struct fdar_merge *merge, const uint64_t *times, uint32_t streams);

/* The winner's next item comes at time, which is not before the last. merge->winner is then the
 * next of all; its time is FDAR_MERGE_DONE when all are done. */
static inline void fdar_merge_next(struct fdar_merge *merge, uint64_t time)
{
	struct fdar_merge_entry moving = { .time = time, .stream = merge->winner.stream };
	uint64_t node = (merge->leaves + moving.stream) >> 1;

	for (; node > 0; node >>= 1) {
		struct fdar_merge_entry *loser = &merge->losers[node];
		uint64_t wins =
			(uint64_t)((loser->time < moving.time) | ((loser->time == moving.time) &
								  (loser->stream < moving.stream)));
		uint64_t times = (loser->time ^ moving.time) & (0 - wins);
		uint64_t streams = (loser->stream ^ moving.stream) & (0 - wins);

		moving.time ^= times;
		moving.stream ^= streams;
		loser->time ^= times;
		loser->stream ^= streams;
	}
	merge->winner = moving;
}

void fdar_merge_clear(struct fdar_merge *merge);

#endif
