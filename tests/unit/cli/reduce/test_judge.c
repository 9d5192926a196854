/* What is said of a run: a play that was cut by its time before it hurt cannot be told, in every test. */
#include "cli/reduce/judge.h"

static void assert_answers(const char *test, const char *over, struct fdar_trial mild,
			   struct fdar_trial bad)
{
	struct fdar_judge judge = { 0 };

	g_assert_true(fdar_judge_parse(&judge, test, NULL));
	g_assert_true(fdar_judge_parse_over(&judge, over, FALSE, NULL));
	g_assert_cmpint(fdar_judge_answer(&judge, &mild), ==, FDAR_ANSWER_NOT);
	g_assert_cmpint(fdar_judge_answer(&judge, &bad), ==, FDAR_ANSWER_HURTS);
	mild.cut = bad.cut = TRUE;
	g_assert_cmpint(fdar_judge_answer(&judge, &mild), ==, FDAR_ANSWER_UNKNOWN);
	g_assert_cmpint(fdar_judge_answer(&judge, &bad), ==, FDAR_ANSWER_HURTS);
	fdar_judge_clear(&judge);
}

static void test_cut(void)
{
	struct fdar_trial mild = { .sessions = 10, .cpu_ns = 1000, .memory_bytes = 10 }, bad = mild;

	bad.cpu_ns = 100000000;
	assert_answers("cpu", "1ms", mild, bad);
	bad.memory_bytes = 1 << 20;
	assert_answers("memory", "64K", mild, bad);
	bad.p90_ns = 1e9;
	assert_answers("latency", "5ms", mild, bad);
	bad.function_ns = 1e9;
	assert_answers("function:match", "5ms", mild, bad);
	bad.timeouts = 1;
	assert_answers("crash", NULL, mild, bad);
	bad.timeouts = 0;
	bad.crashed = TRUE;
	assert_answers("crash", NULL, mild, bad);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/judge/cut", test_cut);
	return g_test_run();
}
