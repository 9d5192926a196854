/* Locks: who waits for one waits for what keeps whoever has it. */
#include "tests/unit/kit/diff_script.h"

/* A session that waits for a lock, and, with kept_ns, has it for so long while it sleeps. */
static void serve(struct writer *writer, double lock_ns, double kept_ns)
{
	begin(writer, "");
	say(writer, "+item_get");
	say(writer, "wait:LOCK:pthread_mutex_lock");
	pass(writer, lock_ns);
	say(writer, "w");
	say(writer, "+find");
	pass(writer, 20 * US);
	if (kept_ns > 0) {
		say(writer, "wait:SLEEP:nanosleep");
		pass(writer, kept_ns);
		say(writer, "w");
	}
	say(writer, "-find");
	say(writer, "-item_get");
	end(writer);
}

/* All sessions wait ten times as long for the lock as one of three keeps it. */
static void test_kept(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = 20 * MS;
		for (int i = 0; i < 60; i++)
			serve(&side[s], s ? 7 * MS : 2 * US, s && i % 3 == 0 ? 2 * MS : 0);
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "find");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_WAITING);
	g_assert_cmpint(diff->verdict.confidence, <=, FDAR_CONFIDENCE_MEDIUM);
	g_assert_cmpfloat(row_of(diff, "item_get", "pthread_mutex_lock")->share, ==, 0);
	expect_hint(diff,
		    "^item_get also waits longer for a lock: 7.0\\d ms against \\d.\\d\\d us, "
		    "behind whoever has it");
}

/* Whoever has it is in no session: that sessions wait for it is all there is, and no function's fault. */
static void test_only_waits(void)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = 20 * MS;
		for (int i = 0; i < 60; i++)
			serve(&side[s], s ? 7 * MS : 2 * US, 0);
	}
	g_autoptr(fdar_diff) diff = compare(&side[0], &side[1]);
	g_assert_cmpstr(diff->verdict.function, ==, "item_get");
	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_WAITING);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_MEDIUM);
}

/* Sessions wait for others, who take so long for each outside of sessions: a helper, a thread with a lock. */
static struct fdar_diff *compare_helped(const char *wait, double waits_ns, double helper_ns)
{
	struct writer side[2];

	for (int s = 0; s < 2; s++) {
		writer_init(&side[s], (uint32_t)s + 1);
		side[s].spacing = 20 * MS;
		for (int i = 0; i < 40; i++) {
			begin(&side[s], "");
			run(&side[s], "parse", 50 * US);
			say(&side[s], "+ask");
			say(&side[s], wait);
			pass(&side[s], s ? waits_ns : 30 * US);
			say(&side[s], "w");
			say(&side[s], "-ask");
			end(&side[s]);
			g_string_append_printf(side[s].text,
					       "%dB %" G_GINT64_FORMAT " +resolve %" G_GINT64_FORMAT
					       " -resolve\n",
					       500 + i, side[s].now,
					       side[s].now + (gint64)(s ? helper_ns : 20 * US));
		}
	}
	return compare(&side[0], &side[1]);
}

static void test_who_is_waited_for(void)
{
	static const char *const waits[] = { "wait:LOCK:pthread_mutex_lock", "wait:IO:read:9",
					     "wait:COND:pthread_cond_wait" };

	for (guint i = 0; i < G_N_ELEMENTS(waits); i++) {
		/* Somebody works for longer, in no session: what is waited for. */
		g_autoptr(fdar_diff) works = compare_helped(waits[i], 900 * US, 800 * US);

		g_assert_cmpstr(works->verdict.function, ==, "resolve");
		g_assert_true(works->verdict.server);
		g_assert_cmpint(works->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
		g_assert_nonnull(strstr(works->verdict.sentence, "sessions wait longer in ask"));
		/* Nobody does, or by a trifle beside the wait. */
		g_autoptr(fdar_diff) same = compare_helped(waits[i], 900 * US, 20 * US);
		g_autoptr(fdar_diff) little = compare_helped(waits[i], 900 * US, 60 * US);

		g_assert_cmpstr(same->verdict.function, ==, "ask");
		g_assert_cmpstr(little->verdict.function, ==, "ask");
	}
	/* Who sleeps waits for nobody. */
	g_autoptr(fdar_diff) sleeps = compare_helped("wait:SLEEP:nanosleep", 900 * US, 800 * US);
	g_assert_cmpstr(sleeps->verdict.function, ==, "ask");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/locks/kept", test_kept);
	g_test_add_func("/locks/only-waits", test_only_waits);
	g_test_add_func("/locks/who-is-waited-for", test_who_is_waited_for);
	return g_test_run();
}
