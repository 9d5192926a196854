/* Log-linear histograms: buckets, merging, quantiles. */
#include "base/histogram.h"

static void test_buckets(void)
{
	uint64_t before = 0;

	g_assert_cmpuint(fdar_histogram_bucket(0), ==, 0);
	g_assert_cmpuint(fdar_histogram_bucket(63), ==, 63);
	g_assert_cmpuint(fdar_histogram_bucket(UINT64_MAX), ==, FDAR_HISTOGRAM_BUCKETS - 1);
	for (uint32_t i = 0; i < FDAR_HISTOGRAM_BUCKETS; i++) {
		uint64_t low = fdar_bucket_low(i);
		uint64_t high = fdar_bucket_high(i);

		/* They follow each other without a gap, and know their own. */
		g_assert_cmpuint(low, ==, i ? before + 1 : 0);
		g_assert_cmpuint(low, <=, high);
		g_assert_cmpuint(fdar_histogram_bucket(low), ==, i);
		g_assert_cmpuint(fdar_histogram_bucket(high), ==, i);
		if (low >= 64)
			g_assert_cmpuint((high - low + 1), <=, low / 32);
		before = high;
	}
	g_assert_cmpuint(before, ==, UINT64_MAX);
}

static void test_quantiles(void)
{
	struct fdar_histogram h = { 0 };

	g_assert_cmpfloat(fdar_histogram_quantile(&h, 0.5, 10), ==, 0);
	g_assert_cmpfloat(fdar_histogram_mean(&h), ==, 0);
	fdar_histogram_add(&h, 1000003, 1);
	g_assert_cmpfloat(fdar_histogram_quantile(&h, 0, 1), ==, 1000003);
	g_assert_cmpfloat(fdar_histogram_quantile(&h, 0.5, 1), ==, 1000003);
	g_assert_cmpfloat(fdar_histogram_quantile(&h, 1, 1), ==, 1000003);
	fdar_histogram_clear(&h);

	for (uint64_t i = 1; i <= 10000; i++)
		fdar_histogram_add(&h, i * 100, 1);
	for (int percent = 0; percent <= 100; percent++) {
		double q = percent / 100.0;
		double exact = (1 + q * 9999) * 100;

		g_assert_cmpfloat(ABS(fdar_histogram_quantile(&h, q, h.count) - exact), <=,
				  exact / 32);
	}
	g_assert_cmpfloat(fdar_histogram_quantile(&h, 0, h.count), ==, 100);
	g_assert_cmpfloat(fdar_histogram_quantile(&h, 1, h.count), ==, 1000000);
	g_assert_cmpfloat(fdar_histogram_mean(&h), ==, 500050);
	/* As many zeros again: the median lies between them and the lowest value. */
	g_assert_cmpfloat(fdar_histogram_quantile(&h, 0.25, 20000), ==, 0);
	g_assert_cmpfloat(fdar_histogram_quantile(&h, 0.5, 20000), ==, 50);
	g_assert_cmpfloat(fdar_histogram_quantile(&h, 1, 20000), ==, 1000000);
	fdar_histogram_clear(&h);
}

static uint64_t random_value(GRand *rand)
{
	uint64_t value = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);

	return value >> g_rand_int_range(rand, 24, 64);
}

static void test_merge_is_exact(void)
{
	GRand *rand = g_rand_new_with_seed(7);

	for (int round = 0; round < 50; round++) {
		struct fdar_histogram whole = { 0 }, part[3] = { { 0 }, { 0 }, { 0 } };
		struct fdar_histogram forth = { 0 }, back = { 0 };

		for (int i = 0; i < 500; i++) {
			uint64_t value = random_value(rand);
			uint64_t times = (uint64_t)g_rand_int_range(rand, 0, 4);

			fdar_histogram_add(&whole, value, times);
			fdar_histogram_add(&part[g_rand_int_range(rand, 0, 3)], value, times);
		}
		for (int i = 0; i < 3; i++) {
			fdar_histogram_merge(&forth, &part[i]);
			fdar_histogram_merge(&back, &part[2 - i]);
		}
		g_assert_true(fdar_histogram_equal(&whole, &forth));
		g_assert_true(fdar_histogram_equal(&whole, &back));
		fdar_histogram_add(&back, 1, 1);
		g_assert_false(fdar_histogram_equal(&whole, &back));
		for (int i = 0; i < 3; i++)
			fdar_histogram_clear(&part[i]);
		fdar_histogram_clear(&whole);
		fdar_histogram_clear(&forth);
		fdar_histogram_clear(&back);
	}
	g_rand_free(rand);
}

static void test_saturation(void)
{
	struct fdar_histogram h = { 0 }, other = { 0 };

	fdar_histogram_add(&h, UINT64_MAX, 3);
	g_assert_cmpuint(h.sum, ==, UINT64_MAX);
	g_assert_cmpuint(h.count, ==, 3);
	fdar_histogram_add(&other, 1, UINT64_MAX);
	fdar_histogram_merge(&h, &other);
	g_assert_cmpuint(h.count, ==, UINT64_MAX);
	g_assert_cmpuint(h.min, ==, 1);
	g_assert_cmpuint(h.max, ==, UINT64_MAX);
	fdar_histogram_clear(&h);
	fdar_histogram_clear(&other);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/histogram/buckets", test_buckets);
	g_test_add_func("/histogram/quantiles", test_quantiles);
	g_test_add_func("/histogram/merge", test_merge_is_exact);
	g_test_add_func("/histogram/saturation", test_saturation);
	return g_test_run();
}
