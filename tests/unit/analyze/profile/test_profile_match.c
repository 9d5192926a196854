/* The same program in another file, under another name, with other clones of its functions. */
#include "analyze/profile/profile_match.h"

#include <string.h>

#include "analyze/diff/diff.h"
#include "analyze/profile/profile_private.h"
#include "analyze/profile/unrecorded.h"
#include "tests/unit/kit/profile_script.h"

#define US       1000
#define SESSIONS 40

/* Sessions that call serve, and that each function of names for so long. */
static char *script_of(guint32 seed, const char *const *names, const gint64 *ns)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
	GString *text = g_string_new("A 0 wait:POLL:p");
	gint64 now = 10;

	for (guint i = 0; i < SESSIONS; i++) {
		double chance = g_rand_double_range(rand, 0.9, 1.1);

		now += 100 * US;
		g_string_append_printf(text,
				       " %" G_GINT64_FORMAT " w %" G_GINT64_FORMAT
				       " begin:1: %" G_GINT64_FORMAT " +serve",
				       now, now, now);
		for (guint f = 0; names[f]; f++) {
			g_string_append_printf(text, " %" G_GINT64_FORMAT " +%s", now, names[f]);
			now += (gint64)((double)ns[f] * chance);
			g_string_append_printf(text, " %" G_GINT64_FORMAT " -%s", now, names[f]);
		}
		now += 5 * US;
		g_string_append_printf(text,
				       " %" G_GINT64_FORMAT " -serve %" G_GINT64_FORMAT
				       " end:1 %" G_GINT64_FORMAT " wait:POLL:p",
				       now, now, now);
	}
	return g_string_free(text, FALSE);
}

static struct fdar_profile *profile_of(guint32 seed, const char *const *names, const gint64 *ns,
				       const struct script_binary *binary)
{
	g_autofree char *text = script_of(seed, names, ns);

	return script_profile_in(text, FDAR_UNIT_SESSION, NULL, binary);
}

static const gint64 usual[] = { 50 * US, 40 * US };
static const gint64 slow[] = { 200 * US, 40 * US };
static const char *const names[] = { "parse", "answer", NULL };

static const struct fdar_diff_row *row_of(const struct fdar_diff *diff, const char *function)
{
	for (uint32_t i = 0; i < diff->row_count; i++)
		if (strcmp(diff->rows[i].function, function) == 0 && !diff->rows[i].below)
			return &diff->rows[i];
	return NULL;
}

/* parse became four times as slow: whatever it is called, that is what is said. */
static struct fdar_diff *diff_of(const char *const *before, const struct script_binary *old,
				 const char *const *after, const struct script_binary *new)
{
	g_autoptr(fdar_profile) baseline = profile_of(1, before, usual, old);
	g_autoptr(fdar_profile) subject = profile_of(2, after, slow, new);
	struct fdar_diff *diff = fdar_diff_new(baseline, subject, NULL, NULL);

	g_assert_nonnull(diff);
	for (uint32_t i = 0; i < diff->row_count; i++)
		g_assert_cmpint(diff->rows[i].presence, ==, FDAR_IN_BOTH);
	return diff;
}

static void check_parse(const struct fdar_diff *diff, const char *function)
{
	const struct fdar_diff_row *row = row_of(diff, function);

	g_assert_nonnull(row);
	g_assert_cmpfloat(row->ratio, >, 3.5);
	g_assert_cmpfloat(row->ratio, <, 4.5);
	g_assert_cmpfloat(row->ratio_calls, ==, 1);
	g_assert_cmpstr(diff->verdict.function, ==, function);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_RUNNING);
	g_assert_nonnull(strstr(diff->verdict.sentence, "parse"));
}

static gboolean has_hint(const struct fdar_diff *diff, const char *text)
{
	for (guint i = 0; i < diff->hints->len; i++)
		if (strstr(g_ptr_array_index(diff->hints, i), text))
			return TRUE;
	return FALSE;
}

/* Which of a function's clones there are is the compiler's affair. */
static void test_clone(void)
{
	static const char *const clones[] = { "parse.constprop.0", "answer.isra.0.part.0", NULL };
	static const char *const both[] = { "parse.constprop.0", "parse", NULL };
	g_autoptr(fdar_diff) there = diff_of(clones, &script_demo, names, &script_demo);
	g_autoptr(fdar_diff) here = diff_of(names, &script_demo, clones, &script_demo);
	g_autoptr(fdar_profile) profile = profile_of(1, both, usual, &script_demo);

	check_parse(there, "parse");
	check_parse(here, "parse");
	g_assert_cmpuint(there->hints->len, ==, here->hints->len);
	/* Two clones of one function are one. */
	g_autoptr(fdar_diff) same = fdar_diff_new(profile, profile, NULL, NULL);
	g_assert_cmpfloat(row_of(same, "parse")->baseline.calls, ==, 2);
}

/* A clone that calls another one is recursion; a part that was cut off is no call. */
static void test_clone_inside(void)
{
	g_autoptr(fdar_profile) profile = script_profile(
		"A 0 begin:1: 0 +parse 10 +parse.constprop.0 30 - 40 - 50 +check 60 +check.part.0 "
		"80 - 90 - 100 +check.part.0 120 - 130 end:1");
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);

	g_assert_nonnull(group);
	for (uint32_t i = 0; i < group->entry_count; i++) {
		const struct fdar_profile_stat *stat = &group->entries[i].stat;
		const char *name = profile->functions[group->entries[i].function].name;
		gboolean parse = strcmp(name, "parse") == 0;

		g_assert_true(parse || strcmp(name, "check") == 0);
		g_assert_cmpuint(stat->calls, ==, 2);
		g_assert_cmpuint(stat->outer_calls, ==, parse ? 1 : 2);
		g_assert_cmpuint(stat->own_ns, ==, parse ? 40 : 60);
		g_assert_cmpuint(stat->total_ns, ==, parse ? 40 : 60);
		g_assert_cmpuint(fdar_profile_sessions(stat)->calls.sum, ==, 2);
	}
	g_assert_cmpuint(group->entry_count, ==, 2);
	g_assert_cmpuint(group->node_count, ==, 3);
}

/* A function of the program, in a component of its own. */
static void add_beside(struct fdar_profile *profile, const char *component)
{
	const struct fdar_profile_function like = { .name = "flowdar_link_init",
						    .component = component,
						    .known = TRUE,
						    .build_id = "de",
						    .soname = "",
						    .program = TRUE };

	profile_function_add(profile, &like);
}

/* Two components of one file, which the sides saw in another order. */
static void test_two_of_one_file(void)
{
	g_autoptr(fdar_profile) before = fdar_profile_new();
	g_autoptr(fdar_profile) subject = profile_of(2, names, slow, &script_demo);
	g_autoptr(fdar_profile) rest = profile_of(1, names, usual, &script_demo);

	add_beside(before, "beside");
	fdar_profile_merge(before, rest);
	add_beside(subject, "beside");
	g_autoptr(fdar_diff) diff = fdar_diff_new(before, subject, NULL, NULL);
	check_parse(diff, "parse");
	g_assert_cmpint(row_of(diff, "answer")->presence, ==, FDAR_IN_BOTH);
	g_assert_false(has_hint(diff, "under another name"));
}

static void test_program(void)
{
	static const struct script_binary old = { "/srv/nginx-old", "aa", NULL, FALSE };
	static const struct script_binary new = { "/srv/nginx-new", "ab", NULL, FALSE };
	static const struct script_binary copy = { "/srv/nginx-new", "aa", NULL, FALSE };
	g_autoptr(fdar_diff) renamed = diff_of(names, &old, names, &new);
	g_autoptr(fdar_diff) equal = diff_of(names, &old, names, &copy);

	check_parse(renamed, "parse");
	g_assert_cmpstr(renamed->verdict.component, ==, "nginx-new");
	g_assert_true(
		has_hint(renamed, "nginx-new is the baseline's nginx-old under another name"));
	g_assert_false(has_hint(renamed, "equal build ids"));
	check_parse(equal, "parse");
	g_assert_true(has_hint(equal, "equal build ids"));
}

static void test_library(void)
{
	static const struct script_binary old = { "/lib/liba-1.so", "aa", "liba.so.1", FALSE };
	static const struct script_binary new = { "/opt/liba-new.so.3", "ab", "liba.so.1", FALSE };
	static const struct script_binary other = { "/opt/libb.so.3", "ab", "libb.so.1", FALSE };
	static const struct script_binary copy = { "/opt/libc.so.3", "aa", "libb.so.1", FALSE };
	g_autoptr(fdar_diff) renamed = diff_of(names, &old, names, &new);
	g_autoptr(fdar_diff) equal = diff_of(names, &old, names, &copy);

	check_parse(renamed, "parse");
	check_parse(equal, "parse");
	/* Two libraries of different sonames are two. */
	g_autoptr(fdar_profile) baseline = profile_of(1, names, usual, &old);
	g_autoptr(fdar_profile) subject = profile_of(2, names, slow, &other);
	g_autoptr(fdar_diff) two = fdar_diff_new(baseline, subject, NULL, NULL);
	g_assert_cmpint(row_of(two, "parse")->presence, !=, FDAR_IN_BOTH);
}

/* Offsets of one and the same build are the same functions. */
static void test_nameless(void)
{
	static const struct script_binary old = { "/lib/liba-1.so", "aa", "liba.so.1", TRUE };
	static const struct script_binary copy = { "/opt/liba-new.so.3", "aa", "liba.so.1", TRUE };
	g_autoptr(fdar_diff) diff = diff_of(names, &old, names, &copy);

	g_assert_cmpuint(diff->row_count, ==, 3);
	for (uint32_t i = 0; i < diff->row_count; i++)
		g_assert_null(strstr(diff->rows[i].function, "liba-1"));
}

/* What one side leaves out is left out of the other, whatever its binary is called there. */
static void test_unrecorded(void)
{
	static const struct script_binary old = { "/srv/nginx-old", "aa", NULL, FALSE };
	static const struct script_binary new = { "/srv/nginx-new", "ab", NULL, FALSE };
	static const char *const without[] = { "!answer.isra.*", NULL };
	static const char *const elsewhere[] = { "!bin:nginx-old", NULL };
	g_autoptr(fdar_profile) baseline = profile_of(1, names, usual, &old);
	g_autoptr(fdar_profile) subject = profile_of(2, names, slow, &new);
	struct fdar_recorded sides[2] = { { baseline, NULL }, { subject, without } };
	g_autoptr(GHashTable) found = fdar_unrecorded_find(&sides[0], &sides[1]);
	struct fdar_diff_options options = { .unrecorded = found };
	g_autoptr(fdar_diff) diff = fdar_diff_new(baseline, subject, &options, NULL);

	g_assert_cmpuint(g_hash_table_size(found), ==, 2);
	g_assert_true(g_hash_table_contains(found, "nginx-old\nanswer"));
	g_assert_true(g_hash_table_contains(found, "nginx-new\nanswer"));
	g_assert_cmpuint(diff->unrecorded_count, ==, 1);
	g_assert_cmpstr(diff->unrecorded[0].component, ==, "nginx-new");
	/* The rules name the binary as it is called there. */
	sides[0].rules = elsewhere;
	sides[1].rules = elsewhere;
	g_autoptr(GHashTable) all = fdar_unrecorded_find(&sides[0], &sides[1]);
	g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(all, "nginx-new\nparse")), ==,
			 FDAR_MISSING_BASELINE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/profile-match/clone", test_clone);
	g_test_add_func("/profile-match/clone-inside", test_clone_inside);
	g_test_add_func("/profile-match/two-of-one-file", test_two_of_one_file);
	g_test_add_func("/profile-match/program", test_program);
	g_test_add_func("/profile-match/library", test_library);
	g_test_add_func("/profile-match/nameless", test_nameless);
	g_test_add_func("/profile-match/unrecorded", test_unrecorded);
	return g_test_run();
}
