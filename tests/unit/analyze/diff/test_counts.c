/* Calls that differ from session to session on the same side: what is said of them, and how sure that is. */
#include "tests/unit/kit/diff_script.h"

/* note is called so many times, up to two more, for each of the sessions, and by the server itself beside each. */
static void notes_run(struct writer *writer, uint32_t seed, int least, int by_server)
{
	writer_init(writer, seed);
	writer->spacing = 1 * MS;
	for (int i = 0; i < 60; i++) {
		begin(writer, "");
		run(writer, "parse", 60 * US);
		for (int k = 0; k < least + (least ? i % 3 : 0); k++)
			run(writer, "note", 220);
		end(writer);
		for (int k = 0; k < by_server; k++)
			g_string_append_printf(writer->text,
					       "%dB %" G_GINT64_FORMAT " +note %" G_GINT64_FORMAT
					       " -note\n",
					       500 + i, writer->now + k * US,
					       writer->now + k * US + 220);
	}
}

static struct fdar_diff *compare_notes(int before, int after, int by_server)
{
	struct writer side[2];

	notes_run(&side[0], 1, before, by_server);
	notes_run(&side[1], 2, after, by_server);
	return compare(&side[0], &side[1]);
}

/* No factor says how many times as often as never that is. */
static void test_never(void)
{
	g_autoptr(fdar_diff) fresh = compare_notes(0, 3, 0);
	g_autoptr(fdar_diff) more = compare_notes(1, 4, 0);

	g_assert_true(fresh->verdict.counted);
	expect_sentence(fresh, "^note \\(demo\\) is called 4 times per session instead of never: "
			       "about \\d[^x]* more, ");
	g_assert_true(more->verdict.counted);
	expect_sentence(more, "^note \\(demo\\) is called 2\\.5x more often per session: about ");
}

/* A timer's calls are of whoever the thread happens to work for. */
static void test_timers_of_the_server(void)
{
	g_autoptr(fdar_diff) alone = compare_notes(1, 4, 0);
	g_autoptr(fdar_diff) some = compare_notes(1, 4, 1);
	g_autoptr(fdar_diff) most = compare_notes(1, 4, 8);

	g_assert_cmpstr(alone->verdict.function, ==, "note");
	g_assert_cmpint(alone->verdict.confidence, >, FDAR_CONFIDENCE_LOW);
	g_assert_cmpstr(some->verdict.function, ==, "note");
	g_assert_cmpint(some->verdict.confidence, >, FDAR_CONFIDENCE_LOW);
	g_assert_cmpstr(most->verdict.function, ==, "note");
	g_assert_cmpint(most->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	g_assert_nonnull(strstr(most->verdict.reason, "as a timer is"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/counts/never", test_never);
	g_test_add_func("/counts/timers-of-the-server", test_timers_of_the_server);
	return g_test_run();
}
