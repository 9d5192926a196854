/* Nobody's doing: functions that were cut in another way, sends of sessions that ask for more, and waits for
 * somebody else on a full machine. */
#include "tests/unit/kit/diff_script.h"

static const struct fdar_diff_options full = { .pressure = 0.9 };

/* Another seed, another build. */
static void build_init(struct writer *writer, uint32_t seed)
{
	static const char *const builds[] = { "b0", "b1", "b2", "b3", "b4" };

	writer_init(writer, seed);
	writer->build_id = builds[seed % G_N_ELEMENTS(builds)];
}

struct page {
	double render_ns; /* by itself */
	double fmt_ns;    /* in a function of its own; 0: there is none */
	double extra_ns;  /* in one that is called besides; 0: there is none */
};

static void page_run(struct writer *writer, uint32_t seed, const struct page *page)
{
	build_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < 40; i++) {
		begin(writer, "");
		for (int k = 0; k < 3; k++) {
			run(writer, "parse", 20 * US);
			say(writer, "+render");
			pass(writer, page->render_ns);
			if (page->fmt_ns > 0)
				run(writer, "fmt", page->fmt_ns);
			if (page->extra_ns > 0)
				run(writer, "extra", page->extra_ns);
			say(writer, "-render");
		}
		end(writer);
	}
}

static struct fdar_diff *compare_pages(struct page before, struct page after)
{
	struct writer a, b;

	page_run(&a, 1, &before);
	page_run(&b, 2, &after);
	return compare(&a, &b);
}

/* A part of a function is one of its own in the next build: called nine times instead of never, and nobody
 * does more. */
static void test_split(void)
{
	g_autoptr(fdar_diff) same =
		compare_pages((struct page){ 30 * US, 0, 0 }, (struct page){ 10 * US, 20 * US, 0 });

	g_assert_null(same->verdict.function);
	g_assert_true(row_of(same, "fmt", NULL)->traded);
	/* Much slower in its new place. */
	g_autoptr(fdar_diff) slower = compare_pages((struct page){ 30 * US, 0, 0 },
						    (struct page){ 10 * US, 300 * US, 0 });
	g_assert_cmpstr(slower->verdict.function, ==, "fmt");
	/* What is called besides is new work. */
	g_autoptr(fdar_diff) more =
		compare_pages((struct page){ 30 * US, 0, 0 }, (struct page){ 30 * US, 0, 20 * US });
	g_assert_cmpstr(more->verdict.function, ==, "extra");
	g_assert_false(row_of(more, "extra", NULL)->traded);
}

/* And the other way round. */
static void test_merged(void)
{
	g_autoptr(fdar_diff) same =
		compare_pages((struct page){ 10 * US, 20 * US, 0 }, (struct page){ 30 * US, 0, 0 });

	g_assert_null(same->verdict.function);
	g_assert_true(row_of(same, "render", NULL)->traded);
	g_autoptr(fdar_diff) slower = compare_pages((struct page){ 10 * US, 20 * US, 0 },
						    (struct page){ 300 * US, 0, 0 });
	g_assert_cmpstr(slower->verdict.function, ==, "render");
}

/* Two pages, each in half of the sessions, made of rows with escaped text in them: functions of their own, or
 * parts of their callers. */
static void pages_run(struct writer *writer, uint32_t seed, gboolean cut, double row_ns)
{
	build_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < 40; i++) {
		begin(writer, "");
		run(writer, "parse", 20 * US);
		say(writer, i % 2 ? "+index" : "+stats");
		if (!cut)
			pass(writer, row_ns + 8 * US);
		for (int k = 0; k < 4 && cut; k++) {
			say(writer, "+row");
			pass(writer, row_ns / 4);
			run(writer, "escape", 2 * US);
			say(writer, "-row");
		}
		say(writer, i % 2 ? "-index" : "-stats");
		end(writer);
	}
}

/* Several callers, each of some sessions only, and one part in another. */
static void test_inlined(void)
{
	struct writer side[3];

	pages_run(&side[0], 1, FALSE, 30 * US);
	pages_run(&side[1], 2, TRUE, 30 * US);
	pages_run(&side[2], 3, TRUE, 300 * US);
	g_autoptr(fdar_profile) whole = profile_of(&side[0]);
	g_autoptr(fdar_profile) cut = profile_of(&side[1]);
	g_autoptr(fdar_profile) slower = profile_of(&side[2]);
	g_autoptr(fdar_diff) parted = fdar_diff_new(whole, cut, NULL, NULL);
	g_autoptr(fdar_diff) inlined = fdar_diff_new(cut, whole, NULL, NULL);
	g_autoptr(fdar_diff) worse = fdar_diff_new(whole, slower, NULL, NULL);

	g_assert_null(parted->verdict.function);
	g_assert_null(inlined->verdict.function);
	g_assert_cmpstr(worse->verdict.function, ==, "row");
}

/* One build has parts of serve in functions of their own, and another function between it and whom it asks. */
static void parts_run(struct writer *writer, uint32_t seed, gboolean parts)
{
	build_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < 60; i++) {
		begin(writer, "");
		say(writer, "+serve");
		if (parts) {
			pass(writer, 1 * US);
			run(writer, "parse", 10 * US);
			run(writer, "note", 12 * US);
			say(writer, "+store");
		} else {
			pass(writer, 23 * US);
		}
		run(writer, "ask", 60 * US);
		run(writer, "ask", 60 * US);
		if (parts)
			say(writer, "-store");
		say(writer, "-serve");
		end(writer);
	}
}

static void test_parts(void)
{
	struct writer side[2];

	parts_run(&side[0], 1, FALSE);
	parts_run(&side[1], 2, TRUE);
	g_autoptr(fdar_profile) whole = profile_of(&side[0]);
	g_autoptr(fdar_profile) parts = profile_of(&side[1]);
	g_autoptr(fdar_diff) parted = fdar_diff_new(whole, parts, NULL, NULL);
	g_autoptr(fdar_diff) joined = fdar_diff_new(parts, whole, NULL, NULL);

	g_assert_true(row_of(parted, "note", NULL)->traded);
	g_assert_true(row_of(joined, "serve", NULL)->traded);
	g_assert_null(parted->verdict.function);
	g_assert_null(joined->verdict.function);
}

/* Beside a new function one that is called in two halves now; in the baseline it was far out in some sessions. */
static void hiccups_run(struct writer *writer, uint32_t seed, gboolean after)
{
	build_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < 40; i++) {
		begin(writer, "");
		say(writer, "+serve");
		run(writer, "parse", 20 * US);
		run(writer, "store", !after && i % 13 == 5 ? 400 * US : after ? 3 * US : 6 * US);
		if (after) {
			run(writer, "store", 3 * US);
			run(writer, "extra", 25 * US);
		}
		say(writer, "-serve");
		say(writer, "+finish");
		pass(writer, 5 * US);
		if (after)
			run(writer, "flush", 70 * US);
		say(writer, "-finish");
		end(writer);
	}
}

/* What was lost by chance did not go anywhere. */
static void test_lost_by_chance(void)
{
	struct writer side[2];

	hiccups_run(&side[0], 1, FALSE);
	hiccups_run(&side[1], 2, TRUE);
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpfloat(row_of(diff, "store", NULL)->added_ns, <, -25 * US);
	g_assert_false(row_of(diff, "extra", NULL)->traded);
	g_assert_cmpstr(diff->verdict.function, ==, "flush");
	g_assert_true(row_of(diff, "extra", NULL)->stands_out);
}

/* Each of some sessions, every so many, goes that deep. */
static void match_run(struct writer *writer, uint32_t seed, int every, int depths, double step_ns)
{
	build_init(writer, seed);
	for (int i = 0; i < 40; i++) {
		int depth = i % every ? 1 : depths;

		begin(writer, "");
		run(writer, "parse", 60 * US);
		for (int k = 0; k < depth; k++)
			say(writer, "+match");
		pass(writer, i % every ? 20 * US : step_ns);
		for (int k = 0; k < depth; k++)
			say(writer, "-match");
		end(writer);
	}
}

/* A compiler made a loop of a recursion: entered as often, and no longer. */
static void test_unrolled(void)
{
	struct writer side[4];

	match_run(&side[0], 1, 1, 1, 20 * US);
	match_run(&side[1], 2, 1, 8, 20 * US);
	match_run(&side[2], 3, 1, 8, 160 * US);
	match_run(&side[3], 4, 3, 60, 2 * MS);
	g_autoptr(fdar_profile) loop = profile_of(&side[0]);
	g_autoptr(fdar_profile) recursion = profile_of(&side[1]);
	g_autoptr(fdar_profile) deeper = profile_of(&side[2]);
	g_autoptr(fdar_profile) few = profile_of(&side[3]);
	g_autoptr(fdar_diff) same = fdar_diff_new(loop, recursion, NULL, NULL);
	g_autoptr(fdar_diff) longer = fdar_diff_new(loop, deeper, NULL, NULL);

	g_assert_null(same->verdict.function);
	g_assert_cmpstr(longer->verdict.function, ==, "match");
	/* The middle has not moved where a third of the sessions explode. */
	g_autoptr(fdar_diff) some = fdar_diff_new(loop, few, NULL, NULL);
	g_assert_cmpstr(some->verdict.function, ==, "match");
	g_assert_false(row_of(some, "match", NULL)->traded);
}

/* One and the same binary has the same loops: that sessions go deeper is what is new, though what each turn takes is
 * little beside what the first one does. */
static void test_one_binary(void)
{
	for (int same = 0; same < 2; same++) {
		struct writer side[2];

		match_run(&side[0], 1, 1, 1, 100 * US);
		match_run(&side[1], 2, 1, 31, 130 * US);
		if (same)
			side[1].build_id = side[0].build_id;
		g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);

		g_assert_cmpstr(diff->verdict.function, ==, same ? "match" : NULL);
		if (same) {
			expect_sentence(diff, "is called 31 times per session instead of once");
			g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_HIGH);
		}
	}
}

static void main_run(struct writer *writer, uint32_t seed, gboolean loop, double parse_ns)
{
	build_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < 40; i++) {
		/* What is open before the session is the server's. */
		g_string_append_printf(writer->text, "%dA", writer->session + 1);
		writer->now = (gint64)((writer->session + 1) * writer->spacing) - 10;
		say(writer, "+main");
		if (loop)
			say(writer, "+loop");
		say(writer, "wait:POLL:poll");
		say(writer, "w");
		g_string_append_c(writer->text, '\n');
		begin(writer, "");
		say(writer, "+parse");
		pass(writer, parse_ns);
		run(writer, "scan", 20 * US);
		say(writer, "-parse");
		end(writer);
	}
}

/* The loop around all sessions is a part of main in one build: what it calls is called as before. */
static void test_other_loop(void)
{
	struct writer side[2];

	main_run(&side[0], 1, FALSE, 20 * US);
	main_run(&side[1], 2, TRUE, 60 * US);
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);

	g_assert_cmpstr(diff->verdict.function, ==, "parse");
	g_assert_cmpint(diff->verdict.presence, ==, FDAR_IN_BOTH);
	g_assert_cmpfloat(diff->verdict.factor, <, 4);
	g_assert_null(strstr(diff->verdict.sentence, "never"));
	for (uint32_t i = 1; i < diff->node_count; i++)
		if (g_str_equal(diff->nodes[i].function, "parse"))
			g_assert_cmpint(diff->nodes[i].presence, ==, FDAR_IN_BOTH);
}

static void middle_run(struct writer *writer, uint32_t seed, gboolean middle, double ask_ns)
{
	build_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < 40; i++) {
		begin(writer, "");
		say(writer, "+serve");
		pass(writer, 20 * US);
		if (middle)
			say(writer, "+store");
		say(writer, "+ask");
		pass(writer, ask_ns);
		run(writer, "scan", 60 * US);
		say(writer, "-ask");
		if (middle)
			say(writer, "-store");
		say(writer, "-serve");
		end(writer);
	}
}

/* One build has another function in between: the path is new, and who is called on it is not. */
static void test_other_path(void)
{
	struct writer side[2];

	middle_run(&side[0], 1, FALSE, 20 * US);
	middle_run(&side[1], 2, TRUE, 100 * US);
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);

	g_assert_cmpstr(diff->verdict.function, ==, "ask");
	g_assert_cmpint(diff->verdict.presence, ==, FDAR_IN_BOTH);
	g_assert_cmpfloat_with_epsilon(diff->verdict.factor, 5, 1);
}

/* What each function of a session takes; of those below another one: not called where that is 0. */
struct work {
	double parse_ns, extra_ns;   /* which parse calls */
	double render_ns, format_ns; /* which render calls */
};

static struct fdar_diff *compare_works(struct work before, struct work after)
{
	struct writer side[2];

	for (uint32_t s = 0; s < 2; s++) {
		const struct work *work = s ? &after : &before;

		build_init(&side[s], s + 1);
		side[s].spacing = 1 * MS;
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			say(&side[s], "+parse");
			pass(&side[s], work->parse_ns);
			if (work->extra_ns > 0)
				run(&side[s], "extra", work->extra_ns);
			say(&side[s], "-parse");
			say(&side[s], "+render");
			pass(&side[s], work->render_ns);
			if (work->format_ns > 0)
				run(&side[s], "format", work->format_ns);
			say(&side[s], "-render");
			end(&side[s]);
		}
	}
	return compare(&side[0], &side[1]);
}

/* A build that has new functions for old code may have others, and one that only moved. */
static void test_beside_cuts(void)
{
	g_autoptr(fdar_diff) alone = compare_works((struct work){ 20 * US, 0, 60 * US, 0 },
						   (struct work){ 20 * US, 50 * US, 60 * US, 0 });
	g_autoptr(fdar_diff) beside =
		compare_works((struct work){ 20 * US, 0, 60 * US, 0 },
			      (struct work){ 20 * US, 50 * US, 20 * US, 40 * US });
	g_autoptr(fdar_diff) moved = compare_works((struct work){ 20 * US, 0, 60 * US, 50 * US },
						   (struct work){ 20 * US, 50 * US, 60 * US, 0 });

	g_assert_cmpstr(alone->verdict.function, ==, "extra");
	g_assert_cmpint(alone->verdict.confidence, ==, FDAR_CONFIDENCE_HIGH);
	g_assert_cmpstr(beside->verdict.function, ==, "extra");
	g_assert_cmpint(beside->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	g_assert_nonnull(strstr(beside->verdict.reason, "ran in their callers before"));
	g_assert_null(moved->verdict.function);
}

static void send_run(struct writer *writer, uint32_t seed, int requests, double send_ns)
{
	build_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < 40; i++) {
		begin(writer, "");
		for (int k = 0; k < requests; k++) {
			say(writer, "io:READ:7:100");
			run(writer, "work", 20 * US);
			say(writer, "+reply");
			pass(writer, send_ns);
			say(writer, "io:WRITE:7:600");
			say(writer, "-reply");
		}
		end(writer);
	}
}

/* Ten times the requests a session, and who is woken by each answer takes the processor: as many bytes and
 * calls as were asked for. */
static void test_sends_of_more(void)
{
	struct writer a, b;

	send_run(&a, 1, 3, 6 * US);
	send_run(&b, 2, 30, 300 * US);
	g_autoptr(fdar_profile) before = profile_of(&a);
	g_autoptr(fdar_profile) after = profile_of(&b);
	g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, &full, NULL);
	check(diff);
	g_assert_cmpfloat(diff->load.work, >, 5);
	g_assert_true(row_of(diff, "reply", NULL)->transfers);
	g_assert_cmpstr(diff->verdict.function, !=, "reply");
	/* Called as much more often as was asked for is no new work. */
	g_assert_null(strstr(diff->verdict.sentence, "new work"));
}

/* A send that takes the processor by itself for fifty times as long is told from one that others had it in; how sure
 * that is is another matter. */
static void test_sends_longer(void)
{
	for (int known = 0; known < 2; known++) {
		struct writer a, b;

		send_run(&a, 1, 3, 6 * US);
		send_run(&b, 2, 3, 300 * US);
		g_autoptr(fdar_profile) before = profile_of(&a);
		g_autoptr(fdar_profile) after = profile_of(&b);

		before->watched = known ? before->processes : 0;
		after->watched = known ? after->processes : 0;
		g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, &full, NULL);
		g_assert_true(row_of(diff, "reply", NULL)->transfers);
		g_assert_cmpstr(diff->verdict.function, ==, known ? "reply" : NULL);
		g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	}
}

/* The same in several functions, of which none has most: their caller is no surer. */
static void test_sends_longer_below(void)
{
	for (int part_sends = 0; part_sends < 2; part_sends++) {
		struct writer side[2];

		for (uint32_t s = 0; s < 2; s++) {
			build_init(&side[s], s);
			side[s].spacing = 20 * MS;
			for (int i = 0; i < 60; i++) {
				begin(&side[s], "");
				say(&side[s], "+serve");
				for (int k = 0; k < 4; k++) {
					g_autofree char *entry = g_strdup_printf("+part%d", k);
					g_autofree char *leave = g_strdup_printf("-part%d", k);

					say(&side[s], entry);
					pass(&side[s], s ? 300 * US : 6 * US);
					if (part_sends)
						say(&side[s], "io:WRITE:7:500");
					say(&side[s], leave);
				}
				say(&side[s], "-serve");
				end(&side[s]);
			}
		}
		g_autoptr(fdar_profile) before = profile_of(&side[0]);
		g_autoptr(fdar_profile) after = profile_of(&side[1]);

		before->watched = before->processes;
		after->watched = after->processes;
		g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, NULL, NULL);
		g_assert_cmpstr(diff->verdict.function, ==, "serve");
		g_assert_cmpint(diff->verdict.confidence, ==,
				part_sends ? FDAR_CONFIDENCE_LOW : FDAR_CONFIDENCE_HIGH);
	}
}

static void ask_run(struct writer *writer, uint32_t seed, double wait_ns, const char *wait)
{
	build_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < 40; i++) {
		begin(writer, "");
		run(writer, "parse", 20 * US);
		say(writer, "+ask");
		say(writer, wait);
		pass(writer, wait_ns);
		say(writer, "w");
		say(writer, "-ask");
		end(writer);
	}
}

static enum fdar_confidence trust_in_wait(double wait_ns, const char *wait,
					  const struct fdar_diff_options *options)
{
	struct writer a, b;

	ask_run(&a, 1, 100 * US, wait);
	ask_run(&b, 2, wait_ns, wait);
	g_autoptr(fdar_profile) before = profile_of(&a);
	g_autoptr(fdar_profile) after = profile_of(&b);
	g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, options, NULL);
	check(diff);
	g_assert_cmpstr(diff->verdict.function, ==, "ask");
	return diff->verdict.confidence;
}

#define UPSTREAM "wait:IO:recv:9"

/* Whoever is asked shares the processors; a thread that is waited for has its own reasons. */
static void test_waits_for_others(void)
{
	g_assert_cmpint(trust_in_wait(5 * MS, UPSTREAM, NULL), ==, FDAR_CONFIDENCE_HIGH);
	g_assert_cmpint(trust_in_wait(5 * MS, UPSTREAM, &full), ==, FDAR_CONFIDENCE_LOW);
	g_assert_cmpint(trust_in_wait(200 * MS, UPSTREAM, &full), ==, FDAR_CONFIDENCE_MEDIUM);
	g_assert_cmpint(trust_in_wait(250 * US, UPSTREAM, &full), ==, FDAR_CONFIDENCE_LOW);
	for (int i = 0; i < 2; i++) {
		const char *wait =
			i ? "wait:LOCK:pthread_mutex_lock" : "wait:COND:pthread_cond_wait";

		g_assert_cmpint(trust_in_wait(5 * MS, wait, NULL), ==, FDAR_CONFIDENCE_MEDIUM);
		g_assert_cmpint(trust_in_wait(5 * MS, wait, &full), ==, FDAR_CONFIDENCE_LOW);
	}
}

/* Nobody has said that the machine was full: that sessions themselves waited for a processor does. */
static void test_full_by_itself(void)
{
	struct writer side[2][2];

	for (int kept = 0; kept < 2; kept++)
		for (int s = 0; s < 2; s++) {
			struct writer *writer = &side[kept][s];

			build_init(writer, (uint32_t)(1 + s));
			writer->spacing = 10 * MS;
			for (int i = 0; i < 40; i++) {
				begin(writer, "");
				say(writer, "+parse");
				pass(writer, 50 * US);
				writer->now += kept ? 40 * US : 1 * US;
				say(writer, kept ? "cpu:1:40000" : "cpu:1:1000");
				say(writer, "-parse");
				say(writer, "+ask");
				say(writer, UPSTREAM);
				pass(writer, s ? 5 * MS : 100 * US);
				say(writer, "w");
				say(writer, "-ask");
				end(writer);
			}
		}
	g_autoptr(fdar_diff) quiet = compare(&side[0][0], &side[0][1]);
	g_autoptr(fdar_diff) busy = compare(&side[1][0], &side[1][1]);

	g_assert_cmpstr(quiet->verdict.function, ==, "ask");
	g_assert_cmpstr(busy->verdict.function, ==, "ask");
	g_assert_cmpint(quiet->verdict.confidence, ==, FDAR_CONFIDENCE_HIGH);
	g_assert_cmpint(busy->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
}

static enum fdar_confidence trust_in_little(double signal_ns,
					    const struct fdar_diff_options *options)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		build_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = 1 * MS;
		for (int i = 0; i < 60; i++) {
			begin(&side[s], "");
			run(&side[s], "parse", 400 * US);
			run(&side[s], "signal", s ? signal_ns : 5 * US);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_profile) before = profile_of(&side[0]);
	g_autoptr(fdar_profile) after = profile_of(&side[1]);

	/* Who waits for a processor is known not to run. */
	before->watched = before->processes;
	after->watched = after->processes;
	g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, options, NULL);
	g_assert_cmpstr(diff->verdict.function, ==, "signal");
	return diff->verdict.confidence;
}

/* On which processor the thread is that it wakes up is the same for a run, in each of its parts: three times as
 * long, and few per cent of a session, is no evidence of a change. */
static void test_little(void)
{
	g_assert_cmpint(trust_in_little(20 * US, NULL), ==, FDAR_CONFIDENCE_MEDIUM);
	g_assert_cmpint(trust_in_little(14 * US, &full), ==, FDAR_CONFIDENCE_LOW);
	g_assert_cmpint(trust_in_little(200 * US, NULL), ==, FDAR_CONFIDENCE_HIGH);
	g_assert_cmpint(trust_in_little(200 * US, &full), ==, FDAR_CONFIDENCE_HIGH);
}

/* A build that inlines nothing: no function of it is new work. */
static void test_inlines_less(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		build_init(&side[s], (uint32_t)s + 1);
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			say(&side[s], "+turn");
			pass(&side[s], 400 * US);
			for (int k = 0; k < 6 && s; k++) {
				g_autofree char *name = g_strdup_printf("part%d", k);

				run(&side[s], name, 4 * US);
			}
			say(&side[s], "-turn");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/traded/split", test_split);
	g_test_add_func("/traded/merged", test_merged);
	g_test_add_func("/traded/inlined", test_inlined);
	g_test_add_func("/traded/parts", test_parts);
	g_test_add_func("/traded/lost-by-chance", test_lost_by_chance);
	g_test_add_func("/traded/unrolled", test_unrolled);
	g_test_add_func("/traded/one-binary", test_one_binary);
	g_test_add_func("/traded/other-loop", test_other_loop);
	g_test_add_func("/traded/other-path", test_other_path);
	g_test_add_func("/traded/beside-cuts", test_beside_cuts);
	g_test_add_func("/traded/sends-of-more", test_sends_of_more);
	g_test_add_func("/traded/sends-longer", test_sends_longer);
	g_test_add_func("/traded/sends-longer-below", test_sends_longer_below);
	g_test_add_func("/traded/waits-for-others", test_waits_for_others);
	g_test_add_func("/traded/full-by-itself", test_full_by_itself);
	g_test_add_func("/traded/little", test_little);
	g_test_add_func("/traded/inlines-less", test_inlines_less);
	return g_test_run();
}
