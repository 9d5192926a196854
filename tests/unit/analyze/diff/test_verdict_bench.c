/* What the truth bench (bench/truth) showed to be wrong, as synthetic traces. */
#include "tests/unit/kit/diff_script.h"

static const struct fdar_diff_options full = { .pressure = 0.9 };

/* A worker that answers three requests of a client on its connection, or on another one. */
static void talk_session(struct writer *writer, double work_ns, double wait_ns, int fd)
{
	g_autofree char *wait = g_strdup_printf("wait:IO:recv:%d", fd);

	begin(writer, "");
	for (int i = 0; i < 3; i++) {
		say(writer, "+take");
		say(writer, wait);
		pass(writer, wait_ns);
		say(writer, "w");
		say(writer, "-take");
		say(writer, "+serve");
		run(writer, "parse", 50 * US);
		run(writer, "match", work_ns);
		run(writer, "answer", 30 * US);
		say(writer, "-serve");
	}
	end(writer);
}

static void talk_run(struct writer *writer, uint32_t seed, double work_ns, double wait_ns, int fd)
{
	writer_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < 40; i++)
		talk_session(writer, work_ns, wait_ns, fd);
}

#define CLIENT   7
#define UPSTREAM 9

/* A server that got slow shares the processor with its clients, whose next question comes later, too:
 * most of the added time is in that wait, and none of the blame. */
static void test_clients_follow(void)
{
	struct writer a, b;

	talk_run(&a, 1, 5 * US, 80 * US, CLIENT);
	talk_run(&b, 2, 150 * US, 400 * US, CLIENT);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_cmpstr(diff->verdict.function, ==, "match");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_RUNNING);
	g_assert_cmpfloat(diff->verdict.share, >, 0.9);
	g_assert_true(row_of(diff, "take", "recv")->client);
	g_assert_false(row_of(diff, "take", "recv")->stands_out);
}

/* Likewise where what was added is a tenth of a session. */
static void test_clients_hide_a_tenth(void)
{
	struct writer a, b;

	talk_run(&a, 1, 5 * US, 80 * US, CLIENT);
	talk_run(&b, 2, 15 * US, 240 * US, CLIENT);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_cmpstr(diff->verdict.function, ==, "match");
}

/* The same server, and clients that ask a bit later. */
static void test_slower_clients(void)
{
	struct writer a, b, c, d;

	talk_run(&a, 1, 5 * US, 80 * US, CLIENT);
	talk_run(&b, 2, 5 * US, 180 * US, CLIENT);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_null(diff->verdict.function);
	/* By much: the wait is told, and that it is the clients'. */
	talk_run(&c, 3, 5 * US, 80 * US, CLIENT);
	talk_run(&d, 4, 5 * US, 100 * MS, CLIENT);
	g_autoptr(fdar_diff) slow = compare(&c, &d);
	g_assert_cmpstr(slow->verdict.function, ==, "take");
	g_assert_cmpint(slow->verdict.change, ==, FDAR_CHANGE_WAITING);
	g_assert_cmpint(slow->verdict.confidence, <, FDAR_CONFIDENCE_HIGH);
	g_assert_nonnull(strstr(slow->verdict.reason, "waits for its clients"));
}

/* Clients whose replay was silent for that long, as its journal says: nobody of the server waited in vain,
 * and no function is named. Where they were not, the wait is. */
static void test_silent_clients(void)
{
	for (int silent = 0; silent < 2; silent++) {
		struct fdar_diff_options options = { .silence_known = TRUE,
						     .silent_ns = { 240 * US, 250 * US } };
		struct writer a, b;

		if (silent)
			options.silent_ns[1] = 290 * MS;
		talk_run(&a, 3, 5 * US, 80 * US, CLIENT);
		talk_run(&b, 4, 5 * US, 100 * MS, CLIENT);
		g_autoptr(fdar_profile) before = profile_of(&a);
		g_autoptr(fdar_profile) after = profile_of(&b);
		g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, &options, NULL);

		g_assert_cmpint(diff->silent, ==, silent);
		if (silent) {
			g_assert_null(diff->verdict.function);
			g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_IDLE);
			g_assert_nonnull(strstr(diff->verdict.sentence, "silent that long by"));
			g_assert_nonnull(strstr(diff->verdict.reason, "the journals of the"));
		} else {
			g_assert_cmpstr(diff->verdict.function, ==, "take");
		}
	}
}

/* Somebody else's answer is the server's business. */
static void test_upstream(void)
{
	struct writer a, b;

	talk_run(&a, 1, 5 * US, 80 * US, UPSTREAM);
	talk_run(&b, 2, 5 * US, 400 * US, UPSTREAM);
	g_autoptr(fdar_diff) diff = compare(&a, &b);
	g_assert_cmpstr(diff->verdict.function, ==, "take");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_WAITING);
	g_assert_false(row_of(diff, "take", "recv")->client);
	g_assert_true(row_of(diff, "take", "recv")->stands_out);
}

/* On a full machine whoever is woken by a send takes the processor: two runs of one server differ by
 * that, as much as they like. */
static void test_sends_on_full_machine(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			run(&side[s], "parse", 100 * US);
			say(&side[s], "+answer");
			pass(&side[s], s ? 300 * US : 12 * US);
			say(&side[s], "io:WRITE:7:40");
			say(&side[s], "-answer");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_profile) before = profile_of(&side[0]);
	g_autoptr(fdar_profile) after = profile_of(&side[1]);
	g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, &full, NULL);
	g_assert_true(row_of(diff, "answer", NULL)->transfers);
	g_assert_null(diff->verdict.function);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_SPREAD);
	/* Elsewhere it is told, with the doubt. */
	g_autoptr(fdar_diff) quiet = fdar_diff_new(before, after, NULL, NULL);
	g_assert_cmpstr(quiet->verdict.function, ==, "answer");
	g_assert_cmpint(quiet->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
}

/* Work and a noise that a few sessions have, as functions f0 to f5; and what is called. */
static void noisy_session(struct writer *writer, const double *ns, int out, double out_ns)
{
	begin(writer, "");
	for (int f = 0; f < 6; f++) {
		g_autofree char *name = g_strdup_printf("f%d", f);

		run(writer, name, ns[f] + (f == out ? out_ns : 0));
	}
}

/* A function takes a hundred times as long in every session, and as much again in a few that were kept
 * from the processor: that the mean varies takes nothing away. */
static void test_shift_with_outliers(void)
{
	const double before[] = { 1.5 * US, 9 * US, 8 * US, 7 * US, 6 * US, 5 * US };
	const double after[] = { 150 * US, 9 * US, 8 * US, 7 * US, 6 * US, 5 * US };
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 60; i++) {
			gboolean out = i == 7 || i == 8;

			noisy_session(&side[s], s ? after : before, 0, s && out ? 17 * MS : 0);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpfloat(row_of(diff, "f0", NULL)->added_ns, <,
			  2 * row_of(diff, "f0", NULL)->spread.noise_ns);
	g_assert_cmpstr(diff->verdict.function, ==, "f0");
}

/* Likewise where one session of the baseline was kept from the processor for long: its mean hides what
 * all the others show. */
static void test_shift_with_outlier_before(void)
{
	const double before[] = { 1.5 * US, 9 * US, 8 * US, 7 * US, 6 * US, 5 * US };
	const double after[] = { 450 * US, 9 * US, 8 * US, 7 * US, 6 * US, 5 * US };
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 60; i++) {
			noisy_session(&side[s], s ? after : before, 0, !s && i == 31 ? 22 * MS : 0);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpfloat(row_of(diff, "f0", NULL)->ratio, <, 1.5);
	g_assert_cmpstr(diff->verdict.function, ==, "f0");
}

/* Whose a call is that a thread makes before it has something to do depends on whether it had to wait:
 * in one run the sessions have it, in the other the server. */
static void test_moved_calls(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			run(&side[s], "parse", 60 * US);
			if (s)
				run(&side[s], "queue_take", 9 * US);
			end(&side[s]);
			if (!s)
				g_string_append_printf(side[s].text,
						       "%dB %" G_GINT64_FORMAT
						       " +queue_take %" G_GINT64_FORMAT
						       " -queue_take\n",
						       500 + i, side[s].now, side[s].now + 9 * US);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_true(row_of(diff, "queue_take", NULL)->counts.moved);
	g_assert_cmpuint(diff->recounted_count, ==, 0);
	g_assert_null(diff->verdict.function);
}

/* Most sessions call a function that takes a thousand times as long, one of them is far out, and some never call
 * it. */
static void test_most_with_outlier(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		side[s].spacing = 100.0 * MS;
		for (int i = 0; i < 60; i++) {
			begin(&side[s], "");
			run(&side[s], "serve", 100 * US);
			if (i % 8 != 3)
				run(&side[s], "hurt", !s ? 1 * US : i == 20 ? 65 * MS : 1 * MS);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	const struct fdar_diff_row *row = row_of(diff, "hurt", NULL);
	g_assert_cmpfloat(row->test.delta, <, 0.8);
	g_assert_cmpfloat(row->added_ns, <, 2 * row->spread.noise_ns);
	g_assert_cmpstr(diff->verdict.function, ==, "hurt");
}

/* Two runs of one server on a full machine: whose caches they share makes a function 1.7 times as long in all
 * sessions, and no other. Three times as long is named there, too, and 1.7 times on a machine with room. */
static void test_caches_on_full_machine(void)
{
	static const struct {
		double after_ns;
		double pressure;
		const char *named;
	} cases[] = { { 34 * US, 0.9, NULL }, { 60 * US, 0.9, "look" }, { 34 * US, 0, "look" } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct fdar_diff_options options = { .pressure = cases[i].pressure };
		struct writer side[2];

		for (int s = 0; s < 2; s++) {
			writer_init(&side[s], (uint32_t)s);
			side[s].spacing = 1 * MS;
			for (int k = 0; k < 60; k++) {
				begin(&side[s], "");
				run(&side[s], "parse", 60 * US);
				run(&side[s], "look", s ? cases[i].after_ns : 20 * US);
				end(&side[s]);
			}
		}
		g_autoptr(fdar_profile) base = profile_of(&side[0]);
		g_autoptr(fdar_profile) subject = profile_of(&side[1]);
		g_autoptr(fdar_diff) diff = fdar_diff_new(base, subject, &options, NULL);

		g_assert_cmpstr(diff->verdict.function, ==, cases[i].named);
	}
}

/* On a full machine all functions are a little slower, and each is far out in some sessions: one of
 * them, with a hundredth of what was added, is not to blame. */
static void test_outliers_on_full_machine(void)
{
	const double before[] = { 2.7 * US, 90 * US, 80 * US, 70 * US, 60 * US, 50 * US };
	const double after[] = { 3.2 * US, 99 * US, 88 * US, 77 * US, 66 * US, 55 * US };
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 60; i++) {
			noisy_session(&side[s], s ? after : before, 0,
				      s && i % 6 == 0 ? 75 * US : 0);
			say(&side[s], "wait:IO:recv:7");
			pass(&side[s], s ? 4 * MS : 1.6 * MS);
			say(&side[s], "w");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_profile) base = profile_of(&side[0]);
	g_autoptr(fdar_profile) subject = profile_of(&side[1]);
	g_autoptr(fdar_diff) diff = fdar_diff_new(base, subject, &full, NULL);
	g_assert_cmpfloat(row_of(diff, "f0", NULL)->ratio, >, 4);
	g_assert_null(diff->verdict.function);
}

/* All sessions are a little longer, which is significant, and five are far out, which is much: neither is
 * a change of the function, on whatever machine. */
static void test_little_and_few(void)
{
	const double before[] = { 1.5 * US, 9 * US, 8 * US, 7 * US, 6 * US, 5 * US };
	const double after[] = { 1.75 * US, 9.1 * US, 8.1 * US, 7.1 * US, 6.1 * US, 5.1 * US };
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 60; i++) {
			noisy_session(&side[s], s ? after : before, 0,
				      s && i % 12 == 5 ? 500 * US : 0);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpfloat(row_of(diff, "f0", NULL)->ratio, >, 20);
	g_assert_cmpfloat(row_of(diff, "f0", NULL)->test.adjusted, <, 0.001);
	g_assert_null(diff->verdict.function);
}

/* Of two that grew as much on a full machine, the one that did in every session. */
static void test_every_session_first(void)
{
	const double before[] = { 3 * US, 7 * US, 80 * US, 70 * US, 60 * US, 50 * US };
	const double after[] = { 153 * US, 7 * US, 80 * US, 70 * US, 60 * US, 50 * US };
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 60; i++) {
			noisy_session(&side[s], s ? after : before, 1,
				      s && i % 3 == 0 ? 700 * US : 0);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_profile) base = profile_of(&side[0]);
	g_autoptr(fdar_profile) subject = profile_of(&side[1]);
	g_autoptr(fdar_diff) diff = fdar_diff_new(base, subject, &full, NULL);
	g_assert_cmpfloat(row_of(diff, "f1", NULL)->share, >, row_of(diff, "f0", NULL)->share);
	g_assert_cmpstr(diff->verdict.function, ==, "f0");
}

/* Two runs of memcached: a read more or less of a session is up to how its client's bytes arrive. Where
 * another function is called more often, but not in all sessions, that is told with little confidence. */
static void test_reads_that_vary(void)
{
	for (int io = 0; io < 2; io++) {
		struct writer side[2];

		for (int s = 0; s < 2; s++) {
			writer_init(&side[s], (uint32_t)s);
			for (int i = 0; i < 40; i++) {
				int reads = 8 + i % 3 + (s && i % 4 ? 2 : 0);

				begin(&side[s], "");
				run(&side[s], "work", 100 * US);
				for (int read = 0; read < reads; read++) {
					say(&side[s], "+fetch");
					pass(&side[s], 3 * US);
					/* The others found nothing. */
					if (io && read < 8)
						say(&side[s], "io:READ:7:40");
					say(&side[s], "-fetch");
				}
				end(&side[s]);
			}
		}
		g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);

		if (io) {
			g_assert_null(diff->verdict.function);
		} else {
			g_assert_cmpstr(diff->verdict.function, ==, "fetch");
			g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
		}
	}
}

/* Something new in every session, and something that was far out: what is counted comes first. */
static void counts_on_full_machine(double usual_ns, double out_ns, double audit_ns)
{
	const double before[] = { usual_ns, 90 * US, 80 * US, 70 * US, 60 * US, 50 * US };
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 60; i++) {
			noisy_session(&side[s], before, 0, s && i % 3 == 0 ? out_ns : 0);
			if (s)
				run(&side[s], "audit", audit_ns);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_profile) base = profile_of(&side[0]);
	g_autoptr(fdar_profile) subject = profile_of(&side[1]);
	g_autoptr(fdar_diff) diff = fdar_diff_new(base, subject, &full, NULL);
	g_assert_cmpstr(diff->verdict.function, ==, "audit");
	g_assert_true(diff->verdict.counted);
}

static void test_counts_on_full_machine(void)
{
	counts_on_full_machine(3.5 * US, 150 * US, 25 * US);
	/* Much less, beside some sessions that were kept from the processor for no tenfold. */
	counts_on_full_machine(6 * US, 60 * US, 4 * US);
}

/* What belongs to no session cannot be tested: on a full machine it is not blamed for three times as
 * much. */
static void test_unowned_on_full_machine(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		side[s].spacing = 10 * MS;
		for (int i = 0; i < 30; i++) {
			begin(&side[s], "");
			run(&side[s], "parse", 100 * US);
			end(&side[s]);
			g_string_append_printf(side[s].text,
					       "%dB %" G_GINT64_FORMAT " +spawn %" G_GINT64_FORMAT
					       " -spawn\n",
					       500 + i, side[s].now,
					       side[s].now + (s ? 900 * US : 300 * US));
		}
	}
	g_autoptr(fdar_profile) base = profile_of(&side[0]);
	g_autoptr(fdar_profile) subject = profile_of(&side[1]);
	g_autoptr(fdar_diff) quiet = fdar_diff_new(base, subject, NULL, NULL);
	g_autoptr(fdar_diff) diff = fdar_diff_new(base, subject, &full, NULL);
	g_assert_cmpstr(quiet->verdict.function, ==, "spawn");
	g_assert_null(diff->verdict.function);
}

/* One side has no calls shorter than 2 us: where it is the baseline they are new to the other, and where
 * it is the subject their time is their callers'. Neither is a change of the server. One of them is longer, so
 * that both sides have the function. */
static void test_short_calls_left_out(void)
{
	const struct fdar_diff_options uneven = { .left_out_ns = 2 * US };
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			run(&side[s], "parse", 60 * US);
			say(&side[s], "+walk");
			if (!s)
				for (int k = 0; k < 30; k++)
					run(&side[s], "step", 1 * US);
			else
				say(&side[s], "skip:30:30000");
			run(&side[s], "step", 3 * US);
			pass(&side[s], s ? 36 * US : 6 * US);
			say(&side[s], "-walk");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_profile) all = profile_of(&side[0]);
	g_autoptr(fdar_profile) without = profile_of(&side[1]);
	g_autoptr(fdar_diff) less = fdar_diff_new(all, without, &uneven, NULL);
	g_autoptr(fdar_diff) more = fdar_diff_new(without, all, &uneven, NULL);
	g_autoptr(fdar_diff) naive = fdar_diff_new(all, without, NULL, NULL);
	g_assert_null(less->verdict.function);
	g_assert_null(more->verdict.function);
	g_assert_cmpstr(naive->verdict.function, ==, "walk");
}

/* With --io alone: a server that asks a descriptor again and again is no slow client. */
static void test_busy_loop(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s);
		side[s].spacing = 1 * MS;
		for (int i = 0; i < 20; i++) {
			begin(&side[s], "");
			say(&side[s], "io:READ:7:60");
			for (int k = 0; k < (s ? 1200 : 2); k++) {
				pass(&side[s], 100 * US);
				say(&side[s], "io:READ:7:-11");
			}
			say(&side[s], "io:WRITE:7:60");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_IDLE);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	expect_sentence(diff,
			"^sessions stay open .*x longer, .* against .*, and are read and written "
			".* times a second each, for no more bytes: a busy loop$");
}

/* Sessions are open longer, and nobody works for them then. That they wait less for a lock does not make
 * up for what runs longer: that is named first. */
static void test_runs_while_open(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = 20 * MS;
		for (int i = 0; i < 60; i++) {
			g_autofree char *away = NULL;

			begin(&side[s], "");
			away = g_strdup_printf("suspend:%d", side[s].session);
			run(&side[s], "find", s ? 500 * US : 2 * US);
			say(&side[s], "+lock_it");
			say(&side[s], "wait:LOCK:mutex");
			pass(&side[s], s ? 900 * US : 1500 * US);
			say(&side[s], "w");
			say(&side[s], "-lock_it");
			say(&side[s], away);
			pass(&side[s], s ? 5 * MS : 10 * US);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpfloat(diff->added_ns, <, 0);
	g_assert_cmpfloat(diff->subject.lifetime_ns, >, 3 * diff->baseline.lifetime_ns);
	g_assert_cmpstr(diff->verdict.function, ==, "find");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_RUNNING);
}

/* Sessions that stay open while nobody works for them: on a full machine that is what waiting for a
 * processor looks like. */
static void test_idle_on_full_machine(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = 20 * MS;
		for (int i = 0; i < 40; i++) {
			g_autofree char *away = NULL;

			begin(&side[s], "");
			away = g_strdup_printf("suspend:%d", side[s].session);
			run(&side[s], "serve", 50 * US);
			say(&side[s], away);
			pass(&side[s], s ? 10 * MS : 100 * US);
			end(&side[s]);
		}
	}
	g_autoptr(fdar_profile) before = profile_of(&side[0]);
	g_autoptr(fdar_profile) after = profile_of(&side[1]);
	g_autoptr(fdar_diff) quiet = fdar_diff_new(before, after, NULL, NULL);
	g_assert_cmpint(quiet->verdict.change, ==, FDAR_CHANGE_IDLE);
	g_assert_cmpint(quiet->verdict.confidence, ==, FDAR_CONFIDENCE_MEDIUM);
	expect_sentence(quiet, "slow or silent clients$");
	g_autoptr(fdar_diff) diff = fdar_diff_new(before, after, &full, NULL);
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_IDLE);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	expect_sentence(diff, "or all that could waited for a processor$");
}

/* One session of the baseline waited for long, and hides that all others run twice as long. */
static void test_hidden_by_one(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			run(&side[s], "serve", s ? 12 * US : 5 * US);
			if (!s && !i) {
				say(&side[s], "+lock_it");
				say(&side[s], "wait:LOCK:mutex");
				pass(&side[s], 3 * MS);
				say(&side[s], "w");
				say(&side[s], "-lock_it");
			}
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	if (!diff->verdict.function)
		g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	for (guint i = 0; i < diff->hints->len; i++)
		g_assert_null(strstr(g_ptr_array_index(diff->hints, i), "far above the others"));
}

/* It computes and sends in one function, for clients that come at another pace: milliseconds are no pace. */
static void test_computes_and_sends(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = s ? 50 * MS : 10 * US;
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			run(&side[s], "parse", 30 * US);
			say(&side[s], "+serve");
			pass(&side[s], s ? 8 * MS : 13 * US);
			say(&side[s], "io:WRITE:7:40");
			say(&side[s], "-serve");
			end(&side[s]);
		}
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_true(diff->load.pace);
	g_assert_true(row_of(diff, "serve", NULL)->transfers);
	g_assert_cmpstr(diff->verdict.function, ==, "serve");
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/verdict-bench/clients-follow", test_clients_follow);
	g_test_add_func("/verdict-bench/clients-hide-a-tenth", test_clients_hide_a_tenth);
	g_test_add_func("/verdict-bench/slower-clients", test_slower_clients);
	g_test_add_func("/verdict-bench/silent-clients", test_silent_clients);
	g_test_add_func("/verdict-bench/upstream", test_upstream);
	g_test_add_func("/verdict-bench/sends-on-full-machine", test_sends_on_full_machine);
	g_test_add_func("/verdict-bench/shift-with-outliers", test_shift_with_outliers);
	g_test_add_func("/verdict-bench/shift-with-outlier-before", test_shift_with_outlier_before);
	g_test_add_func("/verdict-bench/moved-calls", test_moved_calls);
	g_test_add_func("/verdict-bench/caches-on-full-machine", test_caches_on_full_machine);
	g_test_add_func("/verdict-bench/most-with-outlier", test_most_with_outlier);
	g_test_add_func("/verdict-bench/outliers-on-full-machine", test_outliers_on_full_machine);
	g_test_add_func("/verdict-bench/little-and-few", test_little_and_few);
	g_test_add_func("/verdict-bench/every-session-first", test_every_session_first);
	g_test_add_func("/verdict-bench/reads-that-vary", test_reads_that_vary);
	g_test_add_func("/verdict-bench/counts-on-full-machine", test_counts_on_full_machine);
	g_test_add_func("/verdict-bench/unowned-on-full-machine", test_unowned_on_full_machine);
	g_test_add_func("/verdict-bench/short-calls-left-out", test_short_calls_left_out);
	g_test_add_func("/verdict-bench/busy-loop", test_busy_loop);
	g_test_add_func("/verdict-bench/runs-while-open", test_runs_while_open);
	g_test_add_func("/verdict-bench/idle-on-full-machine", test_idle_on_full_machine);
	g_test_add_func("/verdict-bench/hidden-by-one", test_hidden_by_one);
	g_test_add_func("/verdict-bench/computes-and-sends", test_computes_and_sends);
	return g_test_run();
}
