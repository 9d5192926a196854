#include "base/tally.h"

#include <string.h>

#define STEP      16u /* arrays begin and end at multiples of it */
#define PER_VALUE 16u /* buckets of an array for each value that was counted */

struct fdar_tally_more {
	uint32_t low;    /* the first bucket of the array */
	uint32_t length; /* of counts; 0: there is no array */
	uint64_t *counts;
	struct fdar_histogram sparse; /* of what came while there was no array */
};

static uint64_t sum_of(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* Makes the array reach the bucket too. FALSE: that would be out of proportion. */
static gboolean reach(struct fdar_tally_more *more, uint32_t bucket, uint64_t values)
{
	uint32_t low = bucket / STEP * STEP, high = low + STEP;
	uint64_t *counts;

	if (more->length) {
		low = MIN(low, more->low);
		high = MAX(high, more->low + more->length);
	}
	if (high - low > values * PER_VALUE)
		return FALSE;
	counts = g_new0(uint64_t, high - low);
	if (more->length)
		memcpy(counts + (more->low - low), more->counts, more->length * sizeof(*counts));
	g_free(more->counts);
	more->counts = counts;
	more->low = low;
	more->length = high - low;
	return TRUE;
}

/* Of the lowest value of the bucket: sums are the tally's. */
static void count(struct fdar_tally_more *more, uint32_t bucket, uint64_t times, uint64_t values)
{
	if (bucket - more->low < more->length || reach(more, bucket, values))
		more->counts[bucket - more->low] += times;
	else
		fdar_histogram_add(&more->sparse, fdar_bucket_low(bucket), times);
}

static void begin_more(struct fdar_tally *tally, uint64_t values)
{
	struct fdar_tally_more *more = g_new0(struct fdar_tally_more, 1);

	for (unsigned i = 0; i < tally->count; i++)
		count(more, tally->first[i], 1, values);
	tally->more = more;
}

void fdar_tally_add_more(struct fdar_tally *tally, uint64_t value)
{
	uint32_t bucket = fdar_histogram_bucket(value);
	struct fdar_tally_more *more;

	if (tally->count == FDAR_TALLY_FIRST)
		begin_more(tally, tally->count);
	more = tally->more;
	tally->count++;
	tally->sum = sum_of(tally->sum, value);
	tally->min = MIN(tally->min, value);
	tally->max = MAX(tally->max, value);
	if (G_LIKELY(bucket - more->low < more->length))
		more->counts[bucket - more->low]++;
	else
		count(more, bucket, 1, tally->count);
}

void fdar_tally_add_histogram(struct fdar_tally *tally, const struct fdar_histogram *from)
{
	uint64_t values = sum_of(tally->count, from->count);
	gboolean few = values <= FDAR_TALLY_FIRST;

	if (!from->count)
		return;
	if (!few && tally->count <= FDAR_TALLY_FIRST)
		begin_more(tally, values);
	for (uint32_t i = 0; i < from->length; i++) {
		const struct fdar_bucket *bucket = &from->buckets[i];

		if (!few)
			count(tally->more, bucket->index, bucket->count, values);
		for (uint64_t n = 0; few && n < bucket->count; n++)
			tally->first[tally->count++] = (uint16_t)bucket->index;
	}
	tally->min = values > from->count ? MIN(tally->min, from->min) : from->min;
	tally->max = MAX(tally->max, from->max);
	tally->sum = sum_of(tally->sum, from->sum);
	tally->count = values;
}

void fdar_tally_to_histogram(const struct fdar_tally *tally, struct fdar_histogram *histogram)
{
	struct fdar_histogram whole = { 0 };
	const struct fdar_tally_more *more = tally->more;

	if (!tally->count)
		return;
	if (tally->count <= FDAR_TALLY_FIRST) {
		for (unsigned i = 0; i < tally->count; i++)
			fdar_histogram_add(&whole, fdar_bucket_low(tally->first[i]), 1);
	} else {
		for (uint32_t i = 0; i < more->length; i++)
			fdar_histogram_add(&whole, fdar_bucket_low(more->low + i), more->counts[i]);
		fdar_histogram_merge(&whole, &more->sparse);
	}
	whole.count = tally->count;
	whole.sum = tally->sum;
	whole.min = tally->min;
	whole.max = tally->max;
	fdar_histogram_merge(histogram, &whole);
	fdar_histogram_clear(&whole);
}

void fdar_tally_clear(struct fdar_tally *tally)
{
	if (tally->count > FDAR_TALLY_FIRST) {
		fdar_histogram_clear(&tally->more->sparse);
		g_free(tally->more->counts);
		g_free(tally->more);
	}
	*tally = (struct fdar_tally){ 0 };
}
