/*
 * Histogram: a mergeable log-linear histogram of 64-bit values (nanoseconds, counts).
 *
 * Values under 64 have a bucket each; above, each power of two is cut into 32 equal buckets, so a
 * bucket is at most 1/32 of its values wide (as in HdrHistogram, hdrhistogram.org). Buckets in use
 * are kept sorted in one array. Merging adds counts: the same values in any order and any cut give
 * the same histogram. Sums saturate at UINT64_MAX.
 */
#ifndef FDAR_BASE_HISTOGRAM_H
#define FDAR_BASE_HISTOGRAM_H

#include <glib.h>
#include <stdint.h>

#define FDAR_HISTOGRAM_BUCKETS 1920u

struct fdar_bucket {
	uint32_t index; /* < FDAR_HISTOGRAM_BUCKETS */
	uint64_t count; /* > 0 */
};

/* All zero is an empty one. */
struct fdar_histogram {
	uint64_t count;
	uint64_t sum;
	uint64_t min; /* when count > 0 */
	uint64_t max;
	struct fdar_bucket *buckets; /* by index */
	uint32_t length;
	uint32_t capacity;
};

void fdar_histogram_add(struct fdar_histogram *histogram, uint64_t value, uint64_t times);
void fdar_histogram_merge(struct fdar_histogram *histogram, const struct fdar_histogram *from);

/* Frees what it owns; it is empty afterwards. */
void fdar_histogram_clear(struct fdar_histogram *histogram);

gboolean fdar_histogram_equal(const struct fdar_histogram *a, const struct fdar_histogram *b);

double fdar_histogram_mean(const struct fdar_histogram *histogram); /* 0 when empty */

/* The q-quantile (0..1) of population values, of which those not in the histogram are 0; pass its
 * count when there are none. Exact at both ends, else within a bucket. 0 when empty. */
double fdar_histogram_quantile(const struct fdar_histogram *histogram, double q,
			       uint64_t population);

#define FDAR_HISTOGRAM_LINEAR_LOG 6u /* values below 1 << this have a bucket each */
#define FDAR_HISTOGRAM_OCTAVE_LOG 5u

/* The bucket of a value. Without a branch, as which one a value takes is not foreseen: values in the first of the
 * buckets' octaves, and below, are shifted by nothing. */
static inline uint32_t fdar_histogram_bucket(uint64_t value)
{
	uint32_t shift = 63u - FDAR_HISTOGRAM_OCTAVE_LOG -
			 (uint32_t)__builtin_clzll(value | 1u << FDAR_HISTOGRAM_OCTAVE_LOG);

	return (shift << FDAR_HISTOGRAM_OCTAVE_LOG) + (uint32_t)(value >> shift);
}

_Static_assert(FDAR_HISTOGRAM_LINEAR_LOG == FDAR_HISTOGRAM_OCTAVE_LOG + 1,
	       "two octaves have buckets of one value");

/* The lowest and highest value of a bucket. */
uint64_t fdar_bucket_low(uint32_t index);
uint64_t fdar_bucket_high(uint32_t index);

#endif
