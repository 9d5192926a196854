/*
 * Shorten: as few as possible of units that stand one behind the other, within a number of questions.
 *
 * Place in the house: beside search.h, behind reduce.h; for the bytes of messages, of which there are many, most of
 * them needed together. Chunks of neighbours are left out, half of all first, then a quarter, and so on down to one
 * unit; of each size from the end to the beginning, for what a message begins with says what it is. A chunk is gone
 * when it hurts without it, by `trust` yes more than no. What is left after each size is asked about once more: when it
 * does not hurt then, that size has left nothing out. After the last size no single unit could go. Where
 * k of n units are needed in r runs that takes at most about 2 k + 2 r log2(n) questions, and a few for each chunk that
 * goes; stopped by the bound it has left out the large chunks.
 */
#ifndef FDAR_REPLAY_REDUCE_SHORTEN_H
#define FDAR_REPLAY_REDUCE_SHORTEN_H

#include "replay/reduce/reduce.h"

/* Options as for fdar_reduce_run, of which units, intensity, trust, better and user are used; all units hurt. asked_most:
 * answers, with those that are recalled; 0: no bound. Gives what is left (uint32_t, rising), and in *stopped
 * whether the oracle stopped it; the caller unrefs it. */
GArray *fdar_shorten_run(struct fdar_tries *tries, const struct fdar_reduce_options *options,
			 uint64_t asked_most, gboolean *stopped);

#endif
