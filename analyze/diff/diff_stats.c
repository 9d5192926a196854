#include "analyze/diff/diff_stats.h"

#include <math.h>

/* A sample as counts of values in ascending buckets, the zeros first. */
struct cursor {
	const struct fdar_histogram *histogram;
	uint32_t at;
	uint64_t zeros;   /* still to be taken */
	uint64_t zero_at; /* count of bucket 0, which is value 0 */
};

static struct cursor cursor_of(const struct fdar_histogram *histogram, uint64_t n)
{
	struct cursor cursor = { .histogram = histogram };

	cursor.zeros = n > histogram->count ? n - histogram->count : 0;
	if (histogram->length && histogram->buckets[0].index == 0) {
		cursor.zeros += histogram->buckets[0].count;
		cursor.at = 1;
	}
	return cursor;
}

/* The next bucket's index + 1; 0 for the zeros; UINT32_MAX at the end. */
static uint32_t cursor_place(const struct cursor *cursor)
{
	if (cursor->zeros)
		return 0;
	return cursor->at < cursor->histogram->length
		       ? cursor->histogram->buckets[cursor->at].index + 1
		       : UINT32_MAX;
}

static double cursor_take(struct cursor *cursor, uint32_t place)
{
	uint64_t count;

	if (cursor_place(cursor) != place)
		return 0;
	if (place == 0) {
		count = cursor->zeros;
		cursor->zeros = 0;
	} else {
		count = cursor->histogram->buckets[cursor->at++].count;
	}
	return (double)count;
}

/* Probability that the highest k of n_a + n_b exchangeable values are all of b (Nelson's
 * precedence test, hypergeometric). */
static double precedence_p(uint64_t n_a, uint64_t n_b, uint64_t k)
{
	double log_p = 0;

	for (uint64_t i = 0; i < k && log_p > -700; i++)
		log_p += log((double)(n_b - i) / (double)(n_a + n_b - i));
	return exp(log_p);
}

double fdar_sample_smallest_p(uint64_t n_a, uint64_t n_b)
{
	if (!n_a || !n_b)
		return 1;
	return MIN(1, 2 * precedence_p(n_a, n_b, n_b));
}

static double rank_p(double u, double n_a, double n_b, double ties)
{
	double n = n_a + n_b;
	double variance = n_a * n_b / 12 * (n + 1 - ties / (n * (n - 1)));
	double distance = fabs(u - n_a * n_b / 2) - 0.5;

	if (!(variance > 0) || distance <= 0)
		return 1;
	return erfc(distance / sqrt(variance) / M_SQRT2);
}

struct fdar_sample_test fdar_sample_test(const struct fdar_histogram *a, uint64_t n_a,
					 const struct fdar_histogram *b, uint64_t n_b)
{
	struct fdar_sample_test test = { .p_rank = 1, .p_beyond = 1, .p = 1 };
	struct cursor from_a, from_b;
	double below_a = 0, above_a = 0, u = 0, ties = 0;
	double total_a = (double)n_a, total_b = (double)n_b;

	if (!n_a || !n_b)
		return test;
	from_a = cursor_of(a, n_a);
	from_b = cursor_of(b, n_b);
	for (;;) {
		uint32_t place = MIN(cursor_place(&from_a), cursor_place(&from_b));

		if (place == UINT32_MAX)
			break;
		double in_a = cursor_take(&from_a, place);
		double in_b = cursor_take(&from_b, place);
		double both = in_a + in_b;

		u += in_b * (below_a + in_a / 2);
		ties += both * both * both - both;
		below_a += in_a;
		above_a = below_a >= total_a ? above_a + (in_a > 0 ? 0 : in_b) : 0;
	}
	test.delta = CLAMP(2 * u / (total_a * total_b) - 1, -1, 1);
	test.beyond = (uint64_t)above_a;
	test.p_rank = rank_p(u, total_a, total_b, ties);
	test.p_beyond = precedence_p(n_a, n_b, MIN(test.beyond, n_b));
	test.p = MIN(1, 2 * MIN(test.p_rank, test.p_beyond));
	return test;
}

struct ranked {
	double p;
	size_t at;
};

static gint by_p(gconstpointer a, gconstpointer b)
{
	const struct ranked *left = a, *right = b;

	return (left->p > right->p) - (left->p < right->p);
}

void fdar_adjust_p(double *p, size_t count)
{
	g_autoptr(GArray) ranks =
		g_array_sized_new(FALSE, FALSE, sizeof(struct ranked), (guint)count);
	double least = 1;

	for (size_t i = 0; i < count; i++) {
		struct ranked one = { p[i], i };

		g_array_append_val(ranks, one);
	}
	g_array_sort(ranks, by_p);
	for (size_t rank = count; rank > 0; rank--) {
		const struct ranked *one = &g_array_index(ranks, struct ranked, rank - 1);

		least = MIN(least, one->p * (double)count / (double)rank);
		p[one->at] = least;
	}
}
