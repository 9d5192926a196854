/*
 * Scripts that are written session by session, and what every comparison of them must hold.
 */
#ifndef TESTS_DIFF_SCRIPT_H
#define TESTS_DIFF_SCRIPT_H

#include <math.h>

#include "analyze/diff/diff.h"
#include "tests/unit/kit/profile_script.h"

#define US 1000
#define MS 1000000

/* A script that is written session by session. */
struct writer {
	GString *text;
	GRand *rand;
	int session;
	gint64 now;
	double spacing;       /* between the begins of sessions, ns */
	const char *build_id; /* of the server's binary */
};

static inline void writer_init(struct writer *writer, uint32_t seed)
{
	*writer = (struct writer){ .text = g_string_new(NULL),
				   .rand = g_rand_new_with_seed(seed),
				   .spacing = 10 * US,
				   .build_id = script_demo.build_id };
}

static inline void say(struct writer *writer, const char *event)
{
	g_string_append_printf(writer->text, " %" G_GINT64_FORMAT " %s", writer->now, event);
}

/* Lets about ns pass; up to a tenth more or less. */
static inline void pass(struct writer *writer, double ns)
{
	writer->now += (gint64)(ns * g_rand_double_range(writer->rand, 0.9, 1.1));
}

/* Each session has a process of its own, so that they can lie side by side in time, and descriptor 7. */
static inline void begin(struct writer *writer, const char *label)
{
	g_autofree char *event = NULL;

	writer->session++;
	writer->now = (gint64)(writer->session * writer->spacing);
	event = g_strdup_printf("begin:%d:%s:7", writer->session, label);
	g_string_append_printf(writer->text, "%dA", writer->session);
	say(writer, event);
}

static inline void end(struct writer *writer)
{
	g_autofree char *event = g_strdup_printf("end:%d", writer->session);

	say(writer, event);
	g_string_append_c(writer->text, '\n');
}

static inline void leave_open(struct writer *writer)
{
	g_string_append_c(writer->text, '\n');
}

static inline void run(struct writer *writer, const char *function, double ns)
{
	g_autofree char *entry = g_strconcat("+", function, NULL);
	g_autofree char *leave = g_strconcat("-", function, NULL);

	say(writer, entry);
	pass(writer, ns);
	say(writer, leave);
}

static inline struct fdar_profile *profile_of(struct writer *writer)
{
	const struct script_binary binary = { script_demo.path, writer->build_id, NULL, FALSE };
	struct fdar_profile *profile =
		script_profile_in(writer->text->str, FDAR_UNIT_SESSION, NULL, &binary);

	g_string_free(writer->text, TRUE);
	g_rand_free(writer->rand);
	return profile;
}

/* Shares add up to 1, changes to the change of the whole, and nothing is not a number. */
static inline void check(const struct fdar_diff *diff)
{
	double shares = 0, added_ns = 0, increases_ns = 0;

	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		g_assert_false(isnan(row->ratio) || isnan(row->ratio_median) ||
			       isnan(row->ratio_p99) || isnan(row->ratio_calls));
		g_assert_cmpfloat(row->test.p, >=, 0);
		g_assert_cmpfloat(row->test.adjusted, >=, row->test.p);
		g_assert_cmpfloat(row->test.adjusted, <=, 1);
		if (i && row->stands_out == diff->rows[i - 1].stands_out)
			g_assert_cmpfloat(row->share, <=, diff->rows[i - 1].share);
		if (i && row->stands_out)
			g_assert_true(diff->rows[i - 1].stands_out);
		shares += row->share;
		added_ns += row->added_ns;
		increases_ns += MAX(row->added_ns, 0);
	}
	if (increases_ns > 0)
		g_assert_cmpfloat_with_epsilon(shares, 1, 1e-9);
	g_assert_cmpfloat(fabs(added_ns - diff->added_ns), <=,
			  1e-6 * fabs(diff->subject.busy_ns) + 1);
	for (uint32_t i = 1; i < diff->node_count; i++) {
		g_assert_cmpuint(diff->nodes[i].parent, <, i);
		g_assert_false(isnan(diff->nodes[i].ratio));
	}
	g_assert_cmpfloat(fabs(diff->nodes[0].tree_added_ns - diff->added_ns), <=,
			  1e-6 * fabs(diff->subject.busy_ns) + 1);
	g_assert_nonnull(diff->verdict.sentence);
	g_test_message("%s", diff->verdict.sentence);
	for (guint i = 0; i < diff->hints->len; i++)
		g_test_message("  %s", (const char *)g_ptr_array_index(diff->hints, i));
}

static inline struct fdar_diff *compare(struct writer *baseline, struct writer *subject)
{
	g_autoptr(fdar_profile) before = profile_of(baseline);
	g_autoptr(fdar_profile) after = profile_of(subject);
	g_autoptr(GError) error = NULL;
	struct fdar_diff *diff = fdar_diff_new(before, after, NULL, &error);

	g_assert_no_error(error);
	check(diff);
	return diff;
}

static inline const struct fdar_diff_row *row_of(const struct fdar_diff *diff, const char *function,
						 const char *below)
{
	for (uint32_t i = 0; i < diff->row_count; i++)
		if (g_strcmp0(diff->rows[i].function, function) == 0 &&
		    g_strcmp0(diff->rows[i].below, below) == 0)
			return &diff->rows[i];
	g_error("no row %s %s", function, below ? below : "");
}

static inline void expect_sentence(const struct fdar_diff *diff, const char *pattern)
{
	if (!g_regex_match_simple(pattern, diff->verdict.sentence, 0, 0))
		g_error("\"%s\" is not like \"%s\"", diff->verdict.sentence, pattern);
}

static inline void expect_hint(const struct fdar_diff *diff, const char *pattern)
{
	for (guint i = 0; i < diff->hints->len; i++)
		if (g_regex_match_simple(pattern, g_ptr_array_index(diff->hints, i), 0, 0))
			return;
	g_error("no hint is like \"%s\"", pattern);
}

#endif
