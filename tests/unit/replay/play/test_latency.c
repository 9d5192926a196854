/* Latency histograms: exact where they say so, within 1/64 elsewhere, and merging loses nothing. */
#include <glib.h>
#include <string.h>

#include "replay/play/latency.h"

static void test_empty(void)
{
	struct fdar_latency latency;

	fdar_latency_init(&latency);
	g_assert_cmpuint(fdar_latency_quantile(&latency, 0.5), ==, 0);
	g_assert_cmpfloat(fdar_latency_mean(&latency), ==, 0);
	g_assert_cmpuint(latency.max_ns, ==, 0);
}

/* One value alone: each quantile is that value, whatever its bin's edges. */
static void test_single(void)
{
	static const uint64_t values[] = { 0,          1,         127,  128,       129,
					   255,        256,       1000, 123456789, (1ull << 43) - 1,
					   1ull << 43, UINT64_MAX };

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		struct fdar_latency latency;

		fdar_latency_init(&latency);
		fdar_latency_add(&latency, values[i]);
		g_assert_cmpuint(fdar_latency_quantile(&latency, 0), ==, values[i]);
		g_assert_cmpuint(fdar_latency_quantile(&latency, 0.999), ==, values[i]);
		g_assert_cmpuint(latency.min_ns, ==, values[i]);
		g_assert_cmpuint(latency.max_ns, ==, values[i]);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Against the sorted values: never below the true quantile, and at most 1/64 above it. */
static void test_quantiles(void)
{
	enum { COUNT = 20000 };
	g_autofree uint64_t *values = g_new(uint64_t, COUNT);
	GRand *random = g_rand_new_with_seed(7);
	struct fdar_latency latency;

	fdar_latency_init(&latency);
	for (size_t i = 0; i < COUNT; i++) {
		uint64_t bits = (uint64_t)g_rand_int(random) << 32 | g_rand_int(random);

		values[i] = bits >> (22 + g_rand_int_range(random, 0, 36));
		fdar_latency_add(&latency, values[i]);
	}
	g_rand_free(random);
	qsort(values, COUNT, sizeof(*values), by_value);
	for (unsigned permille = 1; permille <= 1000; permille++) {
		uint64_t exact = values[COUNT * permille / 1000 - 1];
		uint64_t got = fdar_latency_quantile(&latency, permille / 1000.0);

		g_assert_cmpuint(got, >=, exact);
		g_assert_cmpuint(got, <=, exact + exact / 64);
	}
}

static void test_merge(void)
{
	struct fdar_latency whole;
	struct fdar_latency parts[3];
	struct fdar_latency merged;

	fdar_latency_init(&whole);
	fdar_latency_init(&merged);
	for (size_t i = 0; i < 3; i++)
		fdar_latency_init(&parts[i]);
	for (uint64_t i = 0; i < 5000; i++) {
		fdar_latency_add(&whole, i * i * 17);
		fdar_latency_add(&parts[i % 3], i * i * 17);
	}
	for (size_t i = 0; i < 3; i++)
		fdar_latency_merge(&merged, &parts[i]);
	g_assert_true(memcmp(&whole, &merged, sizeof(whole)) == 0);
}

/* The sum does not wrap around. */
static void test_total(void)
{
	struct fdar_latency latency;

	fdar_latency_init(&latency);
	fdar_latency_add(&latency, UINT64_MAX);
	fdar_latency_add(&latency, UINT64_MAX);
	g_assert_cmpuint(latency.total_ns, ==, UINT64_MAX);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/latency/empty", test_empty);
	g_test_add_func("/latency/single", test_single);
	g_test_add_func("/latency/quantiles", test_quantiles);
	g_test_add_func("/latency/merge", test_merge);
	g_test_add_func("/latency/total", test_total);
	return g_test_run();
}
