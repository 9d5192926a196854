/* The tests of the diff, against values worked out elsewhere (scipy 1.10, by hand). */
#include "analyze/diff/diff_stats.h"

#include <math.h>

static struct fdar_histogram of(const uint64_t *values, size_t count)
{
	struct fdar_histogram h = { 0 };

	for (size_t i = 0; i < count; i++)
		fdar_histogram_add(&h, values[i], 1);
	return h;
}

#define NEAR(a, b) g_assert_cmpfloat_with_epsilon((a), (b), 1e-6)

static void test_separate(void)
{
	struct fdar_histogram a = of((uint64_t[]){ 1, 2, 3, 4, 5 }, 5);
	struct fdar_histogram b = of((uint64_t[]){ 11, 12, 13, 14, 15 }, 5);
	struct fdar_sample_test test = fdar_sample_test(&a, 5, &b, 5);

	NEAR(test.delta, 1);
	g_assert_cmpuint(test.beyond, ==, 5);
	NEAR(test.p_beyond, 1.0 / 252);
	NEAR(test.p_rank, 0.0121857804); /* scipy: mannwhitneyu(method="asymptotic") */
	NEAR(test.p, 2.0 / 252);
	NEAR(fdar_sample_smallest_p(5, 5), 2.0 / 252);
	test = fdar_sample_test(&b, 5, &a, 5);
	NEAR(test.delta, -1);
	g_assert_cmpuint(test.beyond, ==, 0);
	NEAR(test.p_rank, 0.0121857804);
	fdar_histogram_clear(&a);
	fdar_histogram_clear(&b);
}

static void test_ties(void)
{
	struct fdar_histogram a = of((uint64_t[]){ 1, 2, 2, 3, 7, 9 }, 6);
	struct fdar_histogram b = of((uint64_t[]){ 2, 3, 3, 8, 9, 9, 12 }, 7);
	struct fdar_sample_test test = fdar_sample_test(&a, 6, &b, 7);

	/* scipy: U of b is 31 */
	NEAR(test.delta, 2 * 31.0 / 42 - 1);
	NEAR(test.p_rank, 0.1675613657);
	g_assert_cmpuint(test.beyond, ==, 1);
	NEAR(test.p_beyond, 7.0 / 13);
	fdar_histogram_clear(&a);
	fdar_histogram_clear(&b);
}

static void test_equal(void)
{
	struct fdar_histogram a = of((uint64_t[]){ 5, 5, 5, 9 }, 4);
	struct fdar_sample_test test = fdar_sample_test(&a, 10, &a, 10);

	NEAR(test.delta, 0);
	NEAR(test.p, 1);
	g_assert_cmpuint(test.beyond, ==, 0);
	fdar_histogram_clear(&a);
}

/* Values that are not in the histogram are 0, and so are those in bucket 0. */
static void test_zeros(void)
{
	struct fdar_histogram none = { 0 };
	struct fdar_histogram zeros = of((uint64_t[]){ 0, 0, 0, 0 }, 4);
	struct fdar_histogram some = of((uint64_t[]){ 3, 4 }, 2);
	struct fdar_sample_test test = fdar_sample_test(&none, 4, &some, 8);
	struct fdar_sample_test same = fdar_sample_test(&zeros, 4, &some, 8);

	NEAR(test.delta, 0.25);
	g_assert_cmpuint(test.beyond, ==, 2);
	NEAR(test.p_beyond, 8.0 / 12 * 7 / 11);
	NEAR(same.delta, test.delta);
	NEAR(same.p, test.p);
	test = fdar_sample_test(&none, 4, &none, 8);
	NEAR(test.p, 1);
	NEAR(test.delta, 0);
	test = fdar_sample_test(&none, 0, &some, 2);
	NEAR(test.p, 1);
	NEAR(fdar_sample_smallest_p(0, 3), 1);
	NEAR(fdar_sample_smallest_p(1, 1), 1);
	fdar_histogram_clear(&zeros);
	fdar_histogram_clear(&some);
}

/* A few bad sessions among many good ones: too few for the ranks, not for the extremes. */
static void test_tail(void)
{
	struct fdar_histogram a = { 0 }, b = { 0 };

	for (uint64_t i = 0; i < 200; i++) {
		fdar_histogram_add(&a, 1000 + i, 1);
		fdar_histogram_add(&b, i < 190 ? 1000 + i : 1000000, 1);
	}
	struct fdar_sample_test test = fdar_sample_test(&a, 200, &b, 200);
	g_assert_cmpfloat(test.p_rank, >, 0.05);
	g_assert_cmpuint(test.beyond, ==, 10);
	g_assert_cmpfloat(test.p, <, 0.005);
	fdar_histogram_clear(&a);
	fdar_histogram_clear(&b);
}

/* Samples of one distribution: p below 0.05 about one time in twenty, not more. */
static void test_false_positives(void)
{
	GRand *rand = g_rand_new_with_seed(5);
	int found = 0;

	for (int round = 0; round < 2000; round++) {
		struct fdar_histogram a = { 0 }, b = { 0 };

		for (int i = 0; i < 30; i++) {
			fdar_histogram_add(&a,
					   (uint64_t)(1e6 *
						      pow(g_rand_double_range(rand, 0.01, 1), -1)),
					   1);
			fdar_histogram_add(&b,
					   (uint64_t)(1e6 *
						      pow(g_rand_double_range(rand, 0.01, 1), -1)),
					   1);
		}
		found += fdar_sample_test(&a, 30, &b, 30).p < 0.05;
		fdar_histogram_clear(&a);
		fdar_histogram_clear(&b);
	}
	g_assert_cmpint(found, <, 2000 * 6 / 100);
	g_assert_cmpint(found, >, 2000 * 2 / 100);
	g_rand_free(rand);
}

static void test_adjust(void)
{
	/* By hand: p times 5 over its rank, no more than that of the next rank. */
	double p[] = { 0.01, 0.04, 0.03, 0.005, 0.9 };

	fdar_adjust_p(p, 5);
	NEAR(p[0], 0.025);
	NEAR(p[1], 0.05);
	NEAR(p[2], 0.05);
	NEAR(p[3], 0.025);
	NEAR(p[4], 0.9);
	fdar_adjust_p(NULL, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/diff-stats/separate", test_separate);
	g_test_add_func("/diff-stats/ties", test_ties);
	g_test_add_func("/diff-stats/equal", test_equal);
	g_test_add_func("/diff-stats/zeros", test_zeros);
	g_test_add_func("/diff-stats/tail", test_tail);
	g_test_add_func("/diff-stats/false-positives", test_false_positives);
	g_test_add_func("/diff-stats/adjust", test_adjust);
	return g_test_run();
}
