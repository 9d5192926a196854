/* Shortening with oracles that know which units are needed: exact, within the bound, and with few questions. */
#include "replay/reduce/shorten.h"

#include "tests/unit/kit/guilty.h"

#define SEEDS 20

/* Units that are needed, all of them: runs of neighbours. */
struct needed {
	GRand *rand;
	uint8_t *unit;
	uint32_t units, count, runs;
	double wrong; /* how often, either way */
	uint64_t asked;
};

static void needed_init(struct needed *needed, uint32_t units, uint32_t runs, uint32_t longest,
			guint32 seed)
{
	*needed = (struct needed){ .rand = g_rand_new_with_seed(seed), .units = units };
	needed->unit = g_malloc0(units);
	for (uint32_t i = 0; i < runs; i++) {
		uint32_t at = (uint32_t)g_rand_int_range(needed->rand, 0, (gint32)units);
		uint32_t size = (uint32_t)g_rand_int_range(needed->rand, 1, (gint32)longest + 1);

		for (; size && at < units; at++, size--)
			needed->unit[at] = 1;
	}
	for (uint32_t i = 0; i < units; i++) {
		needed->count += needed->unit[i];
		needed->runs += needed->unit[i] && (!i || !needed->unit[i - 1]);
	}
}

static void needed_clear(struct needed *needed)
{
	g_rand_free(needed->rand);
	g_free(needed->unit);
}

static uint32_t needed_in(const struct needed *needed, const uint32_t *units, size_t count)
{
	uint32_t there = 0;

	for (size_t i = 0; i < count; i++)
		there += needed->unit[units[i]];
	return there;
}

static enum fdar_answer oracle(void *user, const struct fdar_try *asked, double *figure)
{
	struct needed *needed = user;
	gboolean hurts = needed_in(needed, asked->units, asked->count) == needed->count;

	g_assert_cmpuint(asked->count, >, 0);
	g_assert_cmpuint(asked->intensity, ==, 3);
	needed->asked++;
	*figure = hurts;
	if (g_rand_double(needed->rand) < needed->wrong)
		hurts = !hurts;
	return hurts ? FDAR_ANSWER_HURTS : FDAR_ANSWER_NOT;
}

static GArray *shorten(struct needed *needed, uint32_t trust, uint64_t most)
{
	const struct fdar_reduce_options options = { .units = needed->units,
						     .intensity = 3,
						     .trust = trust };
	struct fdar_tries *tries = fdar_tries_new(oracle, NULL, needed);
	gboolean stopped = TRUE;
	GArray *left = fdar_shorten_run(tries, &options, most, &stopped);

	g_assert_false(stopped);
	g_assert_cmpuint(fdar_tries_runs(tries), ==, needed->asked);
	fdar_tries_free(tries);
	return left;
}

static unsigned bits(uint32_t number)
{
	unsigned count = 0;

	for (; number; number /= 2)
		count++;
	return count;
}

/* What is left is what is needed, after no more questions than the header says. */
static void test_exact(void)
{
	static const uint32_t sizes[] = { 1, 2, 7, 100, 1000, 4096 };
	uint64_t asked = 0, needed_of_100 = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++)
		for (guint32 seed = 1; seed <= SEEDS; seed++) {
			struct needed needed;
			GArray *left;

			needed_init(&needed, sizes[i], 1 + seed % 3, 40, seed);
			left = shorten(&needed, 1, 0);
			g_assert_cmpuint(left->len, ==, needed.count);
			g_assert_cmpuint(needed_in(&needed,
						   (const uint32_t *)(const void *)left->data,
						   left->len),
					 ==, needed.count);
			/* No to chunks that have something of a run: 2 k and 2 for each size and run;
			 * yes to at most two of a size beside each run, and to the ends. */
			g_assert_cmpuint(needed.asked, <=,
					 2 * needed.count + (4 * needed.runs + 2) * bits(sizes[i]) +
						 2);
			asked += sizes[i] == 100 ? needed.asked : 0;
			needed_of_100 += sizes[i] == 100 ? needed.count : 0;
			g_array_unref(left);
			needed_clear(&needed);
		}
	g_test_message("of 100 units, %.1f needed: %.1f questions", (double)needed_of_100 / SEEDS,
		       (double)asked / SEEDS);
}

/* The bound holds, and what is needed is there; with more of it less is left. */
static void test_bound(void)
{
	uint64_t left_few = 0, left_more = 0;

	for (guint32 seed = 1; seed <= SEEDS; seed++)
		for (uint64_t most = 5; most <= 40; most += 35) {
			struct needed needed;
			GArray *left;

			needed_init(&needed, 1000, 2, 20, seed);
			left = shorten(&needed, 1, most);
			g_assert_cmpuint(needed.asked, <=, most);
			g_assert_cmpuint(needed_in(&needed,
						   (const uint32_t *)(const void *)left->data,
						   left->len),
					 ==, needed.count);
			*(most == 5 ? &left_few : &left_more) += left->len;
			g_array_unref(left);
			needed_clear(&needed);
		}
	g_test_message("of 1,000 units: %.1f left by 5 questions, %.1f by 40",
		       (double)left_few / SEEDS, (double)left_more / SEEDS);
	g_assert_cmpuint(left_more * 2, <, left_few);
}

/* One answer of 20 is wrong: with a trust of 3 nothing that is needed is thrown away, 19 times of 20. */
static void test_noise(void)
{
	unsigned whole = 0;

	for (guint32 seed = 1; seed <= SEEDS; seed++) {
		struct needed needed;
		GArray *left;

		needed_init(&needed, 200, 2, 20, seed);
		needed.wrong = 0.05;
		left = shorten(&needed, 3, 0);
		whole += needed_in(&needed, (const uint32_t *)(const void *)left->data,
				   left->len) == needed.count;
		g_array_unref(left);
		needed_clear(&needed);
	}
	g_test_message("nothing lost: %u of %u", whole, SEEDS);
	g_assert_cmpuint(whole, >=, SEEDS - 1);
}

/* An oracle that stops: what hurt last is what is left. */
static void test_stopped(void)
{
	const struct fdar_reduce_options options = { .units = 64, .intensity = 1, .trust = 1 };
	struct fdar_tries *tries;
	struct guilty guilty;
	gboolean stopped = FALSE;
	GArray *left;

	guilty_init(&guilty, 64, 1, 1);
	guilty.unit[0] = 3;
	guilty.stop_after = 1;
	tries = fdar_tries_new(guilty_oracle, NULL, &guilty);
	left = fdar_shorten_run(tries, &options, 0, &stopped);
	g_assert_true(stopped);
	g_assert_cmpuint(left->len, ==, 32);
	g_array_unref(left);
	fdar_tries_free(tries);
	guilty_clear(&guilty);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/shorten/exact", test_exact);
	g_test_add_func("/shorten/bound", test_bound);
	g_test_add_func("/shorten/noise", test_noise);
	g_test_add_func("/shorten/stopped", test_stopped);
	return g_test_run();
}
