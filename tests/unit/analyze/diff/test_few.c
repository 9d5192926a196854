/* One session of many, or a few, that are far out: told by function and number, never taken for all, and hiccups
 * are not. */
#include "tests/unit/kit/diff_script.h"

enum { SESSIONS = 40, REQUESTS = 3 };

/* What the sessions that something is wrong with do. */
struct wrong {
	int every;    /* so many sessions have one; 0: none does */
	int calls;    /* of hurt in each request */
	double ns;    /* of each of them */
	int requests; /* in so many requests */
	const char *other;
};

static const struct wrong nothing = { 0, 1, 2 * US, 0, NULL };

static void session(struct writer *writer, gboolean hit, const struct wrong *wrong)
{
	begin(writer, "");
	for (int i = 0; i < REQUESTS; i++) {
		gboolean now = hit && i < wrong->requests;

		run(writer, "parse", 20 * US);
		for (int k = 0; k < (now ? wrong->calls : 1); k++)
			run(writer, "hurt", now ? wrong->ns : 2 * US);
		if (now && wrong->other)
			run(writer, wrong->other, 4 * MS);
		run(writer, "render", 20 * US);
	}
	end(writer);
}

static struct fdar_diff *compare_wrong(const struct wrong *before, const struct wrong *after,
				       double pressure)
{
	const struct fdar_diff_options options = { .pressure = pressure };
	const struct wrong *wrong[2] = { before, after };
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = 20.0 * MS;
		for (int i = 0; i < SESSIONS; i++)
			session(&side[s],
				wrong[s]->every && i % wrong[s]->every == 7 % wrong[s]->every,
				wrong[s]);
	}
	g_autoptr(fdar_profile) base = profile_of(&side[0]);
	g_autoptr(fdar_profile) subject = profile_of(&side[1]);
	struct fdar_diff *diff = fdar_diff_new(base, subject, &options, NULL);
	check(diff);
	return diff;
}

static void test_one_session(void)
{
	const struct wrong one = { SESSIONS, 1, 4 * MS, REQUESTS, NULL };
	g_autoptr(fdar_diff) diff = compare_wrong(&nothing, &one, 0);

	expect_sentence(diff,
			"^1 of 40 sessions runs hurt \\(demo\\) for 1[12]\\.[0-9]+ ms, and no "
			"other for more than [5-7]\\.[0-9]+ us$");
	g_assert_cmpstr(diff->verdict.function, ==, "hurt");
	g_assert_cmpuint(diff->verdict.few, ==, 1);
	g_assert_true(diff->verdict.few_only);
	/* As many could be the baseline's. */
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	g_assert_nonnull(strstr(diff->verdict.reason, "1 of 40 sessions is far above all others"));
	fdar_diff_tell_few(diff, "10.0.0.8:4000");
	expect_sentence(diff, " us: 10\\.0\\.0\\.8:4000$");
}

static void test_told_few(void)
{
	const struct wrong four = { 10, 1, 4 * MS, REQUESTS, NULL };
	g_autoptr(fdar_diff) diff = compare_wrong(&nothing, &four, 0);
	static const char *const names[] = { "a", "b", "c", "d" };

	g_assert_cmpuint(diff->verdict.few, ==, 4);
	expect_sentence(diff, "^4 of 40 sessions ");
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		fdar_diff_tell_few(diff, names[i]);
	expect_sentence(diff, ": a, b, c, \\.\\.\\.$");
	g_assert_cmpuint(diff->few->len, ==, 4);
}

/* Both sides have such a session. */
static void test_as_before(void)
{
	const struct wrong one = { SESSIONS, 1, 4 * MS, REQUESTS, NULL };
	g_autoptr(fdar_diff) diff = compare_wrong(&one, &one, 0);

	g_assert_null(diff->verdict.function);
	g_assert_cmpuint(diff->verdict.few, ==, 0);
}

/* One call of milliseconds is what a machine does now and then; of seconds it is not. */
static void test_hiccup(void)
{
	const struct wrong hiccup = { SESSIONS, 1, 9 * MS, 1, NULL };
	const struct wrong stands = { SESSIONS, 1, 2000.0 * MS, 1, NULL };
	g_autoptr(fdar_diff) diff = compare_wrong(&nothing, &hiccup, 0);
	g_autoptr(fdar_diff) stood = compare_wrong(&nothing, &stands, 0.9);

	g_assert_null(diff->verdict.function);
	g_assert_cmpstr(stood->verdict.function, ==, "hurt");
	g_assert_cmpint(stood->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
}

/* Who was kept from a processor looks like that, and calls that nobody else makes do not. */
static void test_few_on_full_machine(void)
{
	const struct wrong longer = { SESSIONS, 1, 4 * MS, REQUESTS, NULL };
	const struct wrong often = { SESSIONS, 2000, 2 * US, REQUESTS, NULL };
	const struct wrong elsewhere = { SESSIONS, 1, 2 * US, 1, "rehash" };
	g_autoptr(fdar_diff) kept = compare_wrong(&nothing, &longer, 0.9);
	g_autoptr(fdar_diff) called = compare_wrong(&nothing, &often, 0.9);
	g_autoptr(fdar_diff) new = compare_wrong(&nothing, &elsewhere, 0.9);

	g_assert_null(kept->verdict.function);
	g_assert_cmpstr(called->verdict.function, ==, "hurt");
	g_assert_cmpstr(new->verdict.function, ==, "rehash");
	expect_sentence(new, "^1 of 40 sessions runs rehash .* and no other at all$");
}

/* Where they are enough to stand out, the line says that they are not all. */
static void test_some_of_all(void)
{
	const struct wrong some = { 5, 1, 4 * MS, REQUESTS, NULL };
	g_autoptr(fdar_diff) diff = compare_wrong(&nothing, &some, 0);

	g_assert_cmpstr(diff->verdict.function, ==, "hurt");
	g_assert_cmpuint(diff->verdict.few, ==, SESSIONS / 5);
	expect_sentence(diff, "8 of 40 sessions");
}

/* Which they are is said where the line says how many. */
static void test_some_by_name(void)
{
	const struct wrong some = { 5, 1, 4 * MS, REQUESTS, "rehash" };
	g_autoptr(fdar_diff) diff = compare_wrong(&nothing, &some, 0);

	g_assert_cmpuint(diff->verdict.few, ==, SESSIONS / 5);
	fdar_diff_tell_few(diff, "a");
	fdar_diff_tell_few(diff, "b");
	expect_sentence(diff, "8 of 40 sessions: a, b; also ");
}

/* Calls that one session has many of are told by who makes them; whose times they are is kept. */
static void test_caller(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = 20.0 * MS;
		for (int i = 0; i < SESSIONS; i++) {
			begin(&side[s], "");
			run(&side[s], "parse", 60 * US);
			for (int k = 0; k < (s && i == 7 ? 2000 : 1); k++) {
				say(&side[s], "+step");
				pass(&side[s], 100);
				run(&side[s], "hurt", 2 * US);
				say(&side[s], "-step");
			}
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	expect_sentence(diff, "^1 of 40 sessions runs step .* for [34]\\.[0-9]+ ms, and no other ");
	g_assert_cmpstr(diff->rows[diff->verdict.few_row].function, ==, "hurt");
	g_assert_nonnull(strstr(diff->verdict.reason, "far above all others"));
}

/* Where a machine is slow for a while, all sessions of that while are far out in whatever takes most. */
static void test_slow_while(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = 20.0 * MS;
		for (int i = 0; i < 100; i++) {
			double slow = s && i >= 40 && i < 60 ? 15 : 1;

			begin(&side[s], "");
			run(&side[s], "parse", 20 * US * slow);
			for (int k = 0; k < REQUESTS; k++)
				run(&side[s], "hurt", 100 * US * slow);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_true(diff->verdict.few_only);
	g_assert_cmpuint(diff->verdict.few, ==, 20);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	g_assert_nonnull(strstr(diff->verdict.reason, "in some parts of the run only"));
}

/* One that is far out, where all functions are slower in all sessions, and clients are waited for. */
static struct fdar_diff *compare_besides(double slower, double client_ns)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = 20.0 * MS;
		for (int i = 0; i < 100; i++) {
			begin(&side[s], "");
			for (int f = 0; f < 20; f++) {
				g_autofree char *name = g_strdup_printf("f%d", f);

				run(&side[s], name, 10 * US * (s ? slower : 1));
			}
			for (int k = 0; k < REQUESTS; k++)
				run(&side[s], "hurt", s && i == 50 ? 2 * MS : 4 * US);
			say(&side[s], "+take");
			say(&side[s], "wait:IO:recv:7");
			pass(&side[s], s ? client_ns : 200 * US);
			say(&side[s], "w");
			say(&side[s], "-take");
			end(&side[s]);
		}
	}
	return compare(&side[0], &side[1]);
}

/* What is longer in all sessions is the line where it is more; else it is told beside it. */
static void test_besides_all(void)
{
	g_autoptr(fdar_diff) waits = compare_besides(1, 8 * MS);
	g_autoptr(fdar_diff) all = compare_besides(1.6, 200 * US);
	g_autoptr(fdar_diff) one = compare_besides(1.25, 200 * US);

	g_assert_false(waits->verdict.few_only);
	expect_sentence(waits, "8\\.[0-9]+ ms");
	g_assert_false(all->verdict.few_only);
	g_assert_cmpint(all->verdict.change, ==, FDAR_CHANGE_SPREAD);
	expect_hint(all, "^1 of 100 sessions is far above the others in hurt");
	g_assert_true(one->verdict.few_only);
	expect_hint(one, "^most sessions take longer, too, beyond chance: ");
}

/* All are longer, and one by more: then it is not that one. */
static void test_all_and_one(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		for (int i = 0; i < SESSIONS; i++) {
			begin(&side[s], "");
			run(&side[s], "parse", 20 * US);
			run(&side[s], "hurt", !s ? 2 * US : i == 7 ? 9 * MS : 80 * US);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "hurt");
	g_assert_cmpuint(diff->verdict.few, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/few/one-session", test_one_session);
	g_test_add_func("/few/told", test_told_few);
	g_test_add_func("/few/as-before", test_as_before);
	g_test_add_func("/few/hiccup", test_hiccup);
	g_test_add_func("/few/on-full-machine", test_few_on_full_machine);
	g_test_add_func("/few/some-of-all", test_some_of_all);
	g_test_add_func("/few/some-by-name", test_some_by_name);
	g_test_add_func("/few/caller", test_caller);
	g_test_add_func("/few/slow-while", test_slow_while);
	g_test_add_func("/few/besides-all", test_besides_all);
	g_test_add_func("/few/all-and-one", test_all_and_one);
	return g_test_run();
}
