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
#define FDAR_TALLY_LATER 64u

/* All zero is an empty one. */
struct fdar_tally {
	uint64_t count;
	uint64_t sum;
	uint64_t min; /* when count > 0 */
	uint64_t max;
	union {
		uint16_t first[FDAR_TALLY_FIRST]; /* buckets; while count <= FDAR_TALLY_FIRST */
		struct {
			uint16_t *
				counts; /* in a struct fdar_tally_more, as is what they cannot hold */
			uint32_t low;   /* the first bucket of these */
			uint32_t length;
		};
	};
};

/* Any value, wherever it belongs, and at once. */
void fdar_tally_add_slow(struct fdar_tally *tally, uint64_t value);

/* The count has become 0: what it held is kept elsewhere. */
void fdar_tally_carry(struct fdar_tally *tally, const uint16_t *place);

/* Counts that are one more, added when they have come into the processor's cache. */
struct fdar_tally_later {
	struct fdar_tally *tallies[FDAR_TALLY_LATER];
	uint16_t *places[FDAR_TALLY_LATER];
	uint32_t count;
};

/* Before any of the tallies is read, moved, or told anything else in another way. */
static inline void fdar_tally_settle(struct fdar_tally_later *later)
{
	for (uint32_t i = 0; i < later->count; i++)
		if (G_UNLIKELY(!++*later->places[i]))
			fdar_tally_carry(later->tallies[i], later->places[i]);
	later->count = 0;
}

/* There has to be room for one more. */
static inline void fdar_tally_add_later(struct fdar_tally_later *later, struct fdar_tally *tally,
					uint64_t value)
{
	uint32_t bucket = fdar_histogram_bucket(value), at = bucket - tally->low;

	if (G_LIKELY(tally->count > FDAR_TALLY_FIRST && at < tally->length)) {
		__builtin_prefetch(&tally->counts[at], 1);
		later->tallies[later->count] = tally;
		later->places[later->count++] = &tally->counts[at];
	} else if (tally->count < FDAR_TALLY_FIRST) {
		tally->first[tally->count] = (uint16_t)bucket;
	} else {
		/* Its counts may move. */
		fdar_tally_settle(later);
		fdar_tally_add_slow(tally, value);
		return;
	}
	tally->min = tally->count ? MIN(tally->min, value) : value;
	tally->max = MAX(tally->max, value);
	tally->sum = tally->sum > UINT64_MAX - value ? UINT64_MAX : tally->sum + value;
	tally->count++;
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
