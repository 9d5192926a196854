/* Rules that keep the verdict from being wrong: each had a case in which it was. */
#include "tests/unit/kit/diff_script.h"

static struct fdar_diff *compare_with(struct writer *baseline, struct writer *subject,
				      const struct fdar_diff_options *options)
{
	g_autoptr(fdar_profile) before = profile_of(baseline);
	g_autoptr(fdar_profile) after = profile_of(subject);
	g_autoptr(GError) error = NULL;
	struct fdar_diff *diff = fdar_diff_new(before, after, options, &error);

	g_assert_no_error(error);
	check(diff);
	return diff;
}

static void expect_reason(const struct fdar_diff *diff, const char *pattern)
{
	if (!g_regex_match_simple(pattern, diff->verdict.reason, 0, 0))
		g_error("\"%s\" is not like \"%s\"", diff->verdict.reason, pattern);
}

/* ---- main is never a culprit for work done below it ---- */

static void loop_session(struct writer *writer, double factor)
{
	static const char *const via[] = { "handler", "later" };

	begin(writer, "");
	for (int i = 0; i < 2; i++) {
		g_autofree char *in = g_strconcat("+", via[i], NULL);
		g_autofree char *out = g_strconcat("-", via[i], NULL);

		say(writer, in);
		run(writer, "list", 20 * US * factor);
		run(writer, "encode", 19 * US * factor);
		run(writer, "copy", 18 * US * factor);
		say(writer, out);
	}
	end(writer);
}

/* Two nested loops are above the session for context only. In one thread. */
static void loop_run(struct writer *writer, uint32_t seed, double factor)
{
	g_autoptr(GString) lines = g_string_new("A 0 +main 1 +loop");

	writer_init(writer, seed);
	writer->spacing = 10 * MS;
	for (int i = 0; i < 30; i++) {
		g_string_truncate(writer->text, 0);
		loop_session(writer, factor);
		/* Without the thread at its beginning and the line's end. */
		g_strstrip(writer->text->str);
		g_string_append(lines, strchr(writer->text->str, 'A') + 1);
	}
	g_string_assign(writer->text, lines->str);
}

static void test_context(void)
{
	struct writer a, b;

	loop_run(&a, 1, 1);
	loop_run(&b, 2, 10);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	const char *name = diff->verdict.function;
	g_assert_true(g_str_equal(name, "handler") || g_str_equal(name, "later") ||
		      g_str_equal(name, "list"));
}

/* ---- significance has a direction ---- */

/* All sessions got faster, and one had a hiccup. */
static void test_faster_with_hiccup(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			run(&side[s], "work", s ? 120 * US : 200 * US);
			run(&side[s], "hiccup", s && i == 20 ? 9 * MS : 5 * US);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_null(diff->verdict.function);
	g_assert_cmpint(diff->verdict.confidence, <, FDAR_CONFIDENCE_HIGH);
	expect_hint(diff, "^1 of 40 sessions is far above the others in hiccup");
	g_assert_cmpfloat(row_of(diff, "hiccup", NULL)->test.p, >, 0.05);
}

/* Sessions are slower, and in most of them one function is faster: three outliers lift its mean. */
static void test_row_has_a_direction(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			run(&side[s], "work", s ? 150 * US : 100 * US);
			run(&side[s], "writes", s && i % 20 == 3 ? 6 * MS : s ? 40 * US : 60 * US);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, !=, "writes");
	g_assert_cmpfloat(row_of(diff, "writes", NULL)->test.delta, <, -0.8);
	g_assert_false(row_of(diff, "writes", NULL)->stands_out);
}

/* ---- runs differ from run to run ---- */

enum { FUNCTIONS = 12 };

/* A run in which each function has a mood of its own, and one of them is slower by factor; its first session
 * is the first of the machine's, or one later. */
static struct fdar_profile *moody_run_from(uint32_t seed, double spread, double factor, int first)
{
	struct writer writer;
	double mood[FUNCTIONS];

	writer_init(&writer, seed);
	writer.session = first;
	for (int f = 0; f < FUNCTIONS; f++)
		mood[f] = pow(spread, g_rand_double(writer.rand));
	for (int i = 0; i < 30; i++) {
		begin(&writer, "");
		for (int f = 0; f < FUNCTIONS; f++) {
			char name[8];

			g_snprintf(name, sizeof(name), "f%d", f);
			run(&writer, name, 50 * US * mood[f] * (f == 5 ? factor : 1));
		}
		end(&writer);
	}
	return profile_of(&writer);
}

static struct fdar_profile *moody_run(uint32_t seed, double spread, double factor)
{
	return moody_run_from(seed, spread, factor, 0);
}

static struct fdar_diff *compare_runs(struct fdar_profile **runs, uint32_t before, uint32_t after)
{
	g_autoptr(fdar_profile) baseline = fdar_profile_new();
	g_autoptr(fdar_profile) subject = fdar_profile_new();
	struct fdar_diff_options options = {
		.runs = { (const struct fdar_profile *const *)runs,
			  (const struct fdar_profile *const *)runs + before },
		.run_count = { before, after },
	};
	g_autoptr(GError) error = NULL;

	for (uint32_t i = 0; i < before + after; i++)
		fdar_profile_merge(i < before ? baseline : subject, runs[i]);
	struct fdar_diff *diff = fdar_diff_new(baseline, subject, &options, &error);
	g_assert_no_error(error);
	check(diff);
	return diff;
}

static void test_runs(void)
{
	int single = 0, several = 0, found = 0;

	for (uint32_t seed = 0; seed < 12; seed++) {
		struct fdar_profile *same[6], *slow[6];

		for (uint32_t i = 0; i < 6; i++) {
			same[i] = moody_run(100 * seed + i, 3, 1);
			slow[i] = moody_run(100 * seed + 50 + i, 3, i < 3 ? 1 : 20);
		}
		g_autoptr(fdar_diff) pair = fdar_diff_new(same[0], same[3], NULL, NULL);
		g_autoptr(fdar_diff) alike = compare_runs(same, 3, 3);
		g_autoptr(fdar_diff) differ = compare_runs(slow, 3, 3);

		/* One run a side cannot know, and does not say high. */
		single += pair->verdict.function != NULL;
		g_assert_cmpint(pair->verdict.confidence, <, FDAR_CONFIDENCE_HIGH);
		several += alike->verdict.function != NULL;
		found += g_strcmp0(differ->verdict.function, "f5") == 0 &&
			 differ->verdict.confidence == FDAR_CONFIDENCE_HIGH;
		for (uint32_t i = 0; i < 6; i++) {
			fdar_profile_free(same[i]);
			fdar_profile_free(slow[i]);
		}
	}
	g_test_message("of 12: one run a side names %d, three name %d", single, several);
	g_assert_cmpint(several, <=, 2);
	g_assert_cmpint(found, ==, 12);
}

/* Three runs, hours apart, against one: nobody came in between, and that is no other pace. */
static void test_runs_apart(void)
{
	struct fdar_profile *runs[4];

	for (uint32_t i = 0; i < 4; i++)
		runs[i] = moody_run_from(i, 1.1, i < 3 ? 1 : 20, (int)i * 1000000);
	g_autoptr(fdar_diff) diff = compare_runs(runs, 3, 1);
	g_assert_false(diff->load.pace);
	g_assert_cmpfloat_with_epsilon(diff->baseline.rate, diff->subject.rate,
				       0.01 * diff->subject.rate);
	g_assert_cmpstr(diff->verdict.function, ==, "f5");
	g_assert_cmpint(diff->verdict.confidence, >, FDAR_CONFIDENCE_LOW);

	/* Of one that was merged into a file only the length of its runs is known. */
	g_autoptr(fdar_profile) merged = fdar_profile_new();
	for (uint32_t i = 0; i < 3; i++)
		fdar_profile_merge(merged, runs[i]);
	g_autoptr(fdar_diff) file = fdar_diff_new(merged, runs[3], NULL, NULL);
	g_assert_cmpfloat(file->baseline.rate, >, 0);
	for (uint32_t i = 0; i < 4; i++)
		fdar_profile_free(runs[i]);
}

/* More runs than are told apart come as densely as one. */
static void test_runs_many(void)
{
	enum { RUNS = 100 };
	struct fdar_profile *runs[RUNS + 1];

	for (uint32_t i = 0; i <= RUNS; i++)
		runs[i] = moody_run_from(i, 1, 1, (int)i * 1000);
	g_autoptr(fdar_diff) diff = compare_runs(runs, RUNS, 1);
	g_assert_cmpfloat_with_epsilon(diff->baseline.rate, diff->subject.rate,
				       0.01 * diff->subject.rate);
	g_assert_cmpfloat_with_epsilon(diff->baseline.open, diff->subject.open,
				       0.01 * diff->subject.open);
	for (uint32_t i = 0; i <= RUNS; i++)
		fdar_profile_free(runs[i]);
}

/* ---- the load is compared, too ---- */

static void request_session(struct writer *writer, int requests, double match_ns)
{
	begin(writer, "");
	say(writer, "+connection");
	for (int i = 0; i < requests; i++) {
		g_autofree char *first = g_strdup_printf("req:%d:/x", writer->session);
		g_autofree char *last = g_strdup_printf("done:%d:0", writer->session);

		say(writer, first);
		run(writer, "parse", 30 * US);
		run(writer, "match", match_ns);
		say(writer, last);
	}
	say(writer, "-connection");
	end(writer);
}

static void test_more_requests(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 20; i++)
			request_session(&side[s], s ? 30 : 3, 40 * US);
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_null(diff->verdict.function);
	g_assert_cmpfloat_with_epsilon(diff->load.work, 10, 0.01);
	expect_sentence(diff, "^sessions ask for 10x as much each; ");
	/* With a culprit beside it. */
	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 20; i++)
			request_session(&side[s], s ? 30 : 3, s ? 400 * US : 40 * US);
	}
	g_autoptr(fdar_diff) slower = compare(&side[0], &side[1]);
	g_assert_cmpstr(slower->verdict.function, ==, "match");
	expect_sentence(slower, "^sessions ask for 10x as much each; match ");
}

/* A handler that sends its answer itself, by a call that takes as long as the machine likes. */
static void sending_session(struct writer *writer, double find_ns, double send_ns)
{
	begin(writer, "");
	say(writer, "+handle");
	for (int i = 0; i < 5; i++) {
		run(writer, "find", find_ns);
		say(writer, "+send_all");
		pass(writer, send_ns);
		say(writer, "io:WRITE:7:512");
		say(writer, "-send_all");
	}
	run(writer, "parse", 40 * US);
	run(writer, "format", 60 * US);
	say(writer, "-handle");
	end(writer);
}

static void sending_run(struct writer *writer, uint32_t seed, double spacing, double find_ns,
			double send_ns)
{
	writer_init(writer, seed);
	writer->spacing = spacing;
	for (int i = 0; i < 30; i++)
		sending_session(writer, find_ns, send_ns);
}

/* The same requests, hurried and at leisure: waking up makes the send longer. */
static void test_other_pace(void)
{
	struct writer a, b;

	sending_run(&a, 1, 10 * US, 10 * US, 4 * US);
	sending_run(&b, 2, 20 * MS, 10 * US, 150 * US);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_true(diff->load.pace);
	g_assert_null(diff->verdict.function);
	expect_hint(diff, "^the clients came at another pace: ");
	/* What is much slower all the same is found. */
	sending_run(&a, 3, 10 * US, 10 * US, 4 * US);
	sending_run(&b, 4, 20 * MS, 300 * US, 150 * US);
	g_autoptr(fdar_diff) slow = compare(&a, &b);
	g_assert_cmpstr(slow->verdict.function, ==, "find");
	g_assert_cmpint(slow->verdict.confidence, <, FDAR_CONFIDENCE_HIGH);
}

/* A slow-loris: few come, none ends, and each holds a worker in the read of its request. */
static void test_held_at_other_pace(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = s ? 20 * MS : 1 * MS;
		for (int i = 0; i < (s ? 30 : 60); i++) {
			begin(&side[s], "");
			run(&side[s], "parse", 30 * US);
			say(&side[s], "+read_line");
			pass(&side[s], 10 * US);
			say(&side[s], "wait:IO:recv");
			pass(&side[s], s ? 5e9 : 5e6);
			say(&side[s], "w");
			say(&side[s], "-read_line");
			if (s && i % 10)
				leave_open(&side[s]);
			else
				end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_true(diff->load.pace);
	g_assert_cmpstr(diff->verdict.function, ==, "read_line");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_WAITING);
	g_assert_cmpint(diff->verdict.confidence, <, FDAR_CONFIDENCE_HIGH);
}

/* No pace makes a function thousands of times as long. */
static void test_beyond_pace(void)
{
	struct writer a, b;

	sending_run(&a, 5, 10 * US, 10 * US, 4 * US);
	sending_run(&b, 6, 20 * MS, 20 * MS, 150 * US);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_true(diff->load.pace);
	g_assert_cmpstr(diff->verdict.function, ==, "find");
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_MEDIUM);
	expect_reason(diff, "another pace");
}

/* ---- a send whose calls and bytes are the same is no culprit ---- */

static void test_transfers(void)
{
	struct writer a, b;

	sending_run(&a, 1, 10 * US, 1 * US, 20 * US);
	sending_run(&b, 2, 10 * US, 20 * US, 80 * US);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_true(row_of(diff, "send_all", NULL)->transfers);
	g_assert_cmpstr(diff->verdict.function, ==, "find");
	sending_run(&a, 3, 10 * US, 1 * US, 20 * US);
	sending_run(&b, 4, 10 * US, 1 * US, 80 * US);
	g_autoptr(fdar_diff) alone = compare(&a, &b);
	if (alone->verdict.function) {
		g_assert_cmpstr(alone->verdict.function, ==, "send_all");
		g_assert_cmpint(alone->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
		expect_reason(alone, "^send_all moves as many bytes with as many calls as before");
	}
}

/* Who wakes another thread loses its processor to it, and is no culprit for that. */
static void test_wakers(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 30; i++) {
			g_autofree char *put = NULL, *take = NULL;

			begin(&side[s], "");
			put = g_strdup_printf("put:%d:jobs", i + 1);
			take = g_strdup_printf("take:%d:jobs", i + 1);
			run(&side[s], "parse", 60 * US);
			run(&side[s], "check", 60 * US);
			say(&side[s], "+queue_put");
			say(&side[s], put);
			pass(&side[s], s ? 900 * US : 9 * US);
			say(&side[s], "-queue_put");
			say(&side[s], take);
			run(&side[s], "answer", s ? 150 * US : 50 * US);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_true(row_of(diff, "queue_put", NULL)->transfers);
	g_assert_cmpstr(diff->verdict.function, ==, "answer");
}

/* ---- slow clients, busy threads, and what was not recorded ---- */

/* An event loop: sessions wait their turn in epoll_wait. */
static void loop_turns(struct writer *writer, const char *label, double open_ns, double work_ns)
{
	g_autofree char *resume = NULL;

	begin(writer, label);
	resume = g_strdup_printf("resume:%d", writer->session);
	if (work_ns > 0)
		run(writer, "read_some", work_ns);
	say(writer, "wait:POLL:epoll_wait");
	pass(writer, open_ns);
	say(writer, "w");
	say(writer, resume);
	if (work_ns > 0)
		run(writer, "write_some", work_ns);
	end(writer);
}

/* Slow readers whose sessions end, and a function that takes a little longer as well. */
static void test_slow_clients(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 30; i++)
			loop_turns(&side[s], "", s ? 5000.0 * MS : 100 * US, s ? 60 * US : 4 * US);
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_IDLE);
	g_assert_null(diff->verdict.function);
	expect_sentence(diff, "slow or silent clients$");
}

/* Part of the trace is missing: what threads did may be in that, so nobody says that it was the clients. */
static void test_slow_or_missing(void)
{
	for (int damage = 0; damage < 4; damage++) {
		fdar_profile *side[2];

		for (int s = 0; s < 2; s++) {
			struct writer writer;

			writer_init(&writer, (uint32_t)s);
			for (int i = 0; i < 30; i++)
				loop_turns(&writer, "", s ? 5000.0 * MS : 100 * US, 4 * US);
			side[s] = profile_of(&writer);
		}
		side[1]->losses.damaged = damage == 1;
		side[1]->losses.packets_lost = damage == 2;
		side[0]->losses.discarded = damage == 3 ? side[0]->losses.events : 0;
		g_autoptr(fdar_diff) diff = fdar_diff_new(side[0], side[1], NULL, NULL);
		g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_IDLE);
		expect_sentence(diff,
				damage ? "cannot tell whose time it is, as part of the trace is "
					 "missing$"
				       : "slow or silent clients$");
		g_assert_true(!damage || diff->verdict.confidence == FDAR_CONFIDENCE_LOW);
		g_assert_true(!damage == !diff->trace_doubt);
		fdar_profile_free(side[0]);
		fdar_profile_free(side[1]);
	}
}

/* Nothing is known of what threads did: that is what is said. */
static void test_blind(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 30; i++)
			loop_turns(&side[s], "", s ? 50 * MS : 100 * US, 0);
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_IDLE);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	expect_sentence(diff, "x longer, .* and what threads did meanwhile was not recorded$");
	g_assert_null(strstr(diff->verdict.sentence, "clients"));
}

/* The usual sessions stay open while the only thread is busy with those of an attack. */
static void test_blocked(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		side[s].spacing = 5 * MS;
		for (int i = 0; i < 20; i++) {
			loop_turns(&side[s], "usual", s ? 60 * MS : 200 * US, 20 * US);
			if (!s || i % 2)
				continue;
			begin(&side[s], "attack");
			run(&side[s], "match", 9 * MS);
			end(&side[s]);
		}
	}
	struct fdar_diff_options options = { .label = "usual" };
	g_autoptr(fdar_diff) diff = compare_with(&side[0], &side[1], &options);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_BLOCKED);
	g_assert_cmpstr(diff->verdict.function, ==, "match");
	expect_sentence(diff,
			"^sessions stay open .* blocked while threads run match \\(demo\\) for "
			"sessions \"attack\"$");
}

/* ---- not comparable ---- */

static void named_run(struct writer *writer, uint32_t seed, const char *prefix)
{
	writer_init(writer, seed);
	for (int i = 0; i < 20; i++) {
		begin(writer, "");
		for (int f = 0; f < 8; f++) {
			g_autofree char *name = g_strdup_printf("%s_%d", prefix, f);

			run(writer, name, 20 * US);
		}
		end(writer);
	}
}

static void test_other_server(void)
{
	struct writer a, b;

	named_run(&a, 1, "lighttpd");
	named_run(&b, 2, "haproxy");
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_true(diff->verdict.refused);
	g_assert_null(diff->verdict.function);
	expect_sentence(diff,
			"^no verdict: the sides are different servers: of 8 and 8 functions 0 "
			"have the same name$");
}

static void test_refused(void)
{
	struct writer a, b;
	struct fdar_diff_options options = { .refusal = "they were recorded differently" };

	named_run(&a, 1, "x");
	named_run(&b, 2, "x");
	g_autoptr(fdar_diff) diff = compare_with(&a, &b, &options);
	g_assert_true(diff->verdict.refused);
	g_assert_cmpstr(diff->verdict.sentence, ==, "no verdict: they were recorded differently");
}

static void test_nothing_measured(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 20; i++) {
			begin(&side[s], "");
			pass(&side[s], 50 * US);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_true(diff->verdict.refused);
	expect_sentence(diff, "^no verdict: what threads did for sessions was not recorded: 0 ns");
}

/* What the trace says against itself keeps the confidence down, and why is said. */
static void test_bad_recordings(void)
{
	static const char *const doubts[] = { "the recorder was killed", NULL };
	struct fdar_diff_options options = { .doubts = doubts };

	for (int damage = 0; damage < 3; damage++) {
		g_autoptr(fdar_profile) before = moody_run(1, 1, 1);
		g_autoptr(fdar_profile) after = moody_run(2, 1, 30);

		after->losses.damaged = damage == 1;
		after->losses.packets_lost = damage == 2;
		g_autoptr(fdar_diff) diff =
			fdar_diff_new(before, after, damage ? NULL : &options, NULL);
		g_assert_cmpstr(diff->verdict.function, ==, "f5");
		g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
		expect_reason(diff, damage == 0 ? "the recorder was killed"
				    : damage == 1
					    ? "the trace of the subject is damaged"
					    : "packets of events of the subject were lost: 1");
	}
	g_autoptr(fdar_profile) before = moody_run(1, 1, 1);
	g_autoptr(fdar_profile) after = moody_run(2, 1, 30);
	g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, NULL, NULL);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_HIGH);
	expect_reason(diff, "^30 against 30 sessions, and ");
}

/* ---- the price of recording ---- */

static void tiny_calls(struct writer *writer, uint32_t seed, int steps)
{
	writer_init(writer, seed);
	for (int i = 0; i < 10; i++) {
		begin(writer, "");
		run(writer, "parse", 100 * US);
		run(writer, "answer", 200 * US);
		say(writer, "+hash_many");
		for (int step = 0; step < steps; step++) {
			/* 25 ns of it are seen in the call, 25 in its caller; one is true. */
			writer->now += 25;
			say(writer, "+hash_step");
			writer->now += 26;
			say(writer, "-hash_step");
		}
		say(writer, "-hash_many");
		end(writer);
	}
}

static void test_price(void)
{
	struct writer a, b;

	tiny_calls(&a, 1, 100);
	tiny_calls(&b, 2, 1000);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	/* 900 more calls: 46 us were seen, 1 was true. */
	g_assert_cmpfloat(diff->subject.price_ns, >, 45 * US);
	g_assert_cmpfloat(row_of(diff, "hash_many", NULL)->added_ns, <, 3 * US);
	g_assert_true(!diff->verdict.function || diff->verdict.counted ||
		      diff->verdict.confidence == FDAR_CONFIDENCE_LOW);
	expect_hint(
		diff,
		"^recording itself took .* us of a session, .* us in the baseline: taken out, by "
		"the shortest calls: nobody measured it$");
}

/* The same server and load, of which one side has no calls of the tiny function: what they cost is in
 * their caller's time on the other side only. */
static void test_price_of_folded(void)
{
	static const char *const folded[] = { "hash_step", NULL };
	struct writer all;
	struct fdar_profile *side[2];

	tiny_calls(&all, 1, 1000);
	side[1] = script_profile_as(all.text->str, FDAR_UNIT_SESSION, folded);
	g_string_free(all.text, TRUE);
	g_rand_free(all.rand);
	struct writer without;
	writer_init(&without, 2);
	for (int i = 0; i < 10; i++) {
		begin(&without, "");
		run(&without, "parse", 100 * US);
		run(&without, "answer", 200 * US);
		run(&without, "hash_many", 1 * US);
		end(&without);
	}
	side[0] = profile_of(&without);
	for (int subject = 0; subject < 2; subject++) {
		struct fdar_diff_options options = { 0 };

		options.price[subject] = (struct fdar_profile_price){ 25, 25, 0 };
		g_autoptr(fdar_diff) diff =
			fdar_diff_new(side[!subject], side[subject], &options, NULL);
		g_assert_null(diff->verdict.function);
		g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_NONE);
		g_assert_cmpfloat(fabs(diff->added_ns), <, 20 * US);
		const struct fdar_diff_row *many = row_of(diff, "hash_many", NULL);
		g_assert_cmpfloat(fabs(many->added_ns), <, 1.5 * US);
	}
	fdar_profile_free(side[0]);
	fdar_profile_free(side[1]);
}

/* The price that is taken out is a mean, and calls paid a fifth more than it: what is left is nobody's. One
 * that really takes longer is named, though its calls have a price, too; low, where that varies by as much. */
static void test_price_is_off(void)
{
	struct writer a, b, longer;
	struct fdar_diff_options options = { .price = { { 21, 21, 0 }, { 21, 21, 0 } } };

	tiny_calls(&a, 1, 0);
	tiny_calls(&b, 2, 20000);
	g_autoptr(fdar_diff) off = compare_with(&a, &b, &options);
	g_assert_cmpfloat(row_of(off, "hash_many", NULL)->added_ns, >, 79 * US);
	g_assert_true(!off->verdict.function || off->verdict.counted);

	tiny_calls(&b, 2, 1000);
	writer_init(&longer, 3);
	for (int i = 0; i < 10; i++) {
		begin(&longer, "");
		run(&longer, "parse", 100 * US);
		run(&longer, "answer", 200 * US);
		run(&longer, "hash_many", 700 * US);
		for (int step = 0; step < 1000; step++) {
			say(&longer, "+hash_step");
			longer.now += 26;
			say(&longer, "-hash_step");
		}
		end(&longer);
	}
	g_autoptr(fdar_diff) named = compare_with(&b, &longer, &options);
	g_assert_cmpstr(named->verdict.function, ==, "hash_many");
	g_assert_cmpint(named->verdict.confidence, !=, FDAR_CONFIDENCE_LOW);
}

/* Nor is it said to have most of what was added, where its calls are folded and not counted. */
static void test_price_is_most(void)
{
	static const char *const folded[] = { "hash_step", NULL };
	const struct fdar_diff_options options = { .price = { { 21, 21, 0 }, { 21, 21, 0 } } };
	struct fdar_profile *side[2];

	for (int s = 0; s < 2; s++) {
		struct writer writer;

		tiny_calls(&writer, (uint32_t)s + 1, s ? 20000 : 100);
		side[s] = script_profile_as(writer.text->str, FDAR_UNIT_SESSION, folded);
		g_string_free(writer.text, TRUE);
		g_rand_free(writer.rand);
	}
	g_autoptr(fdar_diff) diff = fdar_diff_new(side[0], side[1], &options, NULL);
	g_assert_null(diff->verdict.function);
	g_assert_null(strstr(diff->verdict.sentence, "hash_many"));
	fdar_profile_free(side[0]);
	fdar_profile_free(side[1]);
}

/* Calls that are a part of each side, and an answer that takes twice as long: what is left of it is more than
 * the price, but the price varied by as much. */
static void test_price_varies(void)
{
	for (int varies = 0; varies < 2; varies++) {
		struct writer writers[2];
		double spread = varies ? 40 : 1;
		struct fdar_diff_options options = { .price = { { 20, 20, spread },
								{ 20, 20, spread } } };

		for (int side = 0; side < 2; side++) {
			writer_init(&writers[side], (uint32_t)side + 1);
			for (int i = 0; i < 10; i++) {
				begin(&writers[side], "");
				run(&writers[side], "parse", 100 * US);
				say(&writers[side], "+answer");
				writers[side].now += (side ? 400 : 100) * US;
				for (int step = 0; step < 10000; step++) {
					writers[side].now += 20;
					say(&writers[side], "+hash_step");
					writers[side].now += 20;
					say(&writers[side], "-hash_step");
				}
				say(&writers[side], "-answer");
				end(&writers[side]);
			}
		}
		g_autoptr(fdar_diff) diff = compare_with(&writers[0], &writers[1], &options);
		g_assert_cmpstr(diff->verdict.function, ==, "answer");
		g_assert_cmpint(diff->verdict.confidence == FDAR_CONFIDENCE_LOW, ==, varies);
	}
}

/* The same server and load, of which one side's price was measured and the other's is not known but for a bound
 * (recorded by an older build, say): what these differ by is nobody's, also where the subject is a bit slower. */
static void test_price_of_one_side(void)
{
	for (int measured = 0; measured < 2; measured++) {
		struct fdar_profile *side[2];

		for (int s = 0; s < 2; s++) {
			struct writer writer;

			writer_init(&writer, (uint32_t)s + 1);
			for (int i = 0; i < 10; i++) {
				begin(&writer, "");
				run(&writer, "parse", 100 * US);
				say(&writer, "+answer");
				writer.now += (s ? 315 : 300) * US;
				for (int step = 0; step < 2000; step++) {
					writer.now += 100;
					say(&writer, "+hash_step");
					writer.now += 140;
					say(&writer, "-hash_step");
				}
				say(&writer, "-answer");
				end(&writer);
			}
			side[s] = profile_of(&writer);
		}
		side[measured]->price_measured = 10;
		side[measured]->price_inner_ps = UINT64_C(10) * 20000;
		side[measured]->price_outer_ps = UINT64_C(10) * 45000;
		side[measured]->price_spread_ps = UINT64_C(10) * 2000;
		g_autoptr(fdar_diff) diff = fdar_diff_new(side[0], side[1], NULL, NULL);
		g_assert_null(diff->verdict.function);
		g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_NONE);
		g_assert_cmpfloat(fabs(row_of(diff, "answer", NULL)->added_ns), <, 50 * US);
		expect_hint(diff, measured ? "taken out, .*: nobody measured it in the baseline$"
					   : "taken out, .*: nobody measured it in the subject$");
		fdar_profile_free(side[0]);
		fdar_profile_free(side[1]);
	}
}

/* As many calls on both sides, of which those of the subject paid 0.4 more than was measured, on a fuller
 * machine: who makes them is not named but at low confidence. One that really takes longer is. */
static void test_price_is_off_on_one_side(void)
{
	for (int longer = 0; longer < 2; longer++) {
		struct fdar_profile *runs[6];

		for (uint32_t r = 0; r < 6; r++) {
			struct writer writer;

			writer_init(&writer, r + 1);
			for (int i = 0; i < 6; i++) {
				begin(&writer, "");
				say(&writer, "+answer");
				writer.now += (r >= 3 && longer ? 900 : 30) * US;
				for (int step = 0; step < 2000; step++) {
					writer.now += r >= 3 && !longer ? 71 : 45;
					say(&writer, "+hash_step");
					writer.now += 20;
					say(&writer, "-hash_step");
				}
				say(&writer, "-answer");
				end(&writer);
			}
			runs[r] = profile_of(&writer);
			runs[r]->price_measured = 10;
			runs[r]->price_inner_ps = UINT64_C(10) * 20000;
			runs[r]->price_outer_ps = UINT64_C(10) * 45000;
			runs[r]->price_spread_ps = UINT64_C(10) * 2000;
		}
		g_autoptr(fdar_diff) diff = compare_runs(runs, 3, 3);
		g_assert_true(!diff->verdict.function ||
			      (diff->verdict.confidence == FDAR_CONFIDENCE_LOW) == !longer);
		for (uint32_t r = 0; r < 6; r++)
			fdar_profile_free(runs[r]);
	}
}

/* A tiny function that is new: its time is the price of its calls, and its calls are told all the same. */
static void test_price_of_new(void)
{
	struct writer a, b;
	struct fdar_diff_options options = { .price = { { 25, 25, 0 }, { 25, 25, 0 } } };

	tiny_calls(&a, 1, 0);
	tiny_calls(&b, 2, 150);
	g_autoptr(fdar_diff) diff = compare_with(&a, &b, &options);
	g_assert_null(diff->verdict.function);
	g_assert_cmpuint(diff->recounted_count, ==, 1);
	g_assert_cmpstr(diff->rows[diff->recounted[0]].function, ==, "hash_step");
}

enum { PRICED = 60 };

/* Sessions in which a tiny function is called over and over. far_out: in so many of them it is kept for 2 ms. */
static struct fdar_profile *priced_run(uint32_t seed, double call_ns, int far_out)
{
	struct writer writer;

	writer_init(&writer, seed);
	writer.spacing = 5 * MS;
	for (int i = 0; i < PRICED; i++) {
		begin(&writer, "");
		run(&writer, "parse", 300 * US);
		run(&writer, "answer", 600 * US);
		for (int k = 0; k < 20; k++)
			run(&writer, "work_part", call_ns);
		if (far_out && i % (PRICED / far_out) == 1)
			run(&writer, "work_part", 2 * MS);
		end(&writer);
	}
	return profile_of(&writer);
}

/* What is left of it is nothing, or about that: so many times nothing is no shift, where it is a fourth longer
 * with its price. Whoever takes many times its price is named. */
static void test_price_leaves_nothing(void)
{
	for (uint32_t seed = 1; seed <= 40; seed++) {
		g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
		double call_ns = g_rand_double_range(rand, 100, 400);
		double more = g_rand_double_range(rand, 1.2, 1.4);
		double price_ns = call_ns * g_rand_double_range(rand, 0.8, more);
		struct fdar_diff_options options = { .price = { { price_ns, 40, 0 },
								{ price_ns, 40, 0 } } };
		g_autoptr(fdar_profile) before = priced_run(2 * seed, call_ns, 0);
		g_autoptr(fdar_profile) after = priced_run(2 * seed + 1, call_ns * more, 4);
		g_autoptr(fdar_profile) longer = priced_run(2 * seed + 1, call_ns + 20 * US, 0);
		g_autoptr(fdar_diff) alike = fdar_diff_new(before, after, &options, NULL);
		g_autoptr(fdar_diff) named = fdar_diff_new(before, longer, &options, NULL);

		g_assert_true(row_of(alike, "work_part", NULL)->test.delta > 0.8);
		g_assert_null(alike->verdict.function);
		g_assert_cmpstr(named->verdict.function, ==, "work_part");
	}
}

/* All sessions run a tiny function for a microsecond longer, which is evident, and some were kept in it, which is
 * much: neither is both. Where as many as no chance makes are, these are told. */
static void test_little_and_few(void)
{
	for (uint32_t seed = 1; seed <= 20; seed++) {
		g_autoptr(fdar_profile) before = priced_run(2 * seed, 100, 0);
		g_autoptr(fdar_profile) after = priced_run(2 * seed + 1, 200, 6);
		g_autoptr(fdar_profile) many = priced_run(2 * seed + 1, 200, 20);
		g_autoptr(fdar_diff) few = fdar_diff_new(before, after, NULL, NULL);
		g_autoptr(fdar_diff) named = fdar_diff_new(before, many, NULL, NULL);

		g_assert_cmpfloat(row_of(few, "work_part", NULL)->ratio_median, >, 1.5);
		g_assert_null(few->verdict.function);
		g_assert_cmpstr(named->verdict.function, ==, "work_part");
	}
}

/* ---- counts are evidence ---- */

enum { MANY = 60 };

/* Sessions of many functions, whose times vary by a third from session to session. */
static void busy_session(struct writer *writer, int digests, const char *const *added, double part)
{
	begin(writer, "");
	say(writer, "+handle");
	for (int f = 0; f < MANY; f++) {
		char name[8];

		g_snprintf(name, sizeof(name), "f%d", f);
		run(writer, name, 5 * US * g_rand_double_range(writer->rand, 0.7, 1.4));
	}
	for (int i = 0; i < digests; i++)
		run(writer, "digest", 1 * US);
	for (; added && *added; added++)
		run(writer, *added, part * MANY * 5 * US);
	say(writer, "-handle");
	end(writer);
}

static void busy_run(struct writer *writer, uint32_t seed, int sessions, int digests,
		     const char *const *added, double part)
{
	writer_init(writer, seed);
	for (int i = 0; i < sessions; i++)
		busy_session(writer, digests, added, part);
}

static void test_one_call_more(void)
{
	struct writer a, b;

	busy_run(&a, 1, 30, 1, NULL, 0);
	busy_run(&b, 2, 30, 2, NULL, 0);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_cmpstr(diff->verdict.function, ==, "digest");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_CALLS);
	g_assert_true(diff->verdict.counted);
	expect_sentence(diff,
			"^digest \\(demo\\) is called 2 times per session instead of once: about "
			"(9\\d\\d ns|1\\.\\d* us) more, 0\\.\\d* % of what they run for$");
	g_assert_cmpuint(diff->recounted_count, ==, 1);
	busy_run(&a, 3, 30, 1, NULL, 0);
	busy_run(&b, 4, 30, 1, NULL, 0);
	g_autoptr(fdar_diff) same = compare(&a, &b);
	g_assert_null(same->verdict.function);
	g_assert_cmpuint(same->recounted_count, ==, 0);
}

/* Calls that vary within a run, as those of timers do, are no evidence. */
static void test_timers(void)
{
	for (uint32_t seed = 0; seed < 10; seed++) {
		struct writer side[2];

		for (uint32_t s = 0; s < 2; s++) {
			writer_init(&side[s], 2 * seed + s);
			for (int i = 0; i < 30; i++)
				busy_session(&side[s], g_rand_int_range(side[s].rand, 0, 6), NULL,
					     0);
		}
		g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
		g_assert_null(diff->verdict.function);
	}
}

/* A release that is a tenth slower, by three functions that are new. */
static void test_new_work(void)
{
	static const char *const added[] = { "audit", "scan", "escape", NULL };
	struct writer a, b;

	busy_run(&a, 1, 40, 1, NULL, 0);
	busy_run(&b, 2, 40, 1, added, 0.034);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	for (int i = 0; added[i]; i++) {
		gboolean early = FALSE;

		for (uint32_t row = 0; row < 5; row++)
			early |= g_str_equal(diff->rows[row].function, added[i]);
		g_assert_true(early);
		g_assert_nonnull(strstr(diff->verdict.sentence, added[i]));
	}
}

/* ---- "no difference" is never said where there is one ---- */

static void test_spread(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			for (int f = 0; f < MANY; f++) {
				char name[8];

				g_snprintf(name, sizeof(name), "f%d", f);
				run(&side[s], name, s && f % 2 ? 7 * US : 5 * US);
			}
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_SPREAD);
	g_assert_null(diff->verdict.function);
	expect_sentence(diff, "^sessions take 1.2x longer, and no function stands out: ");
}

/* ---- work that no session owns ---- */

static void test_unowned(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		g_autoptr(GString) server = g_string_new("900A 0 +main");

		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 20; i++) {
			gint64 at = i * 10 * MS;

			begin(&side[s], "");
			run(&side[s], "read_command", 20 * US);
			end(&side[s]);
			g_string_append_printf(server,
					       " %" G_GINT64_FORMAT " +execute %" G_GINT64_FORMAT
					       " -execute",
					       at + 100, at + 100 + (s ? 5 * MS : 20 * US));
		}
		g_string_append_printf(server, " %d -main\n", 300 * MS);
		g_string_append(side[s].text, server->str);
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "execute");
	g_assert_true(diff->verdict.server);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	expect_sentence(diff,
			"^execute \\(demo\\) runs .*x longer outside of sessions, per session: ");
}

/* A loop around the work, once a run, is no culprit, however long it spins. */
static void test_unowned_loop(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 20; i++) {
			begin(&side[s], "");
			run(&side[s], "read_command", 20 * US);
			end(&side[s]);
		}
		g_string_append_printf(side[s].text, "900A 0 +main %d -main\n",
				       s ? 90 * MS : 2 * MS);
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_null(diff->verdict.function);
}

/* A sleep of a millisecond, beside clients that think for a second: it is no client's. */
static void test_sleep_among_thoughts(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 30; i++) {
			begin(&side[s], "");
			say(&side[s], "wait:IO:recv");
			pass(&side[s], MS * pow(1000, g_rand_double(side[s].rand)));
			say(&side[s], "w");
			run(&side[s], "parse", 60 * US);
			say(&side[s], "+look_up");
			pass(&side[s], 20 * US);
			say(&side[s], "wait:SLEEP:nanosleep");
			pass(&side[s], s ? 1 * MS : 50 * US);
			say(&side[s], "w");
			say(&side[s], "-look_up");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "look_up");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_WAITING);
}

/* ---- waiting for a processor looks like running ---- */

static void test_full_machine(void)
{
	static const struct {
		double factor, pressure;
		enum fdar_confidence confidence;
	} cases[] = {
		{ 30, 0.1, FDAR_CONFIDENCE_HIGH },
		{ 30, 0.9, FDAR_CONFIDENCE_LOW },
		{ 2.5, 0.9, FDAR_CONFIDENCE_LOW },
		{ 400, 0.9, FDAR_CONFIDENCE_MEDIUM },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fdar_diff_options options = { .pressure = cases[i].pressure };
		g_autoptr(fdar_profile) before = moody_run(1, 1, 1);
		g_autoptr(fdar_profile) after = moody_run(2, 1, cases[i].factor);
		g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, &options, NULL);

		g_assert_cmpstr(diff->verdict.function, ==, "f5");
		g_assert_cmpint(diff->verdict.confidence, ==, cases[i].confidence);
		if (cases[i].pressure > 0.5)
			expect_reason(
				diff,
				"^the machine was full: somebody waited for a processor in 90 %");
	}
}

/* Both sides say when threads were off the processor: what runs is processor time. */
static void test_full_and_known(void)
{
	static const struct {
		double factor;
		gboolean both;
		enum fdar_confidence confidence;
	} cases[] = {
		{ 30, TRUE, FDAR_CONFIDENCE_HIGH },
		{ 2.5, TRUE, FDAR_CONFIDENCE_MEDIUM },
		{ 30, FALSE, FDAR_CONFIDENCE_LOW },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fdar_diff_options options = { .pressure = 0.9 };
		g_autoptr(fdar_profile) before = moody_run(1, 1, 1);
		g_autoptr(fdar_profile) after = moody_run(2, 1, cases[i].factor);

		before->watched = cases[i].both ? before->processes : before->processes - 1;
		after->watched = after->processes;
		g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, &options, NULL);
		g_assert_cmpstr(diff->verdict.function, ==, "f5");
		g_assert_cmpint(diff->verdict.confidence, ==, cases[i].confidence);
	}
}

/* Sessions in whose function the thread is off the processor for so long, as enum fdar_off_cpu says. */
static void kept_run(struct writer *writer, uint32_t seed, int why, double kept_ns)
{
	writer_init(writer, seed);
	writer->spacing = 10 * MS;
	for (int i = 0; i < 40; i++) {
		g_autofree char *kept = g_strdup_printf("cpu:%d:%.0f", why, kept_ns);

		begin(writer, "");
		say(writer, "+serve");
		run(writer, "parse", 50 * US);
		say(writer, "+match");
		pass(writer, 60 * US);
		writer->now += (gint64)kept_ns;
		say(writer, kept);
		say(writer, "-match");
		say(writer, "-serve");
		end(writer);
	}
}

static void test_kept_from_it(void)
{
	struct writer a, b;

	kept_run(&a, 1, 1, 1 * US);
	kept_run(&b, 2, 1, 400 * US);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_SPREAD);
	g_assert_null(diff->verdict.function);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	g_assert_nonnull(strstr(diff->verdict.sentence, "mostly waiting for a processor"));
}

/* It waits by itself, and in nothing that anybody watches: what for is a guess, however plain it is. */
static void test_unwatched_wait(void)
{
	struct writer a, b;

	kept_run(&a, 1, 2, 20 * US);
	kept_run(&b, 2, 2, 2000 * US);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_WAITING);
	g_assert_cmpstr(diff->verdict.function, ==, "match");
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_MEDIUM);
	expect_reason(diff, "^match was off the processor in no call that is watched");
}

/* ---- words ---- */

/* The wait is new; the function is not. */
static void test_new_wait(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 20; i++) {
			begin(&side[s], "");
			say(&side[s], "+look_up");
			pass(&side[s], 20 * US);
			if (s) {
				say(&side[s], "wait:SLEEP:nanosleep");
				pass(&side[s], 650 * US);
				say(&side[s], "w");
			}
			say(&side[s], "-look_up");
			run(&side[s], "answer", 100 * US);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "look_up");
	g_assert_cmpint(diff->verdict.presence, ==, FDAR_IN_BOTH);
	expect_sentence(diff, "^look_up \\(demo\\) waits for .* us per session, in nanosleep, from "
			      "nothing: it does not wait in the baseline, ");
	g_assert_null(strstr(diff->verdict.sentence, "never called"));
}

/* Less than a function is named for, and no chance: the sentence does not say that there is nothing above a row
 * that has nearly all of it. */
static void test_nearly_named(void)
{
	static const struct {
		double factor;
		const char *sentence;
	} cases[] = {
		{ 1.05,
		  "^no clear difference: sessions take .*; work \\(demo\\) runs [5-9] % longer, " },
		{ 1.45, "^sessions take 1?[0-9] % longer, most of it in one function: .*; work "
			"\\(demo\\) runs 1\\.[45]x longer, 9[0-9] % of what was added" },
		{ 1, "^no difference found: sessions take [^;]*$" },
	};

	for (guint k = 0; k < G_N_ELEMENTS(cases); k++) {
		struct writer side[2];

		for (int s = 0; s < 2; s++) {
			writer_init(&side[s], (uint32_t)s + 1);
			side[s].spacing = 10 * MS;
			for (int i = 0; i < 60; i++) {
				begin(&side[s], "");
				run(&side[s], "parse", 200 * US);
				run(&side[s], "work", (s ? cases[k].factor : 1) * 100 * US);
				run(&side[s], "answer", 200 * US);
				end(&side[s]);
			}
		}
		g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
		g_assert_null(diff->verdict.function);
		expect_sentence(diff, cases[k].sentence);
		if (diff->verdict.change == FDAR_CHANGE_SPREAD) {
			g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
			g_assert_nonnull(strstr(diff->verdict.reason, "most of it is in one"));
		}
	}
}

/* ---- sensitivity ---- */

/* One function of many takes more, in some of the sessions. */
static void slow_part(struct writer *writer, uint32_t seed, int sessions, double part, double ns)
{
	writer_init(writer, seed);
	for (int i = 0; i < sessions; i++) {
		gboolean hit = (i * 37) % 100 < 100 * part;

		begin(writer, "");
		for (int f = 0; f < MANY; f++) {
			char name[8];

			g_snprintf(name, sizeof(name), "f%d", f);
			run(writer, name, 5 * US + (hit && f == 7 ? ns : 0));
		}
		end(writer);
	}
}

/* A tenth of the time of all sessions; as much again in 30 % of 100 sessions. */
static void test_sensitivity(void)
{
	for (uint32_t seed = 0; seed < 10; seed++) {
		struct writer a, b;

		slow_part(&a, 2 * seed, 40, 0, 0);
		slow_part(&b, 2 * seed + 1, 40, 1, 0.1 * MANY * 5 * US);
		g_autoptr(fdar_diff) tenth = compare(&a, &b);
		g_assert_cmpstr(tenth->verdict.function, ==, "f7");
		slow_part(&a, 100 + 2 * seed, 100, 0, 0);
		slow_part(&b, 101 + 2 * seed, 100, 0.3, MANY * 5 * US);
		g_autoptr(fdar_diff) doubled = compare(&a, &b);
		g_assert_cmpstr(doubled->verdict.function, ==, "f7");
	}
}

/* ---- off the processor: told or not, by whom ---- */

/* A function stores, and is off the processor meanwhile, by a call that nobody watches; told: its process
 * says so. */
static void storing_run(struct writer *writer, uint32_t seed, double off_ns, gboolean told)
{
	writer_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < 40; i++) {
		g_autofree char *off = g_strdup_printf("cpu:2:%.0f", off_ns);

		begin(writer, "");
		say(writer, told ? "cpu:0:0" : "note:old:");
		run(writer, "parse", 50 * US);
		say(writer, "+store");
		pass(writer, 60 * US);
		writer->now += (gint64)off_ns;
		if (told)
			say(writer, off);
		say(writer, "-store");
		end(writer);
	}
}

/* An old recording against a new one of the same server: what the one has as running, waits in the other. */
static void test_told_by_one_side(void)
{
	static const struct {
		gboolean before, after;
	} cases[] = { { TRUE, FALSE }, { FALSE, TRUE } };

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct writer a, b;

		storing_run(&a, 1, 5 * MS, cases[i].before);
		storing_run(&b, 2, 5 * MS, cases[i].after);
		g_autoptr(fdar_diff) diff = compare(&a, &b);
		g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
		expect_reason(diff, "tells when threads were off the processor, the ");
	}
}

/* Ten times what the telling side was off for: that is not why. But not both sides are measured alike. */
static void test_told_by_one_side_and_longer(void)
{
	struct writer a, b;

	storing_run(&a, 1, 50 * US, TRUE);
	storing_run(&b, 2, 5 * MS, FALSE);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_cmpstr(diff->verdict.function, ==, "store");
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_MEDIUM);
	expect_reason(diff, "tells when threads were off the processor, the ");

	/* Both tell: then it is known that it waits, and not what for. */
	storing_run(&a, 1, 50 * US, TRUE);
	storing_run(&b, 2, 5 * MS, TRUE);
	g_autoptr(fdar_diff) told = compare(&a, &b);
	g_assert_cmpstr(told->verdict.function, ==, "store");
	g_assert_cmpint(told->verdict.confidence, ==, FDAR_CONFIDENCE_MEDIUM);
	expect_reason(told, "^store was off the processor in no call that is watched");
}

/* Sleeps of a full machine end when there is a processor; one that is new is none of its doing. */
static void test_sleep_on_full(void)
{
	for (int fresh = 0; fresh < 2; fresh++) {
		struct fdar_diff_options options = { .pressure = 0.9 };
		struct writer side[2];

		for (int s = 0; s < 2; s++) {
			writer_init(&side[s], (uint32_t)s);
			for (int i = 0; i < 40; i++) {
				begin(&side[s], "");
				say(&side[s], "+work");
				pass(&side[s], 200 * US);
				if (s || !fresh) {
					say(&side[s], "wait:SLEEP:usleep");
					pass(&side[s], s ? 9 * MS : 100 * US);
					say(&side[s], "w");
				}
				say(&side[s], "-work");
				end(&side[s]);
			}
		}
		g_autoptr(fdar_diff) diff = compare_with(&side[0], &side[1], &options);
		g_assert_cmpstr(diff->verdict.function, ==, "work");
		g_assert_cmpint(diff->verdict.confidence, ==,
				fresh ? FDAR_CONFIDENCE_HIGH : FDAR_CONFIDENCE_MEDIUM);
	}
}

/* Five functions wait for a lock, none of them by half: the one around them is named, and who has the lock is
 * not in it either. */
static void test_locks_below(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		side[s].spacing = 10 * MS;
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			say(&side[s], "+handler");
			for (int f = 0; f < 5; f++) {
				g_autofree char *in = g_strdup_printf("+f%d", f);
				g_autofree char *out = g_strdup_printf("-f%d", f);

				say(&side[s], in);
				pass(&side[s], 50 * US);
				say(&side[s], "wait:LOCK:mutex");
				pass(&side[s], s ? 5 * MS : 50 * US);
				say(&side[s], "w");
				say(&side[s], out);
			}
			say(&side[s], "-handler");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "handler");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_WAITING);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_MEDIUM);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/verdict/context", test_context);
	g_test_add_func("/verdict/faster-with-hiccup", test_faster_with_hiccup);
	g_test_add_func("/verdict/row-has-a-direction", test_row_has_a_direction);
	g_test_add_func("/verdict/runs", test_runs);
	g_test_add_func("/verdict/runs-apart", test_runs_apart);
	g_test_add_func("/verdict/runs-many", test_runs_many);
	g_test_add_func("/verdict/more-requests", test_more_requests);
	g_test_add_func("/verdict/other-pace", test_other_pace);
	g_test_add_func("/verdict/held-at-other-pace", test_held_at_other_pace);
	g_test_add_func("/verdict/beyond-pace", test_beyond_pace);
	g_test_add_func("/verdict/transfers", test_transfers);
	g_test_add_func("/verdict/wakers", test_wakers);
	g_test_add_func("/verdict/slow-clients", test_slow_clients);
	g_test_add_func("/verdict/slow-or-missing", test_slow_or_missing);
	g_test_add_func("/verdict/blind", test_blind);
	g_test_add_func("/verdict/blocked", test_blocked);
	g_test_add_func("/verdict/other-server", test_other_server);
	g_test_add_func("/verdict/refused", test_refused);
	g_test_add_func("/verdict/nothing-measured", test_nothing_measured);
	g_test_add_func("/verdict/bad-recordings", test_bad_recordings);
	g_test_add_func("/verdict/price", test_price);
	g_test_add_func("/verdict/price-of-folded", test_price_of_folded);
	g_test_add_func("/verdict/price-of-new", test_price_of_new);
	g_test_add_func("/verdict/price-of-one-side", test_price_of_one_side);
	g_test_add_func("/verdict/price-is-off", test_price_is_off);
	g_test_add_func("/verdict/price-is-most", test_price_is_most);
	g_test_add_func("/verdict/price-is-off-on-one-side", test_price_is_off_on_one_side);
	g_test_add_func("/verdict/price-varies", test_price_varies);
	g_test_add_func("/verdict/price-leaves-nothing", test_price_leaves_nothing);
	g_test_add_func("/verdict/little-and-few", test_little_and_few);
	g_test_add_func("/verdict/one-call-more", test_one_call_more);
	g_test_add_func("/verdict/timers", test_timers);
	g_test_add_func("/verdict/new-work", test_new_work);
	g_test_add_func("/verdict/spread", test_spread);
	g_test_add_func("/verdict/unowned", test_unowned);
	g_test_add_func("/verdict/unowned-loop", test_unowned_loop);
	g_test_add_func("/verdict/sleep-among-thoughts", test_sleep_among_thoughts);
	g_test_add_func("/verdict/full-machine", test_full_machine);
	g_test_add_func("/verdict/full-and-known", test_full_and_known);
	g_test_add_func("/verdict/kept-from-the-processor", test_kept_from_it);
	g_test_add_func("/verdict/unwatched-wait", test_unwatched_wait);
	g_test_add_func("/verdict/new-wait", test_new_wait);
	g_test_add_func("/verdict/nearly-named", test_nearly_named);
	g_test_add_func("/verdict/sensitivity", test_sensitivity);
	g_test_add_func("/verdict/told-by-one-side", test_told_by_one_side);
	g_test_add_func("/verdict/told-by-one-side-and-longer", test_told_by_one_side_and_longer);
	g_test_add_func("/verdict/sleep-on-full", test_sleep_on_full);
	g_test_add_func("/verdict/locks-below", test_locks_below);
	return g_test_run();
}
