/* Who is to blame: attacks whose culprit is known, and runs that do not differ. */
#include "tests/unit/kit/diff_script.h"

static void plain_session(struct writer *writer, double factor)
{
	begin(writer, "");
	say(writer, "+handle");
	pass(writer, 20 * US * factor);
	run(writer, "parse", 100 * US * factor);
	run(writer, "answer", 300 * US * factor);
	say(writer, "+send");
	say(writer, "wait:IO:send");
	pass(writer, 80 * US * factor);
	say(writer, "w");
	pass(writer, 10 * US * factor);
	say(writer, "-send");
	say(writer, "-handle");
	end(writer);
}

static void plain_run(struct writer *writer, uint32_t seed, int sessions, double factor)
{
	writer_init(writer, seed);
	for (int i = 0; i < sessions; i++)
		plain_session(writer, factor);
}

static void test_same(void)
{
	struct writer a, b;

	plain_run(&a, 1, 30, 1);
	plain_run(&b, 1, 30, 1);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_NONE);
	g_assert_null(diff->verdict.function);
	expect_sentence(diff, "^no difference found");
	for (uint32_t i = 0; i < diff->row_count; i++) {
		g_assert_cmpfloat(diff->rows[i].ratio, ==, 1);
		g_assert_cmpfloat(diff->rows[i].share, ==, 0);
		g_assert_cmpfloat(diff->rows[i].test.p, ==, 1);
		g_assert_cmpint(diff->rows[i].change, ==, FDAR_CHANGE_NONE);
		g_assert_cmpint(diff->rows[i].presence, ==, FDAR_IN_BOTH);
	}
}

/* Two runs of the same load, with a hiccup of 20 times now and then: no culprit, ever. */
static void test_no_false_culprit(void)
{
	for (uint32_t seed = 0; seed < 60; seed++) {
		struct writer side[2];
		int sessions = (int[]){ 1, 2, 5, 30 }[seed % 4];

		for (uint32_t s = 0; s < 2; s++) {
			writer_init(&side[s], 100 + 2 * seed + s);
			for (int i = 0; i < sessions; i++) {
				gboolean hiccup =
					sessions > 2 && g_rand_double(side[s].rand) < 0.03;

				plain_session(&side[s], hiccup ? 20 : 1);
			}
		}
		g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
		g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_NONE);
	}
}

/* A backtracking matcher: match > here > (star > here...), each step with a small helper. */
static void match_here(struct writer *writer, int depth)
{
	say(writer, "+here");
	pass(writer, 2 * US);
	run(writer, "is_char", 2 * US);
	if (depth > 0) {
		say(writer, "+star");
		pass(writer, 2 * US);
		match_here(writer, depth - 1);
		match_here(writer, depth - 1);
		say(writer, "-star");
	}
	say(writer, "-here");
}

static void regex_session(struct writer *writer, const char *label, int depth)
{
	begin(writer, label);
	say(writer, "+handle");
	run(writer, "parse", 100 * US);
	say(writer, "+match");
	match_here(writer, depth);
	say(writer, "-match");
	run(writer, "answer", 300 * US);
	say(writer, "-handle");
	end(writer);
}

static void regex_run(struct writer *writer, uint32_t seed, int sessions, int depth)
{
	writer_init(writer, seed);
	for (int i = 0; i < sessions; i++)
		regex_session(writer, "", depth);
}

static void test_regex(void)
{
	struct writer a, b;

	regex_run(&a, 1, 20, 2);
	regex_run(&b, 2, 20, 9);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_cmpstr(diff->verdict.function, ==, "here");
	g_assert_cmpstr(diff->verdict.component, ==, "demo");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_RUNNING);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_HIGH);
	g_assert_cmpfloat(diff->verdict.factor, >, 100);
	g_assert_cmpfloat(diff->verdict.share, >, 0.95);
	expect_sentence(diff,
			"^here \\(demo\\) runs 1\\d\\dx longer per session: .* ms against .* us, "
			"(99|100) % of the added time$");
	g_assert_cmpuint(diff->hints->len, ==, 1);
	g_assert_nonnull(strstr(g_ptr_array_index(diff->hints, 0), "here calls itself: 1,023"));
}

/* Two functions that call each other, below a handler that in the baseline sleeps now and then. */
static void cycle_session(struct writer *writer, int deep, gboolean sleeps)
{
	begin(writer, "");
	say(writer, "+handle");
	if (sleeps) {
		say(writer, "wait:SLEEP:nanosleep");
		pass(writer, 900.0 * MS);
		say(writer, "w");
	}
	for (int i = 0; i < deep; i++) {
		say(writer, "+match_from");
		pass(writer, 10 * US);
		say(writer, "+match_split");
		pass(writer, 9 * US);
	}
	for (int i = 0; i < deep; i++) {
		say(writer, "-match_split");
		say(writer, "-match_from");
	}
	say(writer, "-handle");
	end(writer);
}

static void test_cycle(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 20; i++)
			cycle_session(&side[s], s ? 2000 : 3, !s && i % 10 == 0);
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "match_from");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_RUNNING);
	g_assert_cmpfloat(diff->verdict.share, >, 0.99);
	g_assert_cmpfloat(row_of(diff, "match_from", NULL)->share, <, 0.6);
}

/* The client's bytes come one by one, and the run ends before the session. */
static void loris_session(struct writer *writer, double wait_ns, gboolean finish)
{
	begin(writer, "");
	say(writer, "+handle");
	say(writer, "+input_filter");
	pass(writer, 20 * US);
	say(writer, "+apr_socket_recv");
	pass(writer, 5 * US);
	say(writer, "wait:IO:poll");
	pass(writer, wait_ns);
	if (!finish) {
		leave_open(writer);
		return;
	}
	say(writer, "w");
	say(writer, "-apr_socket_recv");
	say(writer, "-input_filter");
	run(writer, "answer", 300 * US);
	say(writer, "-handle");
	end(writer);
}

static void test_loris(void)
{
	struct writer a, b;

	writer_init(&a, 1);
	writer_init(&b, 2);
	for (int i = 0; i < 20; i++) {
		loris_session(&a, 50 * US, TRUE);
		loris_session(&b, 50 * MS, i % 10 == 0);
	}
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_cmpstr(diff->verdict.function, ==, "apr_socket_recv");
	g_assert_cmpstr(diff->verdict.below, ==, "poll");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_WAITING);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_HIGH);
	g_assert_cmpfloat(diff->verdict.factor, >, 900);
	expect_sentence(diff,
			"^apr_socket_recv \\(demo\\) waits .*x longer per session, in poll: .* ms "
			"against .* us, .* % of the added time; 18 of 20 sessions unfinished "
			"\\(baseline 0 of 20\\)$");
	g_assert_cmpuint(row_of(diff, "apr_socket_recv", "poll")->subject.unfinished, ==, 18);
	g_autofree char *path = fdar_diff_path(diff, diff->verdict.node, 0);
	g_assert_cmpstr(path, ==, "handle > input_filter > apr_socket_recv > poll");
	g_autofree char *end_of_path = fdar_diff_path(diff, diff->verdict.node, 2);
	g_assert_cmpstr(end_of_path, ==, "... > apr_socket_recv > poll");
}

/* Waits at many places below one function: the function, waiting. */
static void test_scattered_waits(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 20; i++) {
			begin(&side[s], "");
			say(&side[s], "+handle");
			run(&side[s], "parse", 100 * US);
			say(&side[s], "+read_all");
			for (int at = 0; at < 4; at++) {
				g_autofree char *wait = g_strdup_printf("wait:IO:w%d", at);

				say(&side[s], wait);
				pass(&side[s], s ? 5 * MS : 50 * US);
				say(&side[s], "w");
			}
			say(&side[s], "-read_all");
			say(&side[s], "-handle");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "read_all");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_WAITING);
	g_assert_cmpfloat(diff->verdict.share, >, 0.9);
	g_assert_null(diff->verdict.below);
}

static void test_more_calls(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 15; i++) {
			begin(&side[s], "");
			say(&side[s], "+connection");
			for (int request = 0; request < (s ? 50 : 2); request++) {
				say(&side[s], "+request");
				run(&side[s], "parse", 30 * US);
				run(&side[s], "stat_file", 120 * US);
				say(&side[s], "-request");
			}
			say(&side[s], "-connection");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "request");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_CALLS);
	g_assert_cmpfloat_with_epsilon(diff->verdict.factor, 25, 0.001);
	expect_sentence(diff, "^request \\(demo\\) is called 25x more often per session: ");
	g_assert_cmpint(row_of(diff, "stat_file", NULL)->change, ==, FDAR_CHANGE_CALLS);
}

static void test_queue(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 15; i++) {
			g_autofree char *put = g_strdup_printf("put:%d:jobs", i + 1);
			g_autofree char *take = g_strdup_printf("take:%d:jobs", i + 1);

			begin(&side[s], "");
			say(&side[s], put);
			pass(&side[s], s ? 9 * MS : 90 * US);
			say(&side[s], take);
			run(&side[s], "work", 200 * US);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_null(diff->verdict.function);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_QUEUEING);
	expect_sentence(diff, "^sessions stand (9|10|11)\\dx longer in the queue \"jobs\": ");
}

/* All sessions parse longer, and one of thirteen hangs: the hang has most of the added time, but may
 * be chance. It is told; what is blamed is what all of them do. */
static void test_one_stuck(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 13; i++) {
			begin(&side[s], "");
			say(&side[s], "+handle");
			run(&side[s], "parse", s ? 190 * US : 100 * US);
			say(&side[s], "wait:IO:recv");
			pass(&side[s], s && i == 6 ? 900.0 * MS : (40 + i % 5) * US);
			say(&side[s], "w");
			say(&side[s], "-handle");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "parse");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_RUNNING);
	g_assert_cmpint(diff->verdict.confidence, <, FDAR_CONFIDENCE_HIGH);
	expect_hint(diff,
		    "^1 of 13 sessions is far above the others in handle in recv, which adds ");
}

/* Threads that work longer make sessions queue: the work is to blame, however long the queue. */
static void test_queue_behind_work(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 15; i++) {
			g_autofree char *put = g_strdup_printf("put:%d:jobs", i + 1);
			g_autofree char *take = g_strdup_printf("take:%d:jobs", i + 1);

			begin(&side[s], "");
			say(&side[s], put);
			pass(&side[s], s ? 90 * MS : 90 * US);
			say(&side[s], take);
			run(&side[s], "work", s ? 20 * MS : 200 * US);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "work");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_RUNNING);
	g_assert_cmpfloat(diff->verdict.share, >, 0.99);
	g_assert_cmpfloat(row_of(diff, "jobs", NULL)->share, ==, 0);
	g_assert_true(g_str_has_prefix(diff->hints->pdata[0],
				       "sessions also stand longer in the queue \"jobs\": "));
}

/* Work that is longer by a trifle beside the queue, and threads that are kept from their processors for
 * longer (cpu): the queue stands behind both. Without the work nobody is to blame but the machine. */
static void starved_run(struct writer *writer, uint32_t seed, double queue, double work, double cpu)
{
	writer_init(writer, seed);
	for (int i = 0; i < 15; i++) {
		g_autofree char *put = g_strdup_printf("put:%d:jobs", i + 1);
		g_autofree char *take = g_strdup_printf("take:%d:jobs", i + 1);
		g_autofree char *kept = g_strdup_printf("cpu:1:%.0f", cpu);

		begin(writer, "");
		say(writer, put);
		pass(writer, queue);
		say(writer, take);
		say(writer, "+work");
		pass(writer, work);
		writer->now += (gint64)cpu;
		say(writer, kept);
		say(writer, "-work");
		end(writer);
	}
}

static void test_queue_behind_starved(void)
{
	struct writer a, b;

	starved_run(&a, 1, 90 * US, 200 * US, 1 * US);
	starved_run(&b, 2, 90 * MS, 2 * MS, 12 * MS);
	g_autoptr(fdar_diff) slower = compare(&a, &b);
	g_assert_cmpstr(slower->verdict.function, ==, "work");
	g_assert_cmpint(slower->verdict.change, ==, FDAR_CHANGE_RUNNING);
	g_assert_cmpfloat(row_of(slower, "jobs", NULL)->share, ==, 0);
	starved_run(&a, 3, 90 * US, 200 * US, 1 * US);
	starved_run(&b, 4, 90 * MS, 205 * US, 12 * MS);
	g_autoptr(fdar_diff) starved = compare(&a, &b);
	g_assert_null(starved->verdict.function);
	g_assert_cmpint(starved->verdict.change, !=, FDAR_CHANGE_QUEUEING);
	g_assert_cmpint(starved->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
}

/* Sessions that mostly wait for clients who think: 1 ms to 1 s, nobody knows how long. */
static void thinking_session(struct writer *writer, double match_ns)
{
	begin(writer, "");
	say(writer, "+connection");
	for (int request = 0; request < 3; request++) {
		say(writer, "+read");
		say(writer, "wait:IO:recv");
		pass(writer, MS * pow(1000, g_rand_double(writer->rand)));
		say(writer, "w");
		say(writer, "-read");
		run(writer, "parse", 50 * US);
		run(writer, "match", match_ns);
		run(writer, "answer", 150 * US);
	}
	say(writer, "-connection");
	end(writer);
}

static void test_thinking_clients(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 25; i++)
			thinking_session(&side[s], s ? 2 * MS : 10 * US);
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "match");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_RUNNING);
}

static void test_thinking_clients_alike(void)
{
	int found = 0;

	for (uint32_t seed = 0; seed < 200; seed++) {
		struct writer side[2];

		for (uint32_t s = 0; s < 2; s++) {
			writer_init(&side[s], 2 * seed + s);
			for (int i = 0; i < 25; i++)
				thinking_session(&side[s], 10 * US);
		}
		g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
		found += diff->verdict.function != NULL;
	}
	/* One in a hundred is what a significance level of 0.01 means. */
	g_assert_cmpint(found, <=, 4);
}

static void test_new_and_gone(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 15; i++) {
			begin(&side[s], "");
			say(&side[s], "+handle");
			run(&side[s], "parse", 100 * US);
			run(&side[s], s ? "slow_path" : "fast_path", s ? 4 * MS : 50 * US);
			say(&side[s], "-handle");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "slow_path");
	g_assert_cmpint(diff->verdict.presence, ==, FDAR_IN_SUBJECT);
	g_assert_true(isinf(diff->verdict.factor));
	expect_sentence(diff,
			"^slow_path \\(demo\\) runs for .* ms per session, and is never called in "
			"the baseline, 100 % of the added time$");
	g_assert_true(isinf(row_of(diff, "slow_path", NULL)->ratio));
	g_assert_cmpint(row_of(diff, "slow_path", NULL)->presence, ==, FDAR_IN_SUBJECT);
	const struct fdar_diff_row *gone = row_of(diff, "fast_path", NULL);
	g_assert_cmpint(gone->presence, ==, FDAR_IN_BASELINE);
	g_assert_cmpfloat(gone->ratio, ==, 0);
	g_assert_cmpfloat(gone->share, ==, 0);
	g_assert_cmpint(gone->change, ==, FDAR_CHANGE_FASTER);
}

/* Of another build than the baseline. */
static struct fdar_diff *compare_builds(struct writer *baseline, struct writer *subject)
{
	static const struct script_binary next = { "/bin/not-here/demo", "f0", NULL, FALSE };
	g_autoptr(fdar_profile) before = profile_of(baseline);
	g_autoptr(fdar_profile) after =
		script_profile_in(subject->text->str, FDAR_UNIT_SESSION, NULL, &next);
	struct fdar_diff *diff = fdar_diff_new(before, after, NULL, NULL);

	g_string_free(subject->text, TRUE);
	g_rand_free(subject->rand);
	check(diff);
	return diff;
}

/* A release renamed a function and its caller, and rewrote another: two names are gone and new, and what
 * grew is a third function. */
static void test_renamed(void)
{
	static const char *const names[2][3] = { { "handle", "parse_line", "encode" },
						 { "serve", "parse_fast", "encode_v2" } };
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		g_autofree char *in = g_strconcat("+", names[s][0], NULL);
		g_autofree char *out = g_strconcat("-", names[s][0], NULL);

		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 30; i++) {
			begin(&side[s], "");
			say(&side[s], "+accept");
			say(&side[s], in);
			run(&side[s], names[s][1], 400 * US);
			run(&side[s], names[s][2], s ? 240 * US : 200 * US);
			run(&side[s], "audit", s ? 60 * US : 20 * US);
			say(&side[s], out);
			say(&side[s], "-accept");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare_builds(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "audit");
	const struct fdar_diff_row *parse = row_of(diff, "parse_fast", NULL);
	g_assert_cmpint(parse->presence, ==, FDAR_IN_BOTH);
	g_assert_cmpfloat(parse->baseline.own_ns, >, 300 * US);
	g_assert_cmpfloat(row_of(diff, "encode_v2", NULL)->added_ns, <, 60 * US);
	for (uint32_t i = 0; i < diff->row_count; i++)
		g_assert_cmpstr(diff->rows[i].function, !=, "parse_line");
	g_assert_cmpuint(diff->recounted_count, ==, 0);
	g_assert_cmpstr(diff->baseline.build_id, ==, "de");
	g_assert_cmpstr(diff->subject.build_id, ==, "f0");
	g_assert_cmpstr(diff->subject.program, ==, "demo");
	expect_hint(diff, "^renamed or replaced, by caller, calls and time, and compared as one: "
			  ".*parse_fast for parse_line");
}

/* What is called more often than what is gone took no place of it. */
static void test_not_renamed(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 30; i++) {
			begin(&side[s], "");
			say(&side[s], "+handle");
			run(&side[s], "parse", 100 * US);
			for (int call = 0; call < (s ? 2 : 1); call++)
				run(&side[s], s ? "scan" : "find", 30 * US);
			say(&side[s], "-handle");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare_builds(&side[0], &side[1]);
	g_assert_cmpint(row_of(diff, "scan", NULL)->presence, ==, FDAR_IN_SUBJECT);
	g_assert_cmpint(row_of(diff, "find", NULL)->presence, ==, FDAR_IN_BASELINE);
}

static void test_even(void)
{
	struct writer a, b;

	plain_run(&a, 1, 30, 1);
	plain_run(&b, 2, 30, 2);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_null(diff->verdict.function);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_SPREAD);
	/* The machine may have been slower. */
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	expect_sentence(diff, "^sessions take 2x longer, spread evenly over all functions: ");
}

static void test_faster(void)
{
	struct writer a, b;

	plain_run(&a, 1, 30, 4);
	plain_run(&b, 2, 30, 1);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_null(diff->verdict.function);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_FASTER);
	expect_sentence(diff, "^no slowdown: sessions take 0.2\\d of the time: ");
}

/* One session in twelve is an attack. */
static void test_few_bad_sessions(void)
{
	struct writer a, b;

	regex_run(&a, 1, 96, 1);
	writer_init(&b, 2);
	for (int i = 0; i < 96; i++)
		regex_session(&b, "", i % 12 ? 1 : 9);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_cmpstr(diff->verdict.function, ==, "here");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_RUNNING);
	const struct fdar_diff_row *row = row_of(diff, "here", NULL);
	g_assert_cmpuint(row->test.beyond, ==, 8);
	g_assert_cmpfloat(row->test.delta, <, 0.3);
	g_assert_cmpfloat(row->test.p, <, 0.1);
	g_assert_cmpfloat(row->ratio_p99, >, 100);
	g_assert_cmpfloat(row->ratio_median, <, 1.5);
}

/* One session against one, or against three: told, not judged. */
static void test_single_sessions(void)
{
	struct writer a, b;

	for (int sessions = 1; sessions <= 3; sessions += 2) {
		regex_run(&a, 1, 1, 1);
		regex_run(&b, 2, sessions, 9);
		g_autoptr(fdar_diff) diff = compare(&a, &b);
		g_assert_true(diff->verdict.refused);
		g_assert_null(diff->verdict.function);
		g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
		expect_sentence(
			diff,
			"^no verdict: \\d against 1 sessions cannot be told from chance; most was "
			"added in here, .* ms against .* us$");
	}
}

/* Three against three cannot be tested: a large factor in all of them is named, a small one is not. */
static void test_few_sessions(void)
{
	struct writer a, b;

	regex_run(&a, 1, 3, 1);
	regex_run(&b, 2, 3, 9);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_cmpstr(diff->verdict.function, ==, "here");
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	expect_hint(diff, "too few");
	regex_run(&a, 1, 3, 4);
	regex_run(&b, 2, 3, 5);
	g_autoptr(fdar_diff) small = compare(&a, &b);
	g_assert_null(small->verdict.function);
}

/* An event loop: slow clients keep no thread, their sessions only stay open. */
static void test_idle(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 20; i++) {
			g_autofree char *resume = g_strdup_printf("resume:%d", i + 1);

			begin(&side[s], "");
			run(&side[s], "read_some", 20 * US);
			for (int part = 0; part < (s ? 3 : 2); part++) {
				say(&side[s], "wait:POLL:epoll_wait");
				pass(&side[s], s ? 30.0 * MS : 100 * US);
				say(&side[s], "w");
				say(&side[s], resume);
				run(&side[s], "read_some", 20 * US);
			}
			if (s)
				leave_open(&side[s]);
			else
				end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_IDLE);
	g_assert_null(diff->verdict.function);
	expect_sentence(diff,
			"^sessions stay open .*x longer, .* ms against .* us, while no thread "
			"works for them: slow or silent clients; 20 of 20 sessions unfinished");
}

/* Ten fast requests a session against one slow one. */
static void test_per_call(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 20; i++) {
			begin(&side[s], "");
			for (int request = 0; request < (s ? 1 : 100); request++) {
				say(&side[s], "+request");
				run(&side[s], "parse", 40 * US);
				run(&side[s], "match", s ? 2 * MS : 20 * US);
				say(&side[s], "-request");
			}
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_true(diff->verdict.per_call);
	g_assert_cmpstr(diff->verdict.function, ==, "match");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_RUNNING);
	g_assert_cmpfloat_with_epsilon(diff->verdict.factor, 100, 10);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_MEDIUM);
	expect_sentence(diff,
			"^match \\(demo\\) runs .*x longer per call: 2\\.\\d\\d ms against .* us$");
}

static void test_labels(void)
{
	struct writer writer;
	g_autoptr(GError) error = NULL;

	writer_init(&writer, 1);
	for (int i = 0; i < 20; i++) {
		regex_session(&writer, "good", 1);
		regex_session(&writer, "bad", 8);
	}
	g_autoptr(fdar_profile) profile = profile_of(&writer);
	struct fdar_diff_options options = { .label = "bad", .baseline_label = "good" };
	g_autoptr(fdar_diff) diff = fdar_diff_new(profile, profile, &options, &error);
	g_assert_no_error(error);
	check(diff);
	g_assert_cmpuint(diff->subject.sessions, ==, 20);
	g_assert_cmpstr(diff->verdict.function, ==, "here");
	options.baseline_label = NULL;
	g_autoptr(fdar_diff) same = fdar_diff_new(profile, profile, &options, &error);
	g_assert_no_error(error);
	g_assert_cmpint(same->verdict.change, ==, FDAR_CHANGE_NONE);
	options.label = "ugly";
	g_assert_null(fdar_diff_new(profile, profile, &options, &error));
	g_assert_cmpstr(
		error->message, ==,
		"the baseline has no sessions with the label \"ugly\"; it has \"good\", \"bad\"");
}

static void test_whole_run(void)
{
	struct writer side[2];
	g_autoptr(GError) error = NULL;

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		side[s].session = 1;
		g_string_append(side[s].text, "A");
		say(&side[s], "+main");
		run(&side[s], "load", 200 * US);
		run(&side[s], "draw", s ? 8 * MS : 400 * US);
		say(&side[s], "wait:COND:pthread_cond_wait");
		pass(&side[s], s ? 1 : 90 * MS);
		say(&side[s], "w");
		say(&side[s], "-main");
	}
	g_autoptr(fdar_profile) before = profile_of(&side[0]);
	g_autoptr(fdar_profile) after = profile_of(&side[1]);
	g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, NULL, &error);
	g_assert_no_error(error);
	check(diff);
	g_assert_true(diff->whole_run);
	g_assert_cmpstr(diff->verdict.function, ==, "draw");
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	expect_sentence(diff, "^draw \\(demo\\) runs .*x longer in the whole run: ");

	struct writer writer;
	regex_run(&writer, 1, 3, 1);
	g_autoptr(fdar_profile) sessions = profile_of(&writer);
	g_autoptr(fdar_diff) one_sided = fdar_diff_new(before, sessions, NULL, &error);
	g_assert_no_error(error);
	g_assert_true(one_sided->verdict.refused);
	expect_sentence(one_sided,
			"^no verdict: the baseline has no sessions, the other side has$");
	g_autofree char *path = fdar_diff_path(one_sided, one_sided->verdict.node, 0);
	g_assert_cmpstr(path, ==, "");
}

/* A server that nobody called: how it started is no verdict. */
static void test_no_clients(void)
{
	g_autoptr(fdar_profile) before = script_profile(
		"A 0 +main 5 +log_init 105000 -log_init 106000 wait:POLL:epoll_wait 9000000 w");
	g_autoptr(fdar_profile) after = script_profile("A 0 +main 5 +log_init 14595000 -log_init "
						       "14596000 wait:POLL:epoll_wait 99000000 w");
	g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, NULL, NULL);

	g_assert_true(diff->verdict.refused);
	expect_sentence(diff, "^no verdict: neither side has sessions: no client was served");
}

static void test_bad_trace(void)
{
	struct writer a, b;
	g_autoptr(GError) error = NULL;

	regex_run(&a, 1, 20, 2);
	regex_run(&b, 2, 20, 9);
	g_autoptr(fdar_profile) before = profile_of(&a);
	g_autoptr(fdar_profile) after = profile_of(&b);
	after->losses.discarded = after->losses.events / 10;
	fdar_profile_group(after, FDAR_PROFILE_ALL)->unknown_ns =
		fdar_profile_group(after, FDAR_PROFILE_ALL)->own_ns / 2;
	g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(diff->verdict.function, ==, "here");
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	g_assert_cmpuint(diff->hints->len, ==, 3);
	g_assert_nonnull(strstr(g_ptr_array_index(diff->hints, 0), "9.1 % of its events"));
	g_assert_nonnull(
		strstr(g_ptr_array_index(diff->hints, 1), "50 % of the time of the subject"));
}

static gboolean has_hint(const struct fdar_diff *diff, const char *text)
{
	for (guint i = 0; i < diff->hints->len; i++)
		if (strstr(g_ptr_array_index(diff->hints, i), text))
			return TRUE;
	return FALSE;
}

/* What the kernel counted is told where it differs, and is no culprit. */
static void test_counted(void)
{
	struct writer a, b;

	regex_run(&a, 1, 20, 9);
	regex_run(&b, 2, 20, 9);
	g_autoptr(fdar_profile) before = profile_of(&a);
	g_autoptr(fdar_profile) after = profile_of(&b);
	struct fdar_profile_group *was = fdar_profile_group(before, FDAR_PROFILE_ALL);
	struct fdar_profile_group *is = fdar_profile_group(after, FDAR_PROFILE_ALL);

	was->counted_sessions = is->counted_sessions = 20;
	was->counts[FDAR_COUNT_FAULT] = 60;
	is->counts[FDAR_COUNT_FAULT] = 8240;
	was->counts[FDAR_COUNT_MIGRATION] = 40;
	is->counts[FDAR_COUNT_MIGRATION] = 44;
	g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, NULL, NULL);
	g_assert_null(diff->verdict.function);
	g_assert_true(diff->subject.counted);
	g_assert_cmpfloat(diff->subject.counts[FDAR_COUNT_FAULT], ==, 412);
	g_assert_true(has_hint(diff, "page faults of a session: 412 instead of 3"));
	g_assert_false(has_hint(diff, "migrations"));
	g_assert_false(has_hint(diff, "estimated"));
	is->counts_estimated = 8000;
	g_autoptr(fdar_diff) estimated = fdar_diff_new(before, after, NULL, NULL);
	g_assert_true(has_hint(estimated, "412 instead of 3 (estimated"));
	was->counted_sessions = 0; /* as from an older file */
	g_autoptr(fdar_diff) unknown = fdar_diff_new(before, after, NULL, NULL);
	g_assert_false(unknown->baseline.counted);
	g_assert_false(has_hint(unknown, "page faults"));
}

/* The union of both trees, with what is in one only. */
static void test_tree(void)
{
	g_autoptr(fdar_profile) before =
		script_profile("A 0 begin:1: 0 +a 10 +b 20 -b 30 -a 30 end:1");
	g_autoptr(fdar_profile) after =
		script_profile("A 0 begin:1: 0 +a 10 +c 50 +b 60 -b 60 -c 70 -a 70 end:1");
	g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, NULL, NULL);

	check(diff);
	g_assert_cmpuint(diff->node_count, ==, 5);
	g_assert_cmpstr(diff->nodes[0].function, ==, "");
	g_assert_cmpuint(diff->nodes[0].parent, ==, FDAR_PROFILE_NONE);
	g_assert_cmpfloat(diff->nodes[0].tree_added_ns, ==, 40);
	for (uint32_t i = 1; i < diff->node_count; i++) {
		const struct fdar_diff_node *node = &diff->nodes[i];
		gboolean below_c = node->depth == 3;

		if (g_str_equal(node->function, "a"))
			g_assert_cmpint(node->presence, ==, FDAR_IN_BOTH);
		if (g_str_equal(node->function, "c")) {
			g_assert_cmpint(node->presence, ==, FDAR_IN_SUBJECT);
			g_assert_cmpfloat(node->subject.total_ns, ==, 50);
			g_assert_true(isinf(node->ratio));
		}
		if (g_str_equal(node->function, "b"))
			g_assert_cmpint(node->presence, ==,
					below_c ? FDAR_IN_SUBJECT : FDAR_IN_BASELINE);
	}
	g_assert_cmpint(row_of(diff, "b", NULL)->presence, ==, FDAR_IN_BOTH);
}

static void test_nothing_at_all(void)
{
	g_autoptr(fdar_profile) empty = fdar_profile_new();
	g_autoptr(fdar_diff) diff = fdar_diff_new(empty, empty, NULL, NULL);
	g_autoptr(fdar_profile) idle = script_profile("A 0 begin:1: 5 end:1");
	g_autoptr(fdar_diff) idles = fdar_diff_new(idle, idle, NULL, NULL);

	check(diff);
	check(idles);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_NONE);
	g_assert_cmpint(idles->verdict.change, ==, FDAR_CHANGE_NONE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/diff/same", test_same);
	g_test_add_func("/diff/no-false-culprit", test_no_false_culprit);
	g_test_add_func("/diff/regex", test_regex);
	g_test_add_func("/diff/loris", test_loris);
	g_test_add_func("/diff/scattered-waits", test_scattered_waits);
	g_test_add_func("/diff/more-calls", test_more_calls);
	g_test_add_func("/diff/cycle", test_cycle);
	g_test_add_func("/diff/one-stuck", test_one_stuck);
	g_test_add_func("/diff/queue", test_queue);
	g_test_add_func("/diff/queue-behind-work", test_queue_behind_work);
	g_test_add_func("/diff/queue-behind-starved", test_queue_behind_starved);
	g_test_add_func("/diff/thinking-clients", test_thinking_clients);
	g_test_add_func("/diff/thinking-clients-alike", test_thinking_clients_alike);
	g_test_add_func("/diff/new-and-gone", test_new_and_gone);
	g_test_add_func("/diff/renamed", test_renamed);
	g_test_add_func("/diff/not-renamed", test_not_renamed);
	g_test_add_func("/diff/even", test_even);
	g_test_add_func("/diff/faster", test_faster);
	g_test_add_func("/diff/few-bad-sessions", test_few_bad_sessions);
	g_test_add_func("/diff/single-sessions", test_single_sessions);
	g_test_add_func("/diff/few-sessions", test_few_sessions);
	g_test_add_func("/diff/idle", test_idle);
	g_test_add_func("/diff/per-call", test_per_call);
	g_test_add_func("/diff/labels", test_labels);
	g_test_add_func("/diff/whole-run", test_whole_run);
	g_test_add_func("/diff/no-clients", test_no_clients);
	g_test_add_func("/diff/counted", test_counted);
	g_test_add_func("/diff/bad-trace", test_bad_trace);
	g_test_add_func("/diff/tree", test_tree);
	g_test_add_func("/diff/nothing", test_nothing_at_all);
	return g_test_run();
}
