/* What repeated baselines differ by, and what a verdict makes of it. */
#include "analyze/diff/calibration.h"
#include "tests/unit/kit/diff_script.h"

enum { RUNS = 4 };

/* A run whose functions have a mood of their own: the whole run is slower or quicker by it. */
static struct fdar_profile *moody(uint32_t seed, double mood, double match_ns)
{
	struct writer writer;

	writer_init(&writer, seed);
	writer.spacing = 1 * MS;
	for (int i = 0; i < 40; i++) {
		begin(&writer, "");
		run(&writer, "parse", 100 * US * mood);
		run(&writer, "match", match_ns * mood);
		run(&writer, "answer", 200 * US);
		end(&writer);
	}
	return profile_of(&writer);
}

static void calibrate(double worst, struct fdar_calibration *found)
{
	struct fdar_profile *runs[RUNS];
	g_autoptr(GError) error = NULL;

	for (uint32_t i = 0; i < RUNS; i++)
		runs[i] = moody(i, i == 2 ? worst : 1, 50 * US);
	g_assert_true(fdar_calibration_make((const struct fdar_profile *const *)runs, RUNS, NULL,
					    found, &error));
	g_assert_no_error(error);
	for (uint32_t i = 0; i < RUNS; i++)
		fdar_profile_free(runs[i]);
}

static void test_make(void)
{
	struct fdar_calibration found;

	calibrate(1.3, &found);
	g_assert_cmpuint(found.runs, ==, RUNS);
	g_assert_cmpuint(found.pairs, ==, RUNS * (RUNS - 1));
	g_assert_cmpuint(found.sessions, ==, 40);
	/* The third run: 30 us of parse, 45 us of a session. */
	g_assert_cmpstr(found.function, ==, "parse");
	g_assert_cmpfloat(found.function_ns, >, 25 * US);
	g_assert_cmpfloat(found.function_ns, <, 36 * US);
	g_assert_cmpfloat(found.function_ratio, >, 1.2);
	g_assert_cmpfloat(found.function_ratio, <, 1.5);
	g_assert_cmpfloat(found.session_ns, >, 38 * US);
	g_assert_cmpfloat(found.session_ratio, <, 1.2);
	g_assert_cmpuint(found.alarms[0] + found.alarms[1] + found.alarms[2], ==, 0);
	fdar_calibration_clear(&found);
}

/* The same difference: beyond twice what calm runs differ by, and not of moody ones. */
static void test_verdict(void)
{
	static const struct {
		double worst;
		enum fdar_confidence confidence;
	} cases[] = { { 1.02, FDAR_CONFIDENCE_HIGH }, { 3, FDAR_CONFIDENCE_MEDIUM } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fdar_calibration found;

		calibrate(cases[i].worst, &found);
		const struct fdar_diff_options options = { .calibration = &found };
		g_autoptr(fdar_profile) before = moody(10, 1, 50 * US);
		g_autoptr(fdar_profile) after = moody(11, 1, 150 * US);
		g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, &options, NULL);

		g_assert_cmpstr(diff->verdict.function, ==, "match");
		g_assert_cmpint(diff->verdict.confidence, ==, cases[i].confidence);
		g_assert_nonnull(strstr(diff->verdict.reason, "4 repeated baselines differ by"));
		/* Nothing: what the runs differ by hides the rest. */
		g_autoptr(fdar_profile) again = moody(12, 1, 50 * US);
		g_autoptr(fdar_diff) same = fdar_diff_new(before, again, &options, NULL);
		g_assert_null(same->verdict.function);
		g_assert_cmpint(same->verdict.confidence, ==, FDAR_CONFIDENCE_MEDIUM);
		g_assert_nonnull(strstr(same->verdict.reason, "hides what is smaller"));
		fdar_calibration_clear(&found);
	}
}

static void test_too_few(void)
{
	g_autoptr(fdar_profile) one = moody(1, 1, 50 * US);
	g_autoptr(fdar_profile) two = moody(2, 1, 50 * US);
	const struct fdar_profile *runs[] = { one, two };
	struct fdar_calibration found;
	g_autoptr(GError) error = NULL;

	g_assert_false(fdar_calibration_make(runs, 2, NULL, &found, &error));
	g_assert_nonnull(strstr(error->message, "expected 3 or more"));
	fdar_calibration_clear(&found);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/calibration/make", test_make);
	g_test_add_func("/calibration/verdict", test_verdict);
	g_test_add_func("/calibration/too-few", test_too_few);
	return g_test_run();
}
