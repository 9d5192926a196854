/* Work that no session owns, as where threads pass sessions on in memory of their own: what of it is a verdict, and
 * that a thread's rest is none. */
#include "tests/unit/kit/diff_script.h"

enum { SESSIONS = 40 };

static struct fdar_diff *compare_at(struct writer side[2], double pressure)
{
	const struct fdar_diff_options options = { .pressure = pressure };
	g_autoptr(fdar_profile) before = profile_of(&side[0]);
	g_autoptr(fdar_profile) after = profile_of(&side[1]);
	struct fdar_diff *diff = fdar_diff_new(before, after, &options, NULL);

	check(diff);
	return diff;
}

/* What a worker does for each session. */
struct job {
	int calls; /* of check */
	double look_ns;
	double sleep_ns;
	double rest_ns; /* of who reads and passes on, before the next one */
	double take_ns; /* likewise, for the session */
};

static const struct job usual = { 1, 2 * US, 0, 100 * US, 20 * US };

static void rest(struct writer *writer, double ns)
{
	say(writer, "+receive");
	pass(writer, 1 * US);
	say(writer, "wait:COND:pthread_cond_wait");
	pass(writer, ns);
	say(writer, "w");
	say(writer, "-receive");
}

/* The threads of one process, as a line each: 1A reads and answers, 1B works in between. */
static void reader(struct writer *writer, const struct job *job)
{
	g_string_append(writer->text, "1A 0 +reader");
	for (int i = 1; i <= SESSIONS; i++) {
		g_autofree char *begins = g_strdup_printf("begin:%d::7", i);
		g_autofree char *ends = g_strdup_printf("end:%d", i);

		writer->now = i * 10 * (gint64)MS;
		say(writer, begins);
		run(writer, "take", job->take_ns);
		rest(writer, job->rest_ns);
		run(writer, "answer", 20 * US);
		say(writer, ends);
		/* Between two sessions. */
		rest(writer, 500 * US);
	}
	g_string_append_c(writer->text, '\n');
}

static void worker(struct writer *writer, const struct job *job)
{
	g_string_append(writer->text, "1B 0 +worker");
	for (int i = 1; i <= SESSIONS; i++) {
		writer->now = i * 10 * (gint64)MS + 30 * US;
		rest(writer, 5 * US);
		run(writer, "look", job->look_ns);
		for (int k = 0; k < job->calls; k++)
			run(writer, "check", 4 * US);
		say(writer, "+store");
		pass(writer, 3 * US);
		if (job->sleep_ns > 0) {
			say(writer, "wait:SLEEP:nanosleep");
			pass(writer, job->sleep_ns);
			say(writer, "w");
		}
		say(writer, "-store");
	}
	g_string_append_c(writer->text, '\n');
}

static struct fdar_diff *compare_jobs(const struct job *before, const struct job *after,
				      double pressure)
{
	const struct job *jobs[2] = { before, after };
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		reader(&side[s], jobs[s]);
		worker(&side[s], jobs[s]);
	}
	return compare_at(side, pressure);
}

static void test_resting(void)
{
	struct job longer = usual;

	longer.rest_ns = 5 * MS;
	for (int full = 0; full < 2; full++) {
		g_autoptr(fdar_diff) diff = compare_jobs(&usual, &longer, full ? 0.9 : 0);

		g_assert_true(row_of(diff, "receive", "pthread_cond_wait")->resting);
		g_assert_null(diff->verdict.function);
		g_assert_cmpint(diff->verdict.change, !=, FDAR_CHANGE_SPREAD);
	}
}

/* What sessions do themselves grew too, by far less than that wait: it may be somebody's after all. */
static void test_beside_resting(void)
{
	struct job longer = usual;

	longer.rest_ns = 5 * MS;
	longer.take_ns = 200 * US;
	g_autoptr(fdar_diff) diff = compare_jobs(&usual, &longer, 0);
	g_assert_cmpstr(diff->verdict.function, ==, "take");
	g_assert_false(diff->verdict.server);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_MEDIUM);
	g_assert_nonnull(strstr(diff->verdict.reason, "waiting for other threads"));
}

/* A whole number for each session, on a machine however full. */
static void test_counted(void)
{
	struct job more = usual;

	more.calls = 3;
	g_autoptr(fdar_diff) diff = compare_jobs(&usual, &more, 0.9);
	expect_sentence(diff, "^check \\(demo\\) is called 3 times per session instead of once, "
			      "outside of sessions: about ");
	g_assert_true(diff->verdict.server);
	g_assert_true(diff->verdict.counted);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
}

static void test_sleeping(void)
{
	struct job sleeps = usual;

	sleeps.sleep_ns = 800 * US;
	g_autoptr(fdar_diff) diff = compare_jobs(&usual, &sleeps, 0);
	expect_sentence(diff,
			"^store \\(demo\\) waits for [78].* us outside of sessions, per session, "
			"in nanosleep, from nothing: it does not wait in the baseline");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_WAITING);
}

/* Beside it a wait for work grew by far more. */
static void test_longer_beside_rest(void)
{
	struct job longer = usual;

	longer.look_ns = 40 * US;
	longer.rest_ns = 600 * US;
	g_autoptr(fdar_diff) diff = compare_jobs(&usual, &longer, 0);
	g_assert_cmpstr(diff->verdict.function, ==, "look");
	g_assert_true(diff->verdict.server);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/passed-on/resting", test_resting);
	g_test_add_func("/passed-on/beside-resting", test_beside_resting);
	g_test_add_func("/passed-on/counted", test_counted);
	g_test_add_func("/passed-on/sleeping", test_sleeping);
	g_test_add_func("/passed-on/longer-beside-rest", test_longer_beside_rest);
	return g_test_run();
}
