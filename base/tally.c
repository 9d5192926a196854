#include "base/tally.h"

#include <stddef.h>
#include <string.h>

#define STEP      16u /* arrays begin and end at multiples of it */
#define PER_VALUE 16u /* buckets of an array for each value that was counted */

/* What a tally's counts are in. */
struct fdar_tally_more {
	struct fdar_histogram
		sparse; /* of what came while there was no count for it, or is too much for one */
	uint16_t counts[];
};

static uint64_t sum_of(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static struct fdar_tally_more *more_of(const struct fdar_tally *tally)
{
	return (struct fdar_tally_more *)((char *)tally->counts -
					  offsetof(struct fdar_tally_more, counts));
}

static struct fdar_tally_more *more_new(uint32_t length)
{
	return g_malloc0(sizeof(struct fdar_tally_more) + length * sizeof(uint16_t));
}

/* Makes the array reach the bucket too. FALSE: that would be out of proportion. */
static gboolean reach(struct fdar_tally *tally, uint32_t bucket, uint64_t values)
{
	uint32_t low = bucket / STEP * STEP, high = low + STEP;
	struct fdar_tally_more *more;

	if (tally->length) {
		low = MIN(low, tally->low);
		high = MAX(high, tally->low + tally->length);
	}
	if (high - low > values * PER_VALUE)
		return FALSE;
	more = more_new(high - low);
	more->sparse = more_of(tally)->sparse;
	if (tally->length)
		memcpy(more->counts + (tally->low - low), tally->counts,
		       tally->length * sizeof(*tally->counts));
	g_free(more_of(tally));
	tally->counts = more->counts;
	tally->low = low;
	tally->length = high - low;
	return TRUE;
}

/* Of the lowest value of the bucket: sums are the tally's. */
static void count(struct fdar_tally *tally, uint32_t bucket, uint64_t times, uint64_t values)
{
	uint16_t *place;

	if (bucket - tally->low < tally->length || reach(tally, bucket, values)) {
		place = &tally->counts[bucket - tally->low];
		if (times <= (uint64_t)(UINT16_MAX - *place)) {
			*place = (uint16_t)(*place + times);
			return;
		}
	}
	fdar_histogram_add(&more_of(tally)->sparse, fdar_bucket_low(bucket), times);
}

/* From the first values to counts of them. */
static void begin_more(struct fdar_tally *tally, uint64_t values)
{
	uint16_t first[FDAR_TALLY_FIRST];

	memcpy(first, tally->first, sizeof(first));
	tally->counts = more_new(0)->counts;
	tally->low = tally->length = 0;
	for (unsigned i = 0; i < tally->count; i++)
		count(tally, first[i], 1, values);
}

void fdar_tally_carry(struct fdar_tally *tally, const uint16_t *place)
{
	uint32_t bucket = tally->low + (uint32_t)(place - tally->counts);

	fdar_histogram_add(&more_of(tally)->sparse, fdar_bucket_low(bucket),
			   (uint64_t)UINT16_MAX + 1);
}

void fdar_tally_add_slow(struct fdar_tally *tally, uint64_t value)
{
	uint32_t bucket = fdar_histogram_bucket(value);

	if (tally->count < FDAR_TALLY_FIRST) {
		tally->first[tally->count] = (uint16_t)bucket;
	} else {
		if (tally->count == FDAR_TALLY_FIRST)
			begin_more(tally, tally->count);
		count(tally, bucket, 1, tally->count + 1);
	}
	tally->min = tally->count ? MIN(tally->min, value) : value;
	tally->max = MAX(tally->max, value);
	tally->sum = sum_of(tally->sum, value);
	tally->count++;
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
			count(tally, bucket->index, bucket->count, values);
		for (uint64_t n = 0; few && n < bucket->count; n++)
			tally->first[tally->count++] = (uint16_t)bucket->index;
	}
	tally->min = values > from->count ? MIN(tally->min, from->min) : from->min;
	tally->max = MAX(tally->max, from->max);
	tally->sum = sum_of(tally->sum, from->sum);
	tally->count = values;
}

void fdar_tally_add_tally(struct fdar_tally *tally, struct fdar_tally *from)
{
	struct fdar_histogram histogram = { 0 };

	if (!tally->count) {
		*tally = *from;
		*from = (struct fdar_tally){ 0 };
		return;
	}
	fdar_tally_to_histogram(from, &histogram);
	fdar_tally_add_histogram(tally, &histogram);
	fdar_histogram_clear(&histogram);
}

/* The first values as buckets in the order of their numbers; gives how many that are. */
static uint32_t sort_first(const struct fdar_tally *tally,
			   struct fdar_bucket buckets[FDAR_TALLY_FIRST])
{
	uint32_t length = 0, at;

	for (unsigned i = 0; i < tally->count; i++) {
		for (at = length; at && buckets[at - 1].index > tally->first[i]; at--)
			;
		if (at && buckets[at - 1].index == tally->first[i]) {
			buckets[at - 1].count++;
			continue;
		}
		memmove(&buckets[at + 1], &buckets[at], (length - at) * sizeof(*buckets));
		buckets[at] = (struct fdar_bucket){ tally->first[i], 1 };
		length++;
	}
	return length;
}

static void take_first(const struct fdar_tally *tally, struct fdar_histogram *histogram)
{
	struct fdar_bucket buckets[FDAR_TALLY_FIRST];

	histogram->length = histogram->capacity = sort_first(tally, buckets);
	histogram->buckets = g_memdup2(buckets, histogram->length * sizeof(*buckets));
}

static void take_counts(const struct fdar_tally *tally, struct fdar_histogram *histogram)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < tally->length; i++)
		used += tally->counts[i] != 0;
	histogram->capacity = used;
	histogram->buckets = g_new(struct fdar_bucket, used);
	for (uint32_t i = 0; i < tally->length; i++)
		if (tally->counts[i])
			histogram->buckets[histogram->length++] =
				(struct fdar_bucket){ tally->low + i, tally->counts[i] };
	histogram->count = used; /* as merging asks whether there is anything */
	fdar_histogram_merge(histogram, &more_of(tally)->sparse);
}

void fdar_tally_to_histogram(const struct fdar_tally *tally, struct fdar_histogram *histogram)
{
	struct fdar_histogram whole = { 0 };

	if (!tally->count)
		return;
	if (tally->count <= FDAR_TALLY_FIRST)
		take_first(tally, &whole);
	else
		take_counts(tally, &whole);
	whole.count = tally->count;
	whole.sum = tally->sum;
	whole.min = tally->min;
	whole.max = tally->max;
	if (!histogram->count) {
		fdar_histogram_clear(histogram);
		*histogram = whole;
		return;
	}
	fdar_histogram_merge(histogram, &whole);
	fdar_histogram_clear(&whole);
}

void fdar_tally_clear(struct fdar_tally *tally)
{
	if (tally->count > FDAR_TALLY_FIRST) {
		fdar_histogram_clear(&more_of(tally)->sparse);
		g_free(more_of(tally));
	}
	*tally = (struct fdar_tally){ 0 };
}
