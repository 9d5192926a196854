/* What of a trace is kept when one thread is the story. */
#include "analyze/story/story_thread.h"
#include "analyze/walk/walk.h"
#include "tests/unit/kit/event_script.h"

static void on_frame(void *user, const struct fdar_walk_frame *frame)
{
	GString *out = user;

	g_assert_nonnull(frame->session);
	g_assert_cmpstr(frame->session->peer, ==, "thread t");
	g_string_append_printf(out, "%u..%u ", (unsigned)frame->start_ns, (unsigned)frame->end_ns);
}

/* All that the thread did is the one session's: whoever it worked for, and where it waited for work. */
static void test_filter(void)
{
	static const struct fdar_walk_visitor visitor = { .frame = on_frame };
	g_autoptr(script_auto) script =
		script_new("A 1 +loop 2 wait:POLL:epoll 3 w:1 4 begin:7:c:5 5 +f 6 -f 7 suspend:7 "
			   "8 wait:ACCEPT:a "
			   "9 w:5 10 +g 11 io:READ:5:3 12 wait:COND:q 13 w:0 14 -g 20 -loop\n"
			   "B 1 +other 30 -other\n"
			   "2A 1 +namesake 30 -namesake\n");
	struct story_thread_filter filter = { .pid = 1, .tid = 'A', .peer = (char *)"thread t" };
	g_autofree struct fdar_event *kept = g_new(struct fdar_event, script->events->len + 1);
	GString *out = g_string_new(NULL);
	g_autoptr(fdar_walk) walk = fdar_walk_new(&visitor, out);
	struct fdar_walk_stats stats;

	/* One by one: a batch of any size will do. */
	for (guint i = 0; i < script->events->len; i++)
		fdar_walk_feed(walk, kept,
			       story_thread_filter(&filter, script_events(script) + i, 1, kept));
	fdar_walk_finish(walk);
	fdar_walk_get_stats(walk, &stats);
	g_assert_cmpstr(out->str, ==, "2..3 5..6 8..9 12..13 10..14 1..20 ");
	g_assert_cmpuint(stats.sessions, ==, 1);
	g_assert_cmpuint(stats.threads, ==, 1);
	g_string_free(out, TRUE);
}

static void test_matches(void)
{
	g_autoptr(script_auto) script = script_new("A 1 name:worker 2 +f\n");
	const struct fdar_event *events = script_events(script);

	g_assert_true(story_thread_matches(&events[0], "worker", "worker"));
	g_assert_true(story_thread_matches(&events[0], "worker", "65"));
	g_assert_true(story_thread_matches(&events[1], "", "65"));
	g_assert_false(story_thread_matches(&events[0], "worker", "work"));
	g_assert_false(story_thread_matches(&events[1], "", "worker"));
	g_assert_false(story_thread_matches(&events[1], "", "66"));
	g_assert_false(story_thread_matches(&events[1], "", ""));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/story_thread/filter", test_filter);
	g_test_add_func("/story_thread/matches", test_matches);
	return g_test_run();
}
