#include "base/histogram.h"

#include <string.h>

#define LINEAR     (1u << FDAR_HISTOGRAM_LINEAR_LOG)
#define LINEAR_LOG FDAR_HISTOGRAM_LINEAR_LOG
#define PER_OCTAVE (1u << FDAR_HISTOGRAM_OCTAVE_LOG)
#define OCTAVE_LOG FDAR_HISTOGRAM_OCTAVE_LOG

uint64_t fdar_bucket_low(uint32_t index)
{
	if (index < LINEAR)
		return index;
	uint32_t octave = LINEAR_LOG + (index - LINEAR) / PER_OCTAVE;
	uint64_t within = (index - LINEAR) % PER_OCTAVE;
	return (PER_OCTAVE + within) << (octave - OCTAVE_LOG);
}

uint64_t fdar_bucket_high(uint32_t index)
{
	return index + 1 < FDAR_HISTOGRAM_BUCKETS ? fdar_bucket_low(index + 1) - 1 : UINT64_MAX;
}

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t multiply_saturated(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* The bucket of an index, made when it is not there. */
static struct fdar_bucket *bucket_at(struct fdar_histogram *histogram, uint32_t index)
{
	uint32_t low = 0;
	uint32_t high = histogram->length;

	/* As when one is copied: behind all others. */
	if (high && histogram->buckets[high - 1].index < index)
		low = high;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (histogram->buckets[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < histogram->length && histogram->buckets[low].index == index)
		return &histogram->buckets[low];
	/* By a quarter: there are thousands of them, and most grow as long as the trace lasts. */
	if (histogram->length == histogram->capacity) {
		histogram->capacity = histogram->capacity + MAX(4, histogram->capacity / 4);
		histogram->buckets =
			g_renew(struct fdar_bucket, histogram->buckets, histogram->capacity);
	}
	memmove(&histogram->buckets[low + 1], &histogram->buckets[low],
		(histogram->length - low) * sizeof histogram->buckets[0]);
	histogram->buckets[low] = (struct fdar_bucket){ .index = index };
	histogram->length++;
	return &histogram->buckets[low];
}

static void widen(struct fdar_histogram *histogram, uint64_t min, uint64_t max)
{
	histogram->min = histogram->count ? MIN(histogram->min, min) : min;
	histogram->max = histogram->count ? MAX(histogram->max, max) : max;
}

void fdar_histogram_add(struct fdar_histogram *histogram, uint64_t value, uint64_t times)
{
	if (!times)
		return;
	struct fdar_bucket *bucket = bucket_at(histogram, fdar_histogram_bucket(value));

	bucket->count = add_saturated(bucket->count, times);
	widen(histogram, value, value);
	histogram->count = add_saturated(histogram->count, times);
	histogram->sum = add_saturated(histogram->sum, multiply_saturated(value, times));
}

void fdar_histogram_merge(struct fdar_histogram *histogram, const struct fdar_histogram *from)
{
	if (!from->count)
		return;
	if (!histogram->length) {
		histogram->length = histogram->capacity = from->length;
		histogram->buckets =
			g_memdup2(from->buckets, from->length * sizeof(*from->buckets));
	}
	for (uint32_t i = 0; i < from->length && histogram->count; i++) {
		struct fdar_bucket *bucket = bucket_at(histogram, from->buckets[i].index);

		bucket->count = add_saturated(bucket->count, from->buckets[i].count);
	}
	widen(histogram, from->min, from->max);
	histogram->count = add_saturated(histogram->count, from->count);
	histogram->sum = add_saturated(histogram->sum, from->sum);
}

void fdar_histogram_clear(struct fdar_histogram *histogram)
{
	g_free(histogram->buckets);
	*histogram = (struct fdar_histogram){ 0 };
}

gboolean fdar_histogram_equal(const struct fdar_histogram *a, const struct fdar_histogram *b)
{
	if (a->count != b->count || a->sum != b->sum || a->length != b->length)
		return FALSE;
	if (a->count && (a->min != b->min || a->max != b->max))
		return FALSE;
	for (uint32_t i = 0; i < a->length; i++)
		if (a->buckets[i].index != b->buckets[i].index ||
		    a->buckets[i].count != b->buckets[i].count)
			return FALSE;
	return TRUE;
}

double fdar_histogram_mean(const struct fdar_histogram *histogram)
{
	return histogram->count ? (double)histogram->sum / (double)histogram->count : 0;
}

/* The value of a rank among those that are in the histogram; the values of a bucket are taken to
 * be spread evenly over it. */
static double value_at(const struct fdar_histogram *histogram, uint64_t rank)
{
	uint64_t before = 0;

	for (uint32_t i = 0; i < histogram->length; i++) {
		const struct fdar_bucket *bucket = &histogram->buckets[i];

		if (rank - before >= bucket->count) {
			before += bucket->count;
			continue;
		}
		double low = (double)MAX(fdar_bucket_low(bucket->index), histogram->min);
		double high = (double)MIN(fdar_bucket_high(bucket->index), histogram->max);
		double part = bucket->count > 1
				      ? (double)(rank - before) / (double)(bucket->count - 1)
			      : i == 0                     ? 0
			      : i + 1 == histogram->length ? 1
							   : 0.5;

		return low + (high - low) * part;
	}
	return (double)histogram->max;
}

/* Type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996: linear between the
 * two values around the rank. */
double fdar_histogram_quantile(const struct fdar_histogram *histogram, double q,
			       uint64_t population)
{
	uint64_t zeros = population > histogram->count ? population - histogram->count : 0;

	if (!histogram->count)
		return 0;
	double rank = CLAMP(q, 0, 1) * (double)(histogram->count + zeros - 1);
	uint64_t below = (uint64_t)rank;
	double part = rank - (double)below;
	double low = below < zeros ? 0 : value_at(histogram, below - zeros);

	if (part <= 0)
		return low;
	double high = below + 1 < zeros ? 0 : value_at(histogram, below + 1 - zeros);
	return low + (high - low) * part;
}
