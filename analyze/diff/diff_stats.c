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

static double log_choose(double n, double k)
{
	return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

/* Of the highest values, before more than spare are of a, so many are of b: the probability that the
 * highest spare + beyond of exchangeable values have at most spare of a (hypergeometric). The
 * precedence test that forgives spare outliers of a. */
static double spared_p(double n_a, double n_b, double spare, double beyond)
{
	double drawn = spare + beyond, p = 0;

	if (!(beyond > 0))
		return 1;
	for (double i = 0; i <= spare; i++)
		if (i <= n_a && drawn - i <= n_b)
			p += exp(log_choose(n_a, i) + log_choose(n_b, drawn - i) -
				 log_choose(n_a + n_b, drawn));
	return MIN(p, 1);
}

/* Weights of the four ways in which b can be above a; they add up to 1, so that the smallest
 * weighted p keeps its level. The two that forgive outliers get less: where they are needed, they
 * have much to say. */
#define WEIGHT_MAIN  0.4
#define WEIGHT_SPARE 0.1
#define SPARE_MAX    1000 /* so many terms are summed at most */

struct level {
	double in_a;
	double in_b;
};

static double p_beyond_spare(const GArray *levels, double n_a, double n_b, double spare)
{
	double above_a = 0, above_b = 0;

	for (guint i = levels->len; i > 0; i--) {
		const struct level *level = &g_array_index(levels, struct level, i - 1);

		if (above_a + level->in_a > spare)
			break;
		above_a += level->in_a;
		above_b += level->in_b;
	}
	return spared_p(n_a, n_b, spare, above_b);
}

static double p_few(const GArray *levels, const struct fdar_sample_test *test, double n_a,
		    double n_b)
{
	double few = p_beyond_spare(levels, n_a, n_b, MIN(SPARE_MAX, MAX(1, floor(n_a / 50))));
	double many = p_beyond_spare(levels, n_a, n_b, MIN(SPARE_MAX, MAX(2, floor(n_a / 10))));
	double p = MIN(test->p_beyond / WEIGHT_MAIN, MIN(few, many) / WEIGHT_SPARE);

	return MIN(p, 1);
}

static double p_up(const struct fdar_sample_test *test)
{
	double rank = test->delta > 0 ? test->p_rank / 2 : 1 - test->p_rank / 2;

	return MIN(MIN(rank / WEIGHT_MAIN, test->p_few), 1);
}

/* How many ways there are to choose n_b of the ranks with a sum of ranks of at least so much. Values
 * are few, so this counts; ranks are doubled, so that ties have whole ones. */
static double exact_above_p(const unsigned *ranks, size_t n, size_t n_b, unsigned least)
{
	/* ways[k][s]: to choose k values with a sum of s */
	enum { MOST = 20, SUMS = 2 * MOST * (MOST + 1) / 2 + 1 };
	g_autofree double *ways = g_new0(double, (MOST + 1) * SUMS);
	double above = 0, all = 0;

	ways[0] = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = MIN(i + 1, n_b); k > 0; k--)
			for (size_t s = SUMS - 1; s >= ranks[i]; s--)
				ways[k * SUMS + s] += ways[(k - 1) * SUMS + s - ranks[i]];
	for (size_t s = 0; s < SUMS; s++) {
		all += ways[n_b * SUMS + s];
		above += s >= least ? ways[n_b * SUMS + s] : 0;
	}
	return above / all;
}

#define EXACT_MAX 20u

double fdar_values_above_p(const double *a, size_t n_a, const double *b, size_t n_b)
{
	unsigned ranks[EXACT_MAX];
	unsigned sum = 0;
	double u = 0, pairs = (double)n_a * (double)n_b;

	if (!n_a || !n_b)
		return 1;
	for (size_t i = 0; i < n_b; i++)
		for (size_t k = 0; k < n_a; k++)
			u += b[i] > a[k] ? 1 : b[i] == a[k] ? 0.5 : 0;
	if (n_a + n_b > EXACT_MAX) {
		double deviation = sqrt(pairs * (double)(n_a + n_b + 1) / 12);

		return erfc((u - pairs / 2 - 0.5) / deviation / M_SQRT2) / 2;
	}
	for (size_t i = 0; i < n_a + n_b; i++) {
		double value = i < n_a ? a[i] : b[i - n_a];

		ranks[i] = 1;
		for (size_t k = 0; k < n_a + n_b; k++) {
			double other = k < n_a ? a[k] : b[k - n_a];

			ranks[i] += other < value ? 2 : other == value ? 1 : 0;
		}
		sum += i < n_a ? 0 : ranks[i];
	}
	return exact_above_p(ranks, n_a + n_b, n_b, sum);
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
	struct fdar_sample_test test = {
		.p_rank = 1, .p_beyond = 1, .p = 1, .p_up = 1, .p_few = 1, .p_down = 1
	};
	struct cursor from_a, from_b;
	double below_a = 0, above_a = 0, u = 0, ties = 0;
	double total_a = (double)n_a, total_b = (double)n_b;

	if (!n_a || !n_b)
		return test;
	g_autoptr(GArray) levels = g_array_new(FALSE, FALSE, sizeof(struct level));
	from_a = cursor_of(a, n_a);
	from_b = cursor_of(b, n_b);
	for (;;) {
		uint32_t place = MIN(cursor_place(&from_a), cursor_place(&from_b));

		if (place == UINT32_MAX)
			break;
		double in_a = cursor_take(&from_a, place);
		double in_b = cursor_take(&from_b, place);
		double both = in_a + in_b;
		struct level level = { in_a, in_b };

		g_array_append_val(levels, level);
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
	test.p_few = p_few(levels, &test, total_a, total_b);
	test.p_up = p_up(&test);
	test.p_down = test.delta < 0 ? test.p_rank / 2 : 1 - test.p_rank / 2;
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
		p[one->at] = MAX(one->p, least); /* as rounding may not have it */
	}
}
