/*
 * Tally: a histogram that is being filled, one value after the other.
 *
 * Place in the house: what a call path's durations are counted in while a trace is read; read at the
 * end as a histogram (histogram.h), whose buckets it has. Small: there is one for every call path,
 * most of which are called a few times. Its first values are kept as they come; from then on it counts
 * in an array from the lowest bucket to the highest, as long as that is not out of proportion to how
 * many values there are, else in a histogram.
 *
 * What comes out depends on the values alone, not on their order: as with histograms, sums saturate.
 */
#ifndef FDAR_BASE_TALLY_H
#define FDAR_BASE_TALLY_H

#include "base/histogram.h"

#define FDAR_TALLY_FIRST 8u

/* All zero is an empty one. */
struct fdar_tally {
	uint64_t count;
	uint64_t sum;
	uint64_t min; /* when count > 0 */
	uint64_t max;
	union {
		uint16_t first[FDAR_TALLY_FIRST]; /* buckets; while count <= FDAR_TALLY_FIRST */
		struct {
			uint64_t *counts; /* in a struct fdar_tally_more */
			uint32_t low;     /* the first bucket of these */
			uint32_t length;
		};
	};
};

/* Any value, wherever it belongs. */
void fdar_tally_add_slow(struct fdar_tally *tally, uint64_t value);

/* Adds a value to all but the counts, and gives the one of these to add one to: the caller may do that
 * later, when it is in the processor's cache, but before the tally is told anything else in another
 * way. NULL: nothing was done, as there is no place yet (fdar_tally_add_slow). */
static inline uint64_t *fdar_tally_place(struct fdar_tally *tally, uint64_t value)
{
	uint32_t at = fdar_histogram_bucket(value) - tally->low;

	if (G_UNLIKELY(tally->count <= FDAR_TALLY_FIRST || at >= tally->length))
		return NULL;
	tally->count++;
	tally->sum = tally->sum > UINT64_MAX - value ? UINT64_MAX : tally->sum + value;
	tally->min = MIN(tally->min, value);
	tally->max = MAX(tally->max, value);
	return &tally->counts[at];
}

static inline void fdar_tally_add(struct fdar_tally *tally, uint64_t value)
{
	uint64_t *place = fdar_tally_place(tally, value);

	if (G_LIKELY(place))
		++*place;
	else
		fdar_tally_add_slow(tally, value);
}

/* Adds what is in from to tally. */
void fdar_tally_add_histogram(struct fdar_tally *tally, const struct fdar_histogram *from);

/* Likewise; from may be empty afterwards: what is in it is moved where that is less work. */
void fdar_tally_add_tally(struct fdar_tally *tally, struct fdar_tally *from);

/* Adds what is in it to the histogram. */
void fdar_tally_to_histogram(const struct fdar_tally *tally, struct fdar_histogram *histogram);

/* Frees what it owns; it is empty afterwards. */
void fdar_tally_clear(struct fdar_tally *tally);

#endif
