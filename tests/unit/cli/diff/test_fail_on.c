/* --fail-on: limits of a comparison. */
#include <math.h>

#include "cli/diff/fail_on.h"

static void test_parse(void)
{
	static const char *const good[] = { "ratio>2",        "ratio>=1.5", "time>0",
					    "unfinished>10",  "lost>0.5",   "lost>=100",
					    "unfinished>99.9" };
	static const char *const bad[] = {
		"",         "ratio",     "ratio>",   "ratio>x",   "ratio>2x",      "ratio<2",
		"speed>2",  ">2",        "ratio>-1", "ratio>inf", "ratio>nan",     "rati>2",
		"ratio>>2", "ratio > 2", "lost>100", "lost>=101", "unfinished>100"
	};
	struct fdar_fail_on fail_on;

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(fdar_fail_on_parse(good[i], &fail_on));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(fdar_fail_on_parse(bad[i], &fail_on));
	g_assert_true(fdar_fail_on_parse("ratio>=1.5", &fail_on));
	g_assert_cmpstr(fail_on.what, ==, "ratio");
	g_assert_cmpfloat(fail_on.limit, ==, 1.5);
	g_assert_true(fail_on.or_equal);
}

static gboolean crossed(const char *text, const struct fdar_diff *diff)
{
	struct fdar_fail_on fail_on;
	double value;

	g_assert_true(fdar_fail_on_parse(text, &fail_on));
	return fdar_fail_on_check(&fail_on, diff, &value);
}

static void test_check(void)
{
	struct fdar_diff diff = {
		.ratio = 1.2,
		.subject = { .sessions = 200, .unfinished = 20, .discarded = 0.02 },
		.verdict = { .change = FDAR_CHANGE_RUNNING, .factor = 400 },
	};

	g_assert_true(crossed("ratio>2", &diff));
	g_assert_false(crossed("ratio>400", &diff));
	g_assert_true(crossed("ratio>=400", &diff));
	g_assert_false(crossed("time>2", &diff));
	g_assert_true(crossed("time>1.1", &diff));
	g_assert_true(crossed("unfinished>9.9", &diff));
	g_assert_false(crossed("unfinished>10", &diff));
	g_assert_true(crossed("lost>1", &diff));
	g_assert_false(crossed("lost>2", &diff));
	/* What is new has no factor that could be below a limit. */
	diff.verdict.factor = INFINITY;
	g_assert_true(crossed("ratio>1e9", &diff));
	/* Without a culprit the factor is that of the whole. */
	diff.verdict.change = FDAR_CHANGE_NONE;
	g_assert_false(crossed("ratio>2", &diff));
	diff.subject.sessions = 0;
	g_assert_false(crossed("unfinished>0", &diff));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fail-on/parse", test_parse);
	g_test_add_func("/fail-on/check", test_check);
	return g_test_run();
}
