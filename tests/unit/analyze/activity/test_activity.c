/* Activity: nothing is lost by merging slots of time, and bounds hold. */
#include <glib.h>
#include <string.h>

#include "analyze/activity/activity.h"
#include "tests/unit/kit/event_script.h"

static const char *text_of(const void *texts, uint32_t id)
{
	return script_name(texts, id);
}

static struct fdar_activity *activity_of(const char *text)
{
	g_autoptr(script_auto) script = script_new(text);
	struct fdar_activity *activity = fdar_activity_new(text_of, script);
	struct fdar_walk *walk = fdar_walk_new(&fdar_activity_visitor, activity);

	fdar_activity_start(activity, script_events(script)[0].time_ns);
	fdar_walk_feed(walk, script_events(script), script->events->len);
	fdar_walk_finish(walk);
	fdar_activity_finish(activity);
	fdar_walk_free(walk);
	return activity;
}

static const struct fdar_activity_thread *thread(const struct fdar_activity *activity, guint index)
{
	g_assert_cmpuint(index, <, activity->threads->len);
	return &g_array_index(activity->threads, struct fdar_activity_thread, index);
}

/* The slots of a thread are its sums, whatever was merged. */
static void check_sums(const struct fdar_activity *activity)
{
	for (guint t = 0; t < activity->threads->len; t++) {
		const struct fdar_activity_thread *of = thread(activity, t);
		uint64_t run = 0, wait = 0, server = 0;

		for (guint i = 0; i < FDAR_ACTIVITY_SLOTS; i++) {
			run += of->slots[i].run_ns;
			wait += of->slots[i].wait_ns;
			server += of->slots[i].server_ns;
			g_assert_cmpuint(of->slots[i].session_ns, <=,
					 of->slots[i].run_ns + of->slots[i].wait_ns);
		}
		g_assert_cmpuint(run, ==, of->run_ns);
		g_assert_cmpuint(wait, ==, of->wait_ns);
		g_assert_cmpuint(server, ==, of->server_ns);
	}
}

static void test_who(void)
{
	g_autoptr(fdar_activity) activity = activity_of(
		"A 1000 begin:7:peer 1000 {serve 5000 wait:IO:recv 9000 w 11000 }serve 12000 "
		"end:7 20000 {loop 21000 }loop");
	const struct fdar_activity_thread *only = thread(activity, 0);

	check_sums(activity);
	g_assert_cmpuint(activity->session_count, ==, 1);
	g_assert_cmpstr(fdar_activity_peer(activity, 1), ==, "peer");
	g_assert_null(fdar_activity_peer(activity, 2));
	g_assert_cmpuint(only->run_ns, ==, 6000);
	g_assert_cmpuint(only->wait_ns, ==, 4000);
	g_assert_cmpuint(only->server_ns, ==, 1000);
	g_assert_cmpuint(activity->begin_ns, ==, 1000);
	g_assert_cmpuint(activity->end_ns, ==, 21000);
	/* 1 us a slot: in that of 6 to 7 us it waits */
	g_assert_cmpuint(activity->slot_ns, ==, 1000);
	g_assert_cmpuint(only->slots[5].wait_ns, ==, 1000);
	g_assert_cmpuint(only->slots[5].session, ==, 1);
}

static void test_long(void)
{
	GString *script = g_string_new("A 0 begin:7:p ");
	g_autoptr(fdar_activity) activity = NULL;

	for (guint64 i = 1; i < 2000; i++)
		g_string_append_printf(script, "%" G_GUINT64_FORMAT " {a %" G_GUINT64_FORMAT " }a ",
				       i * 7919 * i, i * 7919 * i + 500);
	activity = activity_of(script->str);
	check_sums(activity);
	g_assert_cmpuint(thread(activity, 0)->run_ns, ==, 1999 * 500);
	g_assert_cmpuint((activity->end_ns - activity->begin_ns) / activity->slot_ns, <,
			 FDAR_ACTIVITY_SLOTS);
	g_assert_cmpuint((activity->end_ns - activity->begin_ns) / activity->slot_ns, >=,
			 FDAR_ACTIVITY_SLOTS / 2);
	g_string_free(script, TRUE);
}

static void test_handoffs(void)
{
	GString *script = g_string_new("A 0 name:main ");
	g_autoptr(fdar_activity) activity = NULL;
	const struct fdar_activity_edge *edge;

	for (guint i = 1; i <= 1000; i++)
		g_string_append_printf(script, "%u put:%u:q ", i * 100, i);
	g_string_append(script, "\nB 0 name:worker ");
	for (guint i = 1; i <= 990; i++)
		g_string_append_printf(script, "%u take:%u:q ", i * 100 + i % 50 + 1, i);
	activity = activity_of(script->str);
	g_assert_cmpuint(activity->handoff_count, ==, 1000);
	g_assert_cmpuint(activity->handoffs->len, ==, FDAR_ACTIVITY_HANDOFFS);
	g_assert_cmpuint(activity->edges->len, ==, 2);
	edge = &g_array_index(activity->edges, struct fdar_activity_edge, 0);
	g_assert_cmpstr(edge->queue, ==, "q");
	g_assert_cmpuint(edge->count, ==, 990);
	g_assert_cmpuint(edge->wait_ns.max, ==, 50);
	edge = &g_array_index(activity->edges, struct fdar_activity_edge, 1);
	g_assert_cmpuint(edge->to, ==, UINT32_MAX);
	g_assert_cmpuint(edge->count, ==, 10);
	/* those that waited longest are kept, in order of time */
	for (guint i = 0; i < activity->handoffs->len; i++) {
		const struct fdar_activity_handoff *handoff =
			&g_array_index(activity->handoffs, struct fdar_activity_handoff, i);

		g_assert_cmpuint(handoff->take_ns - handoff->put_ns, >=, 37);
		g_assert_true(i == 0 || handoff->put_ns >= handoff[-1].put_ns);
	}
	g_string_free(script, TRUE);
}

static void test_many_threads(void)
{
	struct fdar_activity *activity = fdar_activity_new(text_of, NULL);

	fdar_activity_start(activity, 5);
	for (uint32_t tid = 1; tid <= FDAR_ACTIVITY_THREADS + 5; tid++) {
		struct fdar_walk_frame frame = {
			.pid = 1, .tid = tid, .start_ns = 10, .end_ns = UINT64_MAX / 2, .self_ns = 7
		};

		fdar_activity_frame(activity, &frame);
	}
	g_assert_cmpuint(activity->threads->len, ==, FDAR_ACTIVITY_THREADS);
	g_assert_cmpuint(activity->over, ==, 5);
	check_sums(activity);
	fdar_activity_free(activity);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/activity/who", test_who);
	g_test_add_func("/activity/long", test_long);
	g_test_add_func("/activity/handoffs", test_handoffs);
	g_test_add_func("/activity/many-threads", test_many_threads);
	return g_test_run();
}
