/* Tallies: the same as a histogram of the same values, whatever their number, range and order. */
#include "base/tally.h"

static void assert_same(struct fdar_tally *tally, const struct fdar_histogram *expected)
{
	struct fdar_histogram got = { 0 };

	fdar_tally_to_histogram(tally, &got);
	g_assert_true(fdar_histogram_equal(&got, expected));
	g_assert_cmpuint(got.length, ==, expected->length);
	fdar_histogram_clear(&got);
}

/* Of all values to none, then of the first third again to that: moved, and added. */
static void check_added(struct fdar_tally *all, const uint64_t *values, guint count)
{
	struct fdar_tally third = { 0 }, sum = { 0 };
	struct fdar_histogram expected = { 0 };

	fdar_tally_to_histogram(all, &expected);
	for (guint i = 0; i < count / 3; i++) {
		fdar_tally_add_slow(&third, values[i]);
		fdar_histogram_add(&expected, values[i], 1);
	}
	fdar_tally_add_tally(&sum, all);
	fdar_tally_add_tally(&sum, &third);
	assert_same(&sum, &expected);
	fdar_tally_clear(&third);
	fdar_tally_clear(&sum);
	fdar_histogram_clear(&expected);
}

static void check_values(const uint64_t *values, guint count)
{
	struct fdar_tally tally = { 0 }, sum = { 0 };
	struct fdar_histogram expected = { 0 }, half = { 0 };

	for (guint i = 0; i < count; i++) {
		fdar_tally_add_slow(&tally, values[i]);
		fdar_histogram_add(&expected, values[i], 1);
		assert_same(&tally, &expected);
		/* In pieces of five. */
		fdar_histogram_add(&half, values[i], 1);
		if (i % 5 == 4 || i + 1 == count) {
			fdar_tally_add_histogram(&sum, &half);
			fdar_histogram_clear(&half);
			assert_same(&sum, &expected);
		}
	}
	check_added(&tally, values, count);
	fdar_tally_clear(&tally);
	fdar_tally_clear(&sum);
	fdar_histogram_clear(&expected);
}

static void test_ranges(void)
{
	uint64_t values[400];

	for (unsigned range = 1; range <= 64; range += 7) {
		g_autoptr(GRand) rand = g_rand_new_with_seed(range);

		for (guint i = 0; i < G_N_ELEMENTS(values); i++)
			values[i] = ((uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand)) >>
				    (64 - range);
		check_values(values, G_N_ELEMENTS(values));
		for (guint few = 1; few <= 3 * FDAR_TALLY_FIRST; few++)
			check_values(values, few);
	}
}

/* The lowest and the highest in turn: an array would be out of proportion at first. */
static void test_far_apart(void)
{
	uint64_t values[400];

	for (guint i = 0; i < G_N_ELEMENTS(values); i++)
		values[i] = i % 2 ? UINT64_MAX : i;
	check_values(values, G_N_ELEMENTS(values));
}

/* Counts that are added later, of two tallies in turns, and more of a bucket than one count holds; then merged with
 * as many. */
static void test_later(void)
{
	struct fdar_tally tallies[2] = { 0 };
	struct fdar_tally_later later = { .count = 0 };
	struct fdar_histogram expected[2] = { 0 };
	g_autoptr(GRand) rand = g_rand_new_with_seed(1);

	for (guint i = 0; i < 300000; i++) {
		uint64_t value = i % 1000 == 7 ? UINT64_MAX >> g_rand_int_range(rand, 0, 64)
					       : (uint64_t)g_rand_int_range(rand, 62, 66);

		fdar_tally_add_later(&later, &tallies[i % 3 == 0], value);
		fdar_histogram_add(&expected[i % 3 == 0], value, 1);
		if (later.count == FDAR_TALLY_LATER)
			fdar_tally_settle(&later);
	}
	fdar_tally_settle(&later);
	assert_same(&tallies[0], &expected[0]);
	assert_same(&tallies[1], &expected[1]);
	for (int times = 0; times < 3; times++) {
		fdar_tally_add_histogram(&tallies[1], &expected[0]);
		fdar_histogram_merge(&expected[1], &expected[0]);
		assert_same(&tallies[1], &expected[1]);
	}
	for (int i = 0; i < 2; i++) {
		fdar_tally_clear(&tallies[i]);
		fdar_histogram_clear(&expected[i]);
	}
}

static void test_empty(void)
{
	struct fdar_tally tally = { 0 };
	struct fdar_histogram none = { 0 };

	assert_same(&tally, &none);
	fdar_tally_add_histogram(&tally, &none);
	assert_same(&tally, &none);
	fdar_tally_clear(&tally);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tally/empty", test_empty);
	g_test_add_func("/tally/ranges", test_ranges);
	g_test_add_func("/tally/far-apart", test_far_apart);
	g_test_add_func("/tally/later", test_later);
	return g_test_run();
}
