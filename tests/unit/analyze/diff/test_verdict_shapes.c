/* What servers of other shapes than the bench's showed to be wrong: loops whose code is inlined in one build,
 * queues with more clients at once, sessions that ask for more, turns of timers. */
#include "tests/unit/kit/diff_script.h"

static const struct fdar_diff_options full = { .pressure = 0.9 };

static struct fdar_diff *compare_full(struct writer *baseline, struct writer *subject)
{
	g_autoptr(fdar_profile) before = profile_of(baseline);
	g_autoptr(fdar_profile) after = profile_of(subject);
	struct fdar_diff *diff = fdar_diff_new(before, after, &full, NULL);

	check(diff);
	return diff;
}

/* ---- what one build has inlined in a loop of the server's ---- */

static void loop_init(struct writer *writer, uint32_t seed, const char *build)
{
	writer_init(writer, seed);
	writer->build_id = build;
	g_string_append(writer->text, "A");
	say(writer, "+main");
	say(writer, "+loop");
}

/* The loop wakes up. */
static void loop_turn(struct writer *writer)
{
	writer->now = ++writer->session * (gint64)MS;
	if (writer->session > 1)
		say(writer, "w");
}

static void loop_begin(struct writer *writer)
{
	g_autofree char *event = g_strdup_printf("begin:%d::7", writer->session);

	say(writer, event);
}

/* ... and has something of its own to do, before it sleeps. */
static void loop_end(struct writer *writer, double own_ns)
{
	g_autofree char *event = g_strdup_printf("end:%d", writer->session);

	say(writer, event);
	pass(writer, own_ns);
	say(writer, "wait:POLL:poll");
}

/* The loop reads what was sent, in a function of its own or by itself, and asks somebody else. */
static void reading_loop(struct writer *writer, uint32_t seed, gboolean inlined, double wait_ns,
			 double parse_ns)
{
	loop_init(writer, seed, inlined ? "b1" : "b2");
	for (int i = 0; i < 40; i++) {
		loop_turn(writer);
		loop_begin(writer);
		if (!inlined)
			say(writer, "+take");
		pass(writer, 15 * US);
		if (wait_ns > 0) {
			say(writer, "wait:IO:recv:9");
			pass(writer, wait_ns);
			say(writer, "w");
		}
		if (!inlined)
			say(writer, "-take");
		run(writer, "parse", parse_ns);
		run(writer, "encode", 30 * US);
		run(writer, "copy", 10 * US);
		loop_end(writer, 1 * US);
	}
}

static void test_inlined_in_loop(void)
{
	for (int waits = 0; waits < 2; waits++) {
		struct writer side[2];

		for (int s = 0; s < 2; s++)
			reading_loop(&side[s], (uint32_t)s + 1, !s, waits ? 90 * US : 0, 20 * US);
		g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
		g_assert_cmpint(row_of(diff, "take", NULL)->presence, ==, FDAR_IN_SUBJECT);
		g_assert_null(diff->verdict.function);
		/* What got slower beside it is found, and what the take waits longer, too. */
		for (int s = 0; s < 2; s++)
			reading_loop(&side[s], (uint32_t)s + 1, !s, waits ? 90 * US : 0,
				     s ? 90 * US : 20 * US);
		g_autoptr(fdar_diff) slower = compare(&side[0], &side[1]);
		g_assert_cmpstr(slower->verdict.function, ==, "parse");
		for (int s = 0; s < 2 && waits; s++)
			reading_loop(&side[s], (uint32_t)s + 1, !s, s ? 500 * US : 90 * US,
				     20 * US);
		if (!waits)
			continue;
		g_autoptr(fdar_diff) longer = compare(&side[0], &side[1]);
		g_assert_cmpstr(longer->verdict.function, ==, "take");
		g_assert_cmpint(longer->verdict.change, ==, FDAR_CHANGE_WAITING);
	}
}

/* What the loop lost cannot be seen where it has other work: then at low confidence. */
static void test_new_in_loop(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		loop_init(&side[s], (uint32_t)s + 1, s ? "b2" : "b1");
		for (int i = 0; i < 40; i++) {
			loop_turn(&side[s]);
			loop_begin(&side[s]);
			if (s)
				run(&side[s], "take", 40 * US);
			run(&side[s], "parse", 20 * US);
			loop_end(&side[s], s ? 150 * US : 100 * US);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "take");
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	g_assert_nonnull(strstr(diff->verdict.reason, "whose own time is the server's"));
}

/* Next to nothing of it is called by the loop, which has as much less: that says nothing of the rest. */
static void test_new_elsewhere(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		loop_init(&side[s], (uint32_t)s + 1, s ? "b2" : "b1");
		for (int i = 0; i < 40; i++) {
			loop_turn(&side[s]);
			loop_begin(&side[s]);
			if (s)
				run(&side[s], "note", 300);
			say(&side[s], "+handle");
			pass(&side[s], 50 * US);
			if (s)
				run(&side[s], "note", 100 * US);
			say(&side[s], "-handle");
			loop_end(&side[s], s ? 1 * US : 2 * US);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "note");
}

static struct fdar_diff *compare_retry(const char *before, const char *after)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].build_id = s ? after : before;
		side[s].spacing = 1 * MS;
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			run(&side[s], "flowdar_link_init", 200);
			run(&side[s], "parse", s ? 115 * US : 100 * US);
			say(&side[s], "+fetch");
			pass(&side[s], 50 * US);
			if (s)
				run(&side[s], "retry", 300);
			say(&side[s], "-fetch");
			end(&side[s]);
		}
	}
	return compare(&side[0], &side[1]);
}

/* A function that only one build has is called exactly so often, and takes next to nothing: that is no news,
 * though sessions run a bit longer for another reason. Of one build it is, whatever flowdar has in the server. */
static void test_called_in_one_build(void)
{
	g_autoptr(fdar_diff) other = compare_retry("b1", "b2");
	g_autoptr(fdar_diff) same = compare_retry("b1", "b1");

	g_assert_true(row_of(other, "retry", NULL)->counts.exact);
	g_assert_null(other->verdict.function);
	g_assert_cmpstr(same->verdict.function, ==, "retry");
	g_assert_cmpint(same->verdict.confidence, ==, FDAR_CONFIDENCE_HIGH);
}

/* ---- queues ---- */

static void queue_run(struct writer *writer, uint32_t seed, double queue_ns, double work_ns)
{
	writer_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < 30; i++) {
		g_autofree char *put = g_strdup_printf("put:%d:jobs", i + 1);
		g_autofree char *take = g_strdup_printf("take:%d:jobs", i + 1);

		begin(writer, "");
		say(writer, put);
		pass(writer, queue_ns);
		say(writer, take);
		run(writer, "work", work_ns);
		end(writer);
	}
}

/* As many a second, and more at once. */
static void test_queue_of_more(void)
{
	struct writer a, b;

	queue_run(&a, 1, 90 * US, 200 * US);
	queue_run(&b, 2, 9 * MS, 200 * US);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_QUEUEING);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	g_assert_nonnull(strstr(diff->verdict.reason, "were open at once"));
}

/* Who takes from it waits for a processor: the queue is nobody's, and hides nobody. */
static void test_queue_on_full_machine(void)
{
	struct writer a, b;

	queue_run(&a, 1, 90 * US, 200 * US);
	queue_run(&b, 2, 9 * MS, 200 * US);
	g_autoptr(fdar_diff) alike = compare_full(&a, &b);
	g_assert_cmpint(alike->verdict.change, !=, FDAR_CHANGE_QUEUEING);
	g_assert_null(alike->verdict.function);
	queue_run(&a, 1, 90 * US, 200 * US);
	queue_run(&b, 2, 9 * MS, 900 * US);
	g_autoptr(fdar_diff) slower = compare_full(&a, &b);
	g_assert_cmpstr(slower->verdict.function, ==, "work");
	/* Nobody is kept from a processor for as long as that. */
	queue_run(&a, 1, 90 * US, 200 * US);
	queue_run(&b, 2, 900.0 * MS, 200 * US);
	g_autoptr(fdar_diff) stuck = compare_full(&a, &b);
	g_assert_cmpint(stuck->verdict.change, ==, FDAR_CHANGE_QUEUEING);
}

/* ---- sessions that ask for three times as much ---- */

struct asking {
	int requests;
	double tiny_ns;
	double once_ns; /* in one session, besides */
};

static void asking_run(struct writer *writer, uint32_t seed, const struct asking *asking)
{
	writer_init(writer, seed);
	writer->spacing = 10 * MS;
	for (int i = 0; i < 24; i++) {
		begin(writer, "");
		say(writer, "+connection");
		for (int r = 0; r < asking->requests; r++) {
			g_autofree char *first = g_strdup_printf("req:%d:/x", writer->session);
			g_autofree char *last = g_strdup_printf("done:%d:0", writer->session);

			say(writer, first);
			run(writer, "parse", 40 * US);
			run(writer, "encode", 40 * US);
			run(writer, "tiny", asking->tiny_ns + (i == 7 && !r ? asking->once_ns : 0));
			say(writer, last);
		}
		say(writer, "-connection");
		end(writer);
	}
}

static struct fdar_diff *compare_asking(struct asking before, struct asking after)
{
	struct writer a, b;

	asking_run(&a, 1, &before);
	asking_run(&b, 2, &after);
	return compare(&a, &b);
}

static void test_asks_for_more(void)
{
	/* Its mean is one session's; that all are above the baseline's is what was asked for. */
	g_autoptr(fdar_diff) one = compare_asking((struct asking){ 3, 2 * US, 0 },
						  (struct asking){ 9, 2 * US, 600 * US });
	/* A tenth of a microsecond more in each request is none of what they run for. */
	g_autoptr(fdar_diff) little =
		compare_asking((struct asking){ 3, 300, 0 }, (struct asking){ 9, 900, 0 });
	g_autoptr(fdar_diff) much =
		compare_asking((struct asking){ 3, 2 * US, 0 }, (struct asking){ 9, 60 * US, 0 });

	g_assert_cmpfloat_with_epsilon(one->load.work, 3, 0.01);
	g_assert_null(one->verdict.function);
	g_assert_null(little->verdict.function);
	g_assert_cmpstr(much->verdict.function, ==, "tiny");
}

/* Whose a call is that a thread makes before it has something to do depends on whether it had to wait; three
 * times as many for three times as much is no news, whoever has them. */
static void test_moved_and_asked_for(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		loop_init(&side[s], (uint32_t)s + 1, "b1");
		for (int i = 0; i < 30; i++) {
			loop_turn(&side[s]);
			for (int k = 0; k < (s ? 13 : 8); k++) {
				run(&side[s], "receive", 2 * US);
				say(&side[s], "wait:POLL:poll");
				say(&side[s], "w");
			}
			loop_begin(&side[s]);
			for (int r = 0; r < (s ? 9 : 3); r++) {
				g_autofree char *first =
					g_strdup_printf("req:%d:/x", side[s].session);
				g_autofree char *last =
					g_strdup_printf("done:%d:0", side[s].session);

				say(&side[s], first);
				run(&side[s], "parse", 10 * US);
				run(&side[s], "encode", 10 * US);
				run(&side[s], "copy", 10 * US);
				say(&side[s], last);
			}
			for (int k = 0; k < (s ? 14 : 1); k++)
				run(&side[s], "receive", 2 * US);
			loop_end(&side[s], 1 * US);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_true(row_of(diff, "receive", NULL)->counts.moved);
	g_assert_null(diff->verdict.function);
}

/* ---- where more calls come from ---- */

/* What is called four times as often by a function that is called as often as before, in three turns of a
 * timer instead of one. */
static void test_turns_are_no_origin(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = 1 * MS;
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			for (int k = 0; k < 3; k++) {
				if (s || !k)
					say(&side[s], "+turn");
				say(&side[s], "+serve");
				pass(&side[s], 10 * US);
				for (int f = 0; f < (s ? 4 : 1); f++)
					run(&side[s], "fetch", 10 * US);
				say(&side[s], "-serve");
				if (s || k == 2)
					say(&side[s], "-turn");
			}
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpfloat_with_epsilon(row_of(diff, "turn", NULL)->ratio_calls, 3, 0.01);
	g_assert_cmpstr(diff->verdict.function, ==, "fetch");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_CALLS);
}

/* ---- few runs ---- */

static struct fdar_profile *plain_run(uint32_t seed, double work_ns)
{
	struct writer writer;

	writer_init(&writer, seed);
	writer.spacing = 1 * MS;
	for (int i = 0; i < 30; i++) {
		begin(&writer, "");
		run(&writer, "work", work_ns);
		run(&writer, "encode", 50 * US);
		end(&writer);
	}
	return profile_of(&writer);
}

static enum fdar_confidence trust_in_runs(uint32_t each)
{
	static const double work_us[2][3] = { { 100, 118, 110 }, { 230, 231, 232 } };
	g_autoptr(fdar_profile) before = fdar_profile_new();
	g_autoptr(fdar_profile) after = fdar_profile_new();
	struct fdar_profile *side[2] = { before, after };
	struct fdar_profile *runs[6];
	struct fdar_diff_options options = {
		.runs = { (const struct fdar_profile *const *)runs,
			  (const struct fdar_profile *const *)runs + each },
		.run_count = { each, each },
	};

	for (uint32_t i = 0; i < 2 * each; i++) {
		runs[i] = plain_run(i, work_us[i / each][i % each] * US);
		fdar_profile_merge(side[i / each], runs[i]);
	}
	g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, &options, NULL);
	for (uint32_t i = 0; i < 2 * each; i++)
		fdar_profile_free(runs[i]);
	g_assert_cmpstr(diff->verdict.function, ==, "work");
	return diff->verdict.confidence;
}

/* Two runs lie above two others once in six times by chance, three above three once in twenty. */
static void test_few_runs(void)
{
	g_assert_cmpint(trust_in_runs(2), ==, FDAR_CONFIDENCE_MEDIUM);
	g_assert_cmpint(trust_in_runs(3), ==, FDAR_CONFIDENCE_HIGH);
}

/* ---- clients on a full machine ---- */

static void client_run(struct writer *writer, uint32_t seed, double wait_ns)
{
	writer_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < 40; i++) {
		begin(writer, "");
		for (int k = 0; k < 3; k++) {
			say(writer, "+take");
			say(writer, "wait:IO:recv:7");
			pass(writer, wait_ns);
			say(writer, "w");
			say(writer, "-take");
			run(writer, "serve", 50 * US);
		}
		end(writer);
	}
}

/* Who plays the clients waits for a processor, too: that is told, and no function's. */
static void test_clients_on_full_machine(void)
{
	struct writer a, b;

	client_run(&a, 1, 80 * US);
	client_run(&b, 2, 10 * MS);
	g_autoptr(fdar_diff) diff = compare_full(&a, &b);
	g_assert_null(diff->verdict.function);
	expect_sentence(diff, "mostly waiting for their clients");
	client_run(&a, 1, 80 * US);
	client_run(&b, 2, 900.0 * MS);
	g_autoptr(fdar_diff) held = compare_full(&a, &b);
	g_assert_cmpstr(held->verdict.function, ==, "take");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/verdict-shapes/inlined-in-loop", test_inlined_in_loop);
	g_test_add_func("/verdict-shapes/new-in-loop", test_new_in_loop);
	g_test_add_func("/verdict-shapes/new-elsewhere", test_new_elsewhere);
	g_test_add_func("/verdict-shapes/called-in-one-build", test_called_in_one_build);
	g_test_add_func("/verdict-shapes/queue-of-more", test_queue_of_more);
	g_test_add_func("/verdict-shapes/queue-on-full-machine", test_queue_on_full_machine);
	g_test_add_func("/verdict-shapes/asks-for-more", test_asks_for_more);
	g_test_add_func("/verdict-shapes/moved-and-asked-for", test_moved_and_asked_for);
	g_test_add_func("/verdict-shapes/turns-are-no-origin", test_turns_are_no_origin);
	g_test_add_func("/verdict-shapes/few-runs", test_few_runs);
	g_test_add_func("/verdict-shapes/clients-on-full-machine", test_clients_on_full_machine);
	return g_test_run();
}
