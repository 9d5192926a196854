/* Interning: each pair has one id, in the order in which they came, however many there are. */
#include "base/intern.h"

#include <glib.h>

/* So many that some ten of them have the hash of another one: only the pairs tell these apart. */
#define PAIRS 300000u

static void test_many(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(14);
	struct fdar_intern intern = { 0 };

	for (uint32_t i = 0; i < PAIRS; i++) {
		g_assert_cmpuint(fdar_intern_find(&intern, i, i % 7), ==, FDAR_INTERN_NONE);
		g_assert_cmpuint(fdar_intern_add(&intern, i, i % 7), ==, i);
		uint32_t again = (uint32_t)g_rand_int_range(rand, 0, (gint32)i + 1);
		g_assert_cmpuint(fdar_intern_add(&intern, again, again % 7), ==, again);
	}
	g_assert_cmpuint(intern.count, ==, PAIRS);
	for (uint32_t i = 0; i < PAIRS; i++) {
		fdar_intern_prefetch(&intern, i, i % 7);
		g_assert_cmpuint(fdar_intern_find(&intern, i, i % 7), ==, i);
		g_assert_cmpuint(fdar_intern_find(&intern, i, 7 + i % 7), ==, FDAR_INTERN_NONE);
		g_assert_cmpuint(intern.pairs[i].a, ==, i);
		g_assert_cmpuint(intern.pairs[i].b, ==, i % 7);
	}
	fdar_intern_clear(&intern);
}

static void test_reset(void)
{
	struct fdar_intern intern = { 0 };

	g_assert_cmpuint(fdar_intern_find(&intern, 1, 2), ==, FDAR_INTERN_NONE);
	for (uint64_t i = 0; i < 100; i++)
		g_assert_cmpuint(fdar_intern_add(&intern, i, UINT64_MAX - i), ==, i);
	fdar_intern_reset(&intern);
	g_assert_cmpuint(intern.count, ==, 0);
	for (uint64_t i = 0; i < 100; i++)
		g_assert_cmpuint(fdar_intern_find(&intern, i, UINT64_MAX - i), ==,
				 FDAR_INTERN_NONE);
	g_assert_cmpuint(fdar_intern_add(&intern, 99, UINT64_MAX - 99), ==, 0);
	fdar_intern_clear(&intern);
	g_assert_cmpuint(fdar_intern_find(&intern, 99, UINT64_MAX - 99), ==, FDAR_INTERN_NONE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/intern/many", test_many);
	g_test_add_func("/intern/reset", test_reset);
	return g_test_run();
}
