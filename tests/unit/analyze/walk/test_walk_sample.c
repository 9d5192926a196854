/* Whose work a thread is at when somebody looks: as whatever else it does then. */
#include "tests/unit/kit/event_script.h"

#include "analyze/walk/walk.h"

static void on_sample(void *user, const struct fdar_walk_sample *sample)
{
	GString *text = user;

	g_string_append_printf(text, "%c:", (char)sample->sample);
	if (sample->session)
		g_string_append_printf(text, "s%" G_GUINT64_FORMAT, sample->session->id);
	else
		g_string_append(text, sample->is_known ? "-" : "?");
	g_string_append(text, sample->wait ? "w " : " ");
}

/* A look is an event "look:X", told as "X:s1 ", "X:- " (the server's), with a w in a wait. */
static void expect(const char *looks, const char *script_of, const char *expected)
{
	static const struct fdar_walk_visitor visitor = { .sample = on_sample };
	g_autoptr(script_auto) script = script_new(script_of);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(fdar_walk) walk = fdar_walk_new(&visitor, text);

	for (guint i = 0; i < script->events->len; i++) {
		const struct fdar_event *event =
			&g_array_index(script->events, struct fdar_event, i);

		/* "A5": thread A at time 5. */
		for (const char *at = looks; *at; at++)
			if (g_ascii_isupper(*at) && i && (uint64_t)(at[1] - '0') == event->time_ns)
				fdar_walk_sample(walk, 1, (uint32_t)*at, event->time_ns - 1,
						 (uint64_t)at[1]);
		fdar_walk_feed(walk, event, 1);
	}
	fdar_walk_finish(walk);
	g_assert_cmpstr(text->str, ==, expected);
}

static void test_owner(void)
{
	/* Before the first event of the session, in it, after it. */
	expect("A2 A4 A6", "A 1 +f 2 begin:1:p:7 4 -f 5 end:1 6 +g 7 -g", "2:s1 4:s1 6:- ");
	/* What was done since the wait's end is adopted; in the wait it is nobody's. */
	expect("A3 A5 A6", "A 1 begin:1:p:7 2 wait:POLL:poll 3 w 4 +f 5 -f 6 io:READ:7:1 9 end:1",
	       "3:-w 5:s1 6:s1 ");
	/* A wait for one client is his. */
	expect("A3", "A 1 begin:1:p:7 2 wait:IO:read:7 3 w 9 end:1", "3:s1w ");
}

static void test_unknown(void)
{
	expect("B2", "A 1 begin:1:p:7 2 end:1", "2:? ");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/walk_sample/owner", test_owner);
	g_test_add_func("/walk_sample/unknown", test_unknown);
	return g_test_run();
}
