/* What a part of the sessions runs longer in, what is little and was seen before, and how often loops turn. */
#include "tests/unit/kit/diff_script.h"

enum { SESSIONS = 80 };

/* What sessions of a side do; of ten, so many are hit. */
struct load {
	double digest_ns, hit_digest_ns;
	double parse_ns, hit_parse_ns;
	int hit;
};

static const struct load usual = { 25 * US, 25 * US, 10 * US, 10 * US, 0 };

static void part_run(struct writer *writer, uint32_t seed, const struct load *load, double far_out)
{
	writer_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < SESSIONS; i++) {
		gboolean hit = i * 7 % 10 < load->hit;

		begin(writer, "");
		run(writer, "parse", hit ? load->hit_parse_ns : load->parse_ns);
		run(writer, "digest", hit ? load->hit_digest_ns : load->digest_ns);
		if (far_out > 0 && i == 11)
			run(writer, "digest", far_out);
		run(writer, "render", hit ? load->hit_parse_ns : load->parse_ns);
		run(writer, "answer", hit ? load->hit_parse_ns : load->parse_ns);
		end(writer);
	}
}

static struct fdar_diff *compare_loads(const struct load *before, const struct load *after,
				       uint32_t seed, double pressure, gboolean watched)
{
	const struct fdar_diff_options options = { .pressure = pressure };
	struct writer side[2];

	part_run(&side[0], 2 * seed, before, 0);
	part_run(&side[1], 2 * seed + 1, after, 0);
	g_autoptr(fdar_profile) base = profile_of(&side[0]);
	g_autoptr(fdar_profile) subject = profile_of(&side[1]);
	base->watched = watched ? base->processes : 0;
	subject->watched = watched ? subject->processes : 0;
	struct fdar_diff *diff = fdar_diff_new(base, subject, &options, NULL);
	check(diff);
	return diff;
}

/* A function takes twice as long in three of ten sessions: its mean is 1.3x, and it is named for those. */
static void test_part_of_sessions(void)
{
	const struct load part = { 25 * US, 50 * US, 10 * US, 10 * US, 3 };
	const struct load machine = { 25 * US, 50 * US, 10 * US, 20 * US, 3 };

	for (uint32_t seed = 1; seed <= 20; seed++) {
		g_autoptr(fdar_diff) diff = compare_loads(&usual, &part, seed, 0, FALSE);
		g_autoptr(fdar_diff) full = compare_loads(&usual, &part, seed, 0.9, TRUE);
		g_autoptr(fdar_diff) hidden = compare_loads(&usual, &part, seed, 0.9, FALSE);
		g_autoptr(fdar_diff) alike = compare_loads(&usual, &usual, seed, 0, FALSE);
		g_autoptr(fdar_diff) slow = compare_loads(&usual, &machine, seed, 0, FALSE);
		g_autoptr(fdar_diff) back = compare_loads(&part, &usual, seed, 0, FALSE);

		expect_sentence(diff,
				"^digest \\(demo\\) runs 1\\.[23]x longer per session: .*; only "
				"in 24 of 80 sessions");
		g_assert_cmpuint(diff->verdict.few, ==, 24);
		g_assert_false(diff->verdict.few_only);
		g_assert_cmpint(diff->verdict.confidence, <, FDAR_CONFIDENCE_HIGH);
		g_assert_cmpstr(full->verdict.function, ==, "digest");
		g_assert_cmpint(full->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
		/* Who waits for a processor looks as if it ran; and who has a slow machine does all more slowly. */
		g_assert_null(hidden->verdict.function);
		g_assert_null(slow->verdict.function);
		g_assert_null(alike->verdict.function);
		g_assert_null(back->verdict.function);
	}
}

/* One session of the baseline that is far out hides them in the means: "no difference" is not sure, then. */
static void test_part_behind_one(void)
{
	const struct load part = { 25 * US, 50 * US, 10 * US, 10 * US, 3 };
	struct fdar_profile *side[2] = { fdar_profile_new(), fdar_profile_new() };
	struct fdar_profile *runs[6];

	for (uint32_t i = 0; i < 6; i++) {
		struct writer writer;

		part_run(&writer, i + 1, i < 3 ? &usual : &part, i == 1 ? 5 * MS : 0);
		runs[i] = profile_of(&writer);
		fdar_profile_merge(side[i / 3], runs[i]);
	}
	const struct fdar_diff_options options = {
		.runs = { (const struct fdar_profile *const *)runs,
			  (const struct fdar_profile *const *)runs + 3 },
		.run_count = { 3, 3 },
	};
	g_autoptr(fdar_diff) diff = fdar_diff_new(side[0], side[1], &options, NULL);

	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_NONE);
	g_assert_cmpint(diff->verdict.confidence, <, FDAR_CONFIDENCE_HIGH);
	g_assert_nonnull(strstr(diff->verdict.reason, "72 of 240 sessions run longer in digest"));
	for (uint32_t i = 0; i < 6; i++)
		fdar_profile_free(runs[i]);
	for (int s = 0; s < 2; s++)
		fdar_profile_free(side[s]);
}

/* On a full machine, where what runs is known to be processor time: nearly twice as long in all sessions, and
 * everything else as before. */
static void test_all_on_full(void)
{
	const struct load most = { 47 * US, 47 * US, 10 * US, 10 * US, 0 };
	const struct load machine = { 47 * US, 47 * US, 19 * US, 19 * US, 0 };

	for (uint32_t seed = 1; seed <= 20; seed++) {
		g_autoptr(fdar_diff) diff = compare_loads(&usual, &most, seed, 0.9, TRUE);
		g_autoptr(fdar_diff) hidden = compare_loads(&usual, &most, seed, 0.9, FALSE);
		g_autoptr(fdar_diff) slow = compare_loads(&usual, &machine, seed, 0.9, TRUE);

		g_assert_cmpstr(diff->verdict.function, ==, "digest");
		g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
		g_assert_null(hidden->verdict.function);
		g_assert_null(slow->verdict.function);
	}
}

/* post wakes another thread, which is a system call where that rests: in so many of ten sessions. */
static void wake_run(struct writer *writer, uint32_t seed, int woken, double wake_ns)
{
	writer_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < SESSIONS; i++) {
		begin(writer, "");
		run(writer, "parse", 60 * US);
		run(writer, "digest", 80 * US);
		run(writer, "post", i * 7 % 10 < woken ? wake_ns : 0.5 * US);
		run(writer, "answer", 60 * US);
		end(writer);
	}
}

static struct fdar_diff *compare_wakes(uint32_t seed, int before, int after, double wake_ns)
{
	struct writer side[2];

	wake_run(&side[0], 2 * seed, before, wake_ns);
	wake_run(&side[1], 2 * seed + 1, after, wake_ns);
	return compare(&side[0], &side[1]);
}

/* In another run others rest: little, and some sessions had as much before. Not where none had, or it is much. */
static void test_seen_before(void)
{
	for (uint32_t seed = 1; seed <= 20; seed++) {
		g_autoptr(fdar_diff) seen = compare_wakes(seed, 2, 9, 18 * US);
		g_autoptr(fdar_diff) fresh = compare_wakes(seed, 0, 10, 18 * US);
		g_autoptr(fdar_diff) much = compare_wakes(seed, 2, 9, 180 * US);

		g_assert_null(seen->verdict.function);
		g_assert_cmpstr(fresh->verdict.function, ==, "post");
		g_assert_cmpstr(much->verdict.function, ==, "post");
	}
}

/* What stands out has a small part of what was added, and who has the rest does not stand out. */
static void test_small_share(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = 1 * MS;
		for (int i = 0; i < SESSIONS; i++) {
			begin(&side[s], "");
			run(&side[s], "parse", s ? 233 * US : 160 * US);
			run(&side[s], "words", s ? 8.5 * US : 0.8 * US);
			run(&side[s], "answer", 40 * US);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "words");
	g_assert_cmpfloat(diff->verdict.share, <, 0.1);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	g_assert_nonnull(strstr(diff->verdict.reason, "of the added time: the rest"));
}

/* Of many functions that touch what others use each takes longer in this run, and what only counts does not. */
static struct fdar_diff *compare_kernels(uint32_t seed, gboolean alone)
{
	struct fdar_profile *side[2];

	for (uint32_t s = 0; s < 2; s++) {
		struct writer writer;

		writer_init(&writer, 2 * seed + s);
		writer.spacing = 1 * MS;
		for (int i = 0; i < SESSIONS; i++) {
			begin(&writer, "");
			run(&writer, "digest", 75 * US);
			for (int k = 0; k < 8; k++) {
				g_autofree char *name = g_strdup_printf("helper%d", k);

				run(&writer, name, s && !alone ? (1 + k * 0.4) * US : 500);
			}
			run(&writer, "hang_up", s ? 42 * US : 17 * US);
			end(&writer);
		}
		side[s] = profile_of(&writer);
		side[s]->watched = side[s]->processes;
	}
	const struct fdar_diff_options options = { .pressure = 0.9 };
	struct fdar_diff *diff = fdar_diff_new(side[0], side[1], &options, NULL);

	for (int s = 0; s < 2; s++)
		fdar_profile_free(side[s]);
	return diff;
}

static void test_most_others(void)
{
	for (uint32_t seed = 1; seed <= 5; seed++) {
		g_autoptr(fdar_diff) all = compare_kernels(seed, FALSE);
		g_autoptr(fdar_diff) one = compare_kernels(seed, TRUE);

		g_assert_cmpint(all->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
		g_assert_nonnull(strstr(all->verdict.reason, "half of the other functions"));
		g_assert_cmpstr(one->verdict.function, ==, "hang_up");
		g_assert_cmpint(one->verdict.confidence, >, FDAR_CONFIDENCE_LOW);
	}
}

/* What a turn does by itself, and a function that it calls for that. */
static void sweep(struct writer *writer)
{
	say(writer, "+sweep");
	pass(writer, 1 * US);
	run(writer, "check", 2 * US);
	say(writer, "-sweep");
}

/* A loop calls sweep in each turn; where not, what serves a session does. */
static void turns_run(struct writer *writer, uint32_t seed, gboolean in_loop, int least)
{
	writer_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < SESSIONS; i++) {
		g_autofree char *event = g_strdup_printf("begin:%d::7", i + 1);

		writer->now = (gint64)((i + 1) * writer->spacing);
		g_string_append_printf(writer->text, "%dA", i + 1);
		for (const char *const *say_it =
			     (const char *const[]){ "+main", "wait:POLL:epoll_wait", "w", event,
						    NULL };
		     *say_it; say_it++) {
			say(writer, *say_it);
			pass(writer, 1 * US);
		}
		say(writer, "+serve");
		pass(writer, (50 + i * 37 % 200) * US); /* some ask for more */
		for (int k = 0; !in_loop && k < least + i % 2; k++)
			run(writer, "sweep", 3 * US);
		say(writer, "-serve");
		for (int k = 0; in_loop && k < least + i % 2; k++)
			sweep(writer);
		g_string_append_printf(writer->text, " %" G_GINT64_FORMAT " end:%d", writer->now,
				       i + 1);
		say(writer, "-main");
		g_string_append_c(writer->text, '\n');
	}
}

static struct fdar_diff *compare_turns(gboolean in_loop, int before, int after)
{
	struct writer side[2];

	turns_run(&side[0], 1, in_loop, before);
	turns_run(&side[1], 2, in_loop, after);
	return compare(&side[0], &side[1]);
}

/* How often a loop turns for a session is up to how clients happen to come; not how often its work is done. */
static void test_turns(void)
{
	g_autoptr(fdar_diff) turns = compare_turns(TRUE, 2, 4);
	g_autoptr(fdar_diff) work = compare_turns(FALSE, 2, 4);
	g_autoptr(fdar_diff) far_more = compare_turns(TRUE, 2, 14);

	g_assert_cmpfloat(row_of(turns, "sweep", NULL)->ratio_calls, >, 1.5);
	g_assert_cmpfloat(row_of(turns, "check", NULL)->ratio_calls, >, 1.5);
	g_assert_null(turns->verdict.function);
	g_assert_cmpstr(work->verdict.function, ==, "sweep");
	g_assert_cmpstr(far_more->verdict.function, ==, "sweep");
}

/* Several runs do not say whether clients came in another way: "no difference" is not sure. */
static void test_turns_of_runs(void)
{
	struct fdar_profile *side[2] = { fdar_profile_new(), fdar_profile_new() };
	struct fdar_profile *runs[6];

	for (uint32_t i = 0; i < 6; i++) {
		struct writer writer;

		turns_run(&writer, i + 1, TRUE, i < 3 ? 2 : 4);
		runs[i] = profile_of(&writer);
		fdar_profile_merge(side[i / 3], runs[i]);
	}
	const struct fdar_diff_options options = {
		.runs = { (const struct fdar_profile *const *)runs,
			  (const struct fdar_profile *const *)runs + 3 },
		.run_count = { 3, 3 },
	};
	g_autoptr(fdar_diff) diff = fdar_diff_new(side[0], side[1], &options, NULL);

	g_assert_null(diff->verdict.function);
	g_assert_cmpint(diff->verdict.confidence, <, FDAR_CONFIDENCE_HIGH);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_NONE);
	g_assert_nonnull(strstr(diff->verdict.reason, "as a loop that turns more often"));
	for (uint32_t i = 0; i < 6; i++)
		fdar_profile_free(runs[i]);
	for (int s = 0; s < 2; s++)
		fdar_profile_free(side[s]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/part/of-sessions", test_part_of_sessions);
	g_test_add_func("/part/behind-one", test_part_behind_one);
	g_test_add_func("/part/all-on-full", test_all_on_full);
	g_test_add_func("/part/seen-before", test_seen_before);
	g_test_add_func("/part/small-share", test_small_share);
	g_test_add_func("/part/most-others", test_most_others);
	g_test_add_func("/part/turns", test_turns);
	g_test_add_func("/part/turns-of-runs", test_turns_of_runs);
	return g_test_run();
}
