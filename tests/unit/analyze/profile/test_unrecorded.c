/* Functions that a recording does not have all calls of: found, left out of both sides, and said. */
#include "analyze/profile/unrecorded.h"

#include <string.h>

#include "analyze/diff/diff.h"
#include "tests/unit/kit/profile_script.h"

#define US       1000
#define SESSIONS 40

/* Sessions of serve, which calls parse, helper and run; for so long. A function of 0 is not recorded:
 * helper_ns is spent all the same. first is said before all of them. */
struct plan {
	const char *first;
	gint64 helper_ns, run_ns;
	gboolean helper_recorded;
	guint helper_from; /* the session from which on it is recorded */
};

static void add(GString *text, gint64 *now, const char *function, gint64 ns, gboolean recorded)
{
	if (recorded)
		g_string_append_printf(text, " %" G_GINT64_FORMAT " +%s", *now, function);
	*now += ns;
	if (recorded)
		g_string_append_printf(text, " %" G_GINT64_FORMAT " -%s", *now, function);
}

static char *script_of(const struct plan *plan, guint32 seed)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
	GString *text = g_string_new("A 0 wait:POLL:p");
	gint64 now = 10;

	if (plan->first)
		g_string_append_printf(text, " 1 %s", plan->first);
	for (guint i = 0; i < SESSIONS; i++) {
		double chance = g_rand_double_range(rand, 0.9, 1.1);

		now += 100 * US;
		g_string_append_printf(text,
				       " %" G_GINT64_FORMAT " w %" G_GINT64_FORMAT
				       " begin:1: %" G_GINT64_FORMAT " +serve",
				       now, now, now);
		add(text, &now, "parse", (gint64)(100 * US * chance), TRUE);
		add(text, &now, "helper", (gint64)((double)plan->helper_ns * chance),
		    plan->helper_recorded && i >= plan->helper_from);
		add(text, &now, "run", (gint64)((double)plan->run_ns * chance), TRUE);
		now += 5 * US;
		g_string_append_printf(text,
				       " %" G_GINT64_FORMAT " -serve %" G_GINT64_FORMAT
				       " end:1 %" G_GINT64_FORMAT " wait:POLL:p",
				       now, now, now);
	}
	return g_string_free(text, FALSE);
}

static const struct plan everything = { NULL, 200 * US, 300 * US, TRUE, 0 };

/* Compares as the caller of the diff is told to: reads again without what is not compared. */
static struct fdar_diff *compare(const struct plan *baseline, const char *const *baseline_rules,
				 const struct plan *subject, const char *const *subject_rules)
{
	g_autofree char *before = script_of(baseline, 1), *after = script_of(subject, 2);
	g_autoptr(fdar_profile) left = script_profile(before);
	g_autoptr(fdar_profile) right = script_profile(after);
	struct fdar_recorded sides[2] = { { left, baseline_rules }, { right, subject_rules } };
	g_autoptr(GHashTable) unrecorded = fdar_unrecorded_find(&sides[0], &sides[1]);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	struct fdar_diff_options options = { .unrecorded = unrecorded };
	g_autoptr(fdar_profile) left_again = NULL, right_again = NULL;
	g_autoptr(GError) error = NULL;
	struct fdar_diff *diff;
	GHashTableIter all;
	gpointer key;

	g_hash_table_iter_init(&all, unrecorded);
	while (g_hash_table_iter_next(&all, &key, NULL)) {
		g_assert_true(g_str_has_prefix(key, "demo\n"));
		g_ptr_array_add(names, g_strdup((char *)key + strlen("demo\n")));
	}
	g_ptr_array_add(names, NULL);
	left_again =
		script_profile_as(before, FDAR_UNIT_SESSION, (const char *const *)names->pdata);
	right_again =
		script_profile_as(after, FDAR_UNIT_SESSION, (const char *const *)names->pdata);
	g_assert_false(fdar_unrecorded_called(unrecorded, left_again));
	g_assert_false(fdar_unrecorded_called(unrecorded, right_again));
	diff = fdar_diff_new(left_again, right_again, &options, &error);
	g_assert_no_error(error);
	return diff;
}

static const struct fdar_diff_row *row_of(const struct fdar_diff *diff, const char *function)
{
	for (uint32_t i = 0; i < diff->row_count; i++)
		if (strcmp(diff->rows[i].function, function) == 0 && !diff->rows[i].below)
			return &diff->rows[i];
	return NULL;
}

static void assert_hint(const struct fdar_diff *diff, const char *expected)
{
	for (guint i = 0; i < diff->hints->len; i++)
		if (strstr(g_ptr_array_index(diff->hints, i), expected))
			return;
	g_error("no hint says: %s", expected);
}

/* Off on one side: nothing is gone, nothing is new, and nobody is slower. */
static void assert_alike(const struct fdar_diff *diff, gboolean in_baseline, gboolean in_subject)
{
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_NONE);
	g_assert_null(row_of(diff, "helper"));
	g_assert_cmpint(row_of(diff, "serve")->change, ==, FDAR_CHANGE_NONE);
	for (uint32_t i = 0; i < diff->row_count; i++)
		g_assert_cmpint(diff->rows[i].presence, ==, FDAR_IN_BOTH);
	for (uint32_t i = 1; i < diff->node_count; i++)
		g_assert_cmpint(diff->nodes[i].presence, ==, FDAR_IN_BOTH);
	g_assert_cmpuint(diff->unrecorded_count, ==, 1);
	g_assert_cmpstr(diff->unrecorded[0].function, ==, "helper");
	g_assert_cmpstr(diff->unrecorded[0].component, ==, "demo");
	g_assert_cmpint(diff->unrecorded[0].baseline, ==, in_baseline);
	g_assert_cmpint(diff->unrecorded[0].subject, ==, in_subject);
}

static void test_off_on_one_side(void)
{
	const struct plan off = { "off:helper", 200 * US, 300 * US, FALSE, 0 };
	g_autoptr(fdar_diff) gone = compare(&everything, NULL, &off, NULL);
	g_autoptr(fdar_diff) new = compare(&off, NULL, &everything, NULL);
	g_autoptr(fdar_diff) both = compare(&off, NULL, &off, NULL);

	assert_alike(gone, FALSE, TRUE);
	assert_hint(gone, "not recorded all the time in the subject");
	assert_hint(gone, ": helper");
	assert_alike(new, TRUE, FALSE);
	assert_hint(new, "not recorded all the time in the baseline");
	/* Called on neither side, it is no news. */
	g_assert_cmpuint(both->unrecorded_count, ==, 0);
}

/* Without that, its callers would be blamed: so the other tests show something. */
static void test_what_it_prevents(void)
{
	const struct plan off = { "off:helper", 200 * US, 300 * US, FALSE, 0 };
	g_autofree char *before = script_of(&everything, 1), *after = script_of(&off, 2);
	g_autoptr(fdar_profile) left = script_profile(before);
	g_autoptr(fdar_profile) right = script_profile(after);
	g_autoptr(fdar_diff) diff = fdar_diff_new(left, right, NULL, NULL);

	g_assert_cmpint(row_of(diff, "serve")->change, ==, FDAR_CHANGE_RUNNING);
	g_assert_cmpint(row_of(diff, "helper")->presence, ==, FDAR_IN_BASELINE);
}

static void test_off_for_a_time(void)
{
	const struct plan late = { "off:helper", 200 * US, 300 * US, TRUE, SESSIONS / 2 };
	g_autoptr(fdar_diff) diff = compare(&everything, NULL, &late, NULL);

	assert_alike(diff, FALSE, TRUE);
}

/* What is really slower is found all the same. */
static void test_culprit(void)
{
	const struct plan slow = { "off:helper", 200 * US, 3000 * US, FALSE, 0 };
	g_autoptr(fdar_diff) diff = compare(&everything, NULL, &slow, NULL);

	g_assert_cmpstr(diff->verdict.function, ==, "run");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_RUNNING);
	g_assert_cmpuint(diff->unrecorded_count, ==, 1);
}

static void test_rules(void)
{
	static const char *const without[] = { "!help*", NULL };
	static const char *const only[] = { "parse", "serve", "r?n", "thread:x", NULL };
	static const char *const again[] = { "!bin:demo", "serve",    "parse", "bin:other",
					     "run",       "!nothing", NULL };
	static const char *const all[] = { "bin:demo", NULL };
	const struct plan off = { NULL, 200 * US, 300 * US, FALSE, 0 };
	const char *const *const rules[] = { without, only, again };

	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		g_autoptr(fdar_diff) gone = compare(&everything, NULL, &off, rules[i]);
		g_autoptr(fdar_diff) new = compare(&off, rules[i], &everything, all);

		assert_alike(gone, FALSE, TRUE);
		assert_alike(new, TRUE, FALSE);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unrecorded/one-side", test_off_on_one_side);
	g_test_add_func("/unrecorded/prevents", test_what_it_prevents);
	g_test_add_func("/unrecorded/for-a-time", test_off_for_a_time);
	g_test_add_func("/unrecorded/culprit", test_culprit);
	g_test_add_func("/unrecorded/rules", test_rules);
	return g_test_run();
}
