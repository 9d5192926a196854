/* The search for the smallest set that hurts, with oracles that know it: exact, and with few
 * questions. */
#include <string.h>

#include "replay/reduce/reduce.h"
#include "replay/reduce/tries.h"
#include "tests/unit/kit/guilty.h"

#define SEEDS 20

static struct fdar_reduce_options defaults(uint32_t units)
{
	return (struct fdar_reduce_options){
		.units = units, .load = units, .intensity = 1, .trust = 1
	};
}

static void run(struct guilty *guilty, const struct fdar_reduce_options *options,
		struct fdar_reduced *result)
{
	struct fdar_tries *tries = fdar_tries_new(guilty_oracle, guilty_keep, guilty);

	fdar_reduce_run(tries, options, result);
	if (result->end == FDAR_REDUCE_DONE)
		fdar_reduce_settle(tries, options, result);
	g_assert_cmpuint(fdar_tries_runs(tries), ==, guilty->asked);
	fdar_tries_free(tries);
}

/* Searches with 20 seeds: how often the guilty were what was left, and the most questions asked. */
struct score {
	unsigned exact;
	uint64_t asked_most, asked_all;
};

struct kind {
	uint32_t units, count;
	gboolean together;
	double wrong; /* both ways, and so often it cannot tell */
	uint32_t trust;
};

static struct score score_of(const struct kind *kind)
{
	struct score score = { 0 };

	for (guint32 seed = 1; seed <= SEEDS; seed++) {
		struct fdar_reduce_options options = defaults(kind->units);
		struct fdar_reduced result;
		struct guilty guilty;

		guilty_init(&guilty, kind->units, kind->count, seed);
		guilty.together = kind->together;
		guilty.false_yes = guilty.false_no = guilty.cannot_tell = kind->wrong;
		options.trust = kind->trust;
		options.all = !kind->together;
		run(&guilty, &options, &result);
		score.exact +=
			result.end == FDAR_REDUCE_DONE && guilty_exactly(&guilty, result.units);
		score.asked_most = MAX(score.asked_most, guilty.asked);
		score.asked_all += guilty.asked;
		fdar_reduced_clear(&result);
		guilty_clear(&guilty);
	}
	g_test_message("%u of %u%s, wrong %g: %u exact, %.1f questions, at most %u", kind->count,
		       kind->units, kind->together ? " together" : "", kind->wrong, score.exact,
		       (double)score.asked_all / SEEDS, (unsigned)score.asked_most);
	return score;
}

static unsigned bits(uint32_t number)
{
	unsigned count = 0;

	for (; number > 1; number = (number + 1) / 2)
		count++;
	return count;
}

/* An oracle that is never wrong: always exact, log2(units) questions a guilty unit and a few. */
static void test_exact(void)
{
	static const uint32_t sizes[] = { 200, 1000, 5000 }, counts[] = { 1, 2, 5 };

	for (unsigned size = 0; size < G_N_ELEMENTS(sizes); size++) {
		for (unsigned count = 0; count < 2 * G_N_ELEMENTS(counts); count++) {
			struct kind kind = { sizes[size], counts[count / 2], count % 2 == 0, 0, 1 };
			struct score score = score_of(&kind);

			g_assert_cmpuint(score.exact, ==, SEEDS);
			g_assert_cmpuint(score.asked_most, <=,
					 kind.count * (bits(kind.units) + 4) + 4);
		}
	}
}

/* The target: 1,000 with 3 guilty in at most 120, whichever way they hurt, and with noise. */
static void test_target(void)
{
	for (unsigned i = 0; i < 4; i++) {
		struct kind kind = { 1000, 3, i % 2 == 0, i < 2 ? 0 : 0.02, i < 2 ? 1 : 2 };
		struct score score = score_of(&kind);

		g_assert_cmpuint(score.exact, >=, SEEDS - 1);
		g_assert_cmpuint(score.asked_all, <=, 120 * SEEDS);
	}
}

/* One answer of 20 is wrong either way, and one of 20 is none. */
static void test_noise(void)
{
	static const uint32_t sizes[] = { 200, 1000, 5000 }, counts[] = { 1, 2, 5 };

	for (unsigned size = 0; size < G_N_ELEMENTS(sizes); size++) {
		for (unsigned count = 0; count < 2 * G_N_ELEMENTS(counts); count++) {
			struct kind kind = { sizes[size], counts[count / 2], count % 2 == 0, 0.05,
					     3 };

			g_assert_cmpuint(score_of(&kind).exact, >=, SEEDS - 1);
		}
	}
}

/* Each unit gets more copies as there are fewer; a set that needs 8 at once is left with 8. */
static void test_copies(void)
{
	for (guint32 seed = 1; seed <= SEEDS; seed++) {
		struct fdar_reduce_options options = defaults(200);
		struct fdar_reduced result;
		struct guilty guilty;

		guilty_init(&guilty, 200, 1, seed);
		guilty.copies = 8;
		options.load = 200 * 8;
		options.intensity = 8;
		options.confirm = 10;
		run(&guilty, &options, &result);
		g_assert_true(guilty_exactly(&guilty, result.units));
		g_assert_cmpuint(result.intensity, ==, 8);
		g_assert_cmpuint(result.confirmed, ==, 10);
		fdar_reduced_clear(&result);
		guilty_clear(&guilty);
	}
}

/* While units are dropped the load stays within the rounding of whole copies. */
static void test_load(void)
{
	struct fdar_reduce_options options = defaults(1000);
	struct fdar_reduced result;
	struct guilty guilty;

	g_assert_cmpuint(fdar_try_copies(1000, 1000), ==, 1);
	g_assert_cmpuint(fdar_try_copies(1000, 500), ==, 2);
	g_assert_cmpuint(fdar_try_copies(1000, 750), ==, 1);
	g_assert_cmpuint(fdar_try_copies(1000, 700), ==, 2);
	g_assert_cmpuint(fdar_try_copies(1000, 3), ==, 333);
	g_assert_cmpuint(fdar_try_copies(10, 1000), ==, 1);
	guilty_init(&guilty, 1000, 5, 7);
	guilty.together = TRUE;
	options.keep_load = TRUE;
	run(&guilty, &options, &result);
	g_assert_true(guilty_exactly(&guilty, result.units));
	g_assert_cmpuint(guilty.load_least, >=, 700);
	g_assert_cmpuint(guilty.load_most, <=, 1415);
	g_assert_cmpuint(result.intensity, ==, 200);
	fdar_reduced_clear(&result);
	guilty_clear(&guilty);
}

/* Two causes of their own are told apart. */
static void test_causes(void)
{
	struct fdar_reduce_options options = defaults(300);
	struct fdar_reduced result;
	struct guilty guilty;

	guilty_init(&guilty, 300, 3, 3);
	options.all = TRUE;
	run(&guilty, &options, &result);
	g_assert_cmpint(result.end, ==, FDAR_REDUCE_DONE);
	g_assert_cmpuint(result.causes->len, ==, 3);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpuint(g_array_index(result.causes, uint32_t, i), ==, 1);
	fdar_reduced_clear(&result);
	/* Without all, one of them. */
	options.all = FALSE;
	guilty.asked = 0;
	run(&guilty, &options, &result);
	g_assert_cmpuint(result.units->len, ==, 1);
	fdar_reduced_clear(&result);
	guilty_clear(&guilty);
}

/* Who stands out is found at once. */
static void test_weights(void)
{
	g_autofree double *weights = g_new0(double, 5000);
	struct fdar_reduce_options options = defaults(5000);
	struct fdar_reduced result;
	struct guilty guilty;

	guilty_init(&guilty, 5000, 3, 5);
	guilty.together = TRUE;
	for (uint32_t i = 0; i < 5000; i++)
		weights[i] = i % 10;
	for (uint32_t i = 0; i < 3; i++)
		weights[guilty.unit[i]] = 50 + i;
	options.weights = weights;
	run(&guilty, &options, &result);
	g_assert_true(guilty_exactly(&guilty, result.units));
	g_assert_cmpuint(guilty.asked, <=, 16);
	fdar_reduced_clear(&result);
	guilty_clear(&guilty);
}

static void test_harmless(void)
{
	struct fdar_reduce_options options = defaults(50);
	struct fdar_reduced result;
	struct guilty guilty;

	guilty_init(&guilty, 50, 0, 1);
	run(&guilty, &options, &result);
	g_assert_cmpint(result.end, ==, FDAR_REDUCE_HARMLESS);
	g_assert_cmpuint(result.units->len, ==, 0);
	g_assert_cmpuint(guilty.asked, ==, 1);
	fdar_reduced_clear(&result);
	guilty_clear(&guilty);
}

static void on_better(void *user, const struct fdar_try *best)
{
	struct guilty *guilty = user;

	g_assert_cmpuint(guilty_in(guilty, best), ==, guilty->count);
}

/* Stopped after any number of questions: what is left hurts, and a search that is given the lines
 * asks for the rest only. */
static void test_resume(void)
{
	for (uint64_t stop = 1; stop < 60; stop += 3) {
		struct fdar_reduce_options options = defaults(1000);
		struct fdar_reduced result;
		struct fdar_tries *tries;
		struct guilty guilty;
		g_auto(GStrv) lines = NULL;

		guilty_init(&guilty, 1000, 3, 11);
		guilty.together = TRUE;
		guilty.log = g_string_new(NULL);
		guilty.stop_after = stop;
		options.better = on_better;
		options.user = &guilty;
		run(&guilty, &options, &result);
		if (result.end == FDAR_REDUCE_STOPPED && result.units->len) {
			struct fdar_try best = { (const void *)result.units->data,
						 result.units->len, 1 };

			g_assert_cmpuint(guilty_in(&guilty, &best), ==, 3);
		}
		fdar_reduced_clear(&result);
		guilty.stop_after = 0;
		tries = fdar_tries_new(guilty_oracle, NULL, &guilty);
		lines = g_strsplit(guilty.log->str, "\n", -1);
		for (char **line = lines; *line && **line; line++)
			g_assert_true(fdar_tries_recall(tries, *line));
		fdar_reduce_run(tries, &options, &result);
		g_assert_cmpint(result.end, ==, FDAR_REDUCE_DONE);
		fdar_reduce_settle(tries, &options, &result);
		g_assert_true(guilty_exactly(&guilty, result.units));
		g_assert_cmpuint(fdar_tries_recalled(tries) + fdar_tries_runs(tries), ==,
				 guilty.asked);
		fdar_tries_free(tries);
		fdar_reduced_clear(&result);
		g_string_free(guilty.log, TRUE);
		guilty_clear(&guilty);
	}
}

static void test_lines(void)
{
	static const char *const bad[] = {
		"",
		"nonsense",
		"0123456789abcdef0123456789abcdef 12 4 x 1.5",
		"0123456789abcdef0123456789abcde 12 4 h 1.5",
		"0123456789abcdef0123456789abcdef 12 0 h 1",
		"-123456789abcdef0123456789abcdef 12 4 h 1",
		"0123456789abcdef0123456789abcdef 12 4",
	};
	struct fdar_tries *tries = fdar_tries_new(guilty_oracle, NULL, NULL);

	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(fdar_tries_recall(tries, bad[i]));
	g_assert_true(fdar_tries_recall(tries, "0123456789abcdef0123456789abcdef 12 4 h 1.5"));
	fdar_tries_free(tries);
}

/* An oracle that throws dice ends the search, one way or another. */
static void test_dice(void)
{
	for (guint32 seed = 1; seed <= SEEDS; seed++) {
		struct fdar_reduce_options options = defaults(500);
		struct fdar_reduced result;
		struct guilty guilty;

		guilty_init(&guilty, 500, 2, seed);
		guilty.false_yes = guilty.false_no = 0.5;
		options.trust = 2;
		options.all = TRUE;
		run(&guilty, &options, &result);
		g_assert_cmpuint(guilty.asked, <, 100000);
		fdar_reduced_clear(&result);
		guilty_clear(&guilty);
	}
}

/* What is never told is given up after a few questions, and taken for a no: not after as many as there may be. */
static void test_untold(void)
{
	static const uint32_t units[] = { 1, 2, 3 };
	struct fdar_try asked = { units, 3, 1 };
	struct guilty guilty;
	struct fdar_tries *tries;

	guilty_init(&guilty, 5, 1, 1);
	guilty.cannot_tell = 1;
	tries = fdar_tries_new(guilty_oracle, NULL, &guilty);
	g_assert_cmpint(fdar_tries_ask(tries, &asked, 2, 2, 15), ==, FDAR_ANSWER_NOT);
	g_assert_cmpuint(guilty.asked, <=, 7);
	/* Exactly one question more, as a confirmation wants it. */
	guilty.asked = 0;
	g_assert_cmpint(fdar_tries_ask(tries, &asked, G_MAXINT32, G_MAXINT32, 1), ==,
			FDAR_ANSWER_NOT);
	g_assert_cmpuint(guilty.asked, ==, 1);
	fdar_tries_free(tries);
	guilty_clear(&guilty);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/reduce/exact", test_exact);
	g_test_add_func("/reduce/target", test_target);
	g_test_add_func("/reduce/noise", test_noise);
	g_test_add_func("/reduce/copies", test_copies);
	g_test_add_func("/reduce/load", test_load);
	g_test_add_func("/reduce/causes", test_causes);
	g_test_add_func("/reduce/weights", test_weights);
	g_test_add_func("/reduce/harmless", test_harmless);
	g_test_add_func("/reduce/resume", test_resume);
	g_test_add_func("/reduce/lines", test_lines);
	g_test_add_func("/reduce/dice", test_dice);
	g_test_add_func("/reduce/untold", test_untold);
	return g_test_run();
}
