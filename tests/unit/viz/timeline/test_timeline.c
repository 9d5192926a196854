/* Timelines and hand-off graphs: what is in them, how large they get, what a strange name does. */
#include <glib.h>
#include <string.h>

#include "viz/timeline/timeline.h"

static const char *no_text(const void *texts, uint32_t id)
{
	static const char *const names[] = { "", "<b>&\"\x1b[31m", "worker-1", "worker-2" };

	(void)texts;
	return id < G_N_ELEMENTS(names) ? names[id] : "q";
}

/* So many threads, each busy for a session of its own at its own time, and a hand-off to each. */
static struct fdar_activity *busy(uint32_t threads, uint32_t times)
{
	struct fdar_activity *activity = fdar_activity_new(no_text, NULL);

	fdar_activity_start(activity, 1000);
	for (uint32_t i = 0; i < threads * times; i++) {
		struct fdar_walk_session session = { .id = i + 1,
						     .peer = "<p>",
						     .begin_ns = 1000 + i * 10000 };
		struct fdar_walk_frame frame = { .session = &session,
						 .pid = 1,
						 .tid = 1 + i % threads,
						 .thread_name = 1 + i % 3,
						 .start_ns = session.begin_ns,
						 .end_ns = session.begin_ns + 5000,
						 .self_ns = 4000 };
		struct fdar_walk_handoff handoff = { .session = &session,
						     .queue = 9,
						     .pid = 1,
						     .from_tid = 1,
						     .to_tid = frame.tid,
						     .put_ns = frame.start_ns - 500,
						     .take_ns = frame.start_ns,
						     .end_ns = frame.start_ns };

		fdar_activity_session(activity, &session);
		fdar_activity_frame(activity, &frame);
		fdar_activity_handoff(activity, &handoff);
	}
	fdar_activity_finish(activity);
	return activity;
}

static void check_markup(const GString *svg)
{
	static const GMarkupParser parser;
	g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
	g_autoptr(GError) error = NULL;

	g_markup_parse_context_parse(context, svg->str, (gssize)svg->len, &error);
	g_assert_no_error(error);
	g_assert_true(g_markup_parse_context_end_parse(context, &error));
	g_assert_null(strstr(svg->str, "<b>"));
	g_assert_null(strstr(svg->str, "\x1b"));
}

static guint count(const char *text, const char *word)
{
	guint found = 0;

	for (const char *at = text; (at = strstr(at, word)); at++)
		found++;
	return found;
}

static void test_timeline(void)
{
	g_autoptr(fdar_activity) activity = busy(3, 4);
	struct fdar_timeline_options options = { .title = "a < b" };
	GString *svg = fdar_timeline_svg(activity, &options);

	check_markup(svg);
	g_assert_nonnull(strstr(svg->str, "worker-1 · 2<"));
	g_assert_nonnull(strstr(svg->str, "3 threads, 12 sessions, 12 hand-offs in"));
	g_assert_nonnull(strstr(svg->str, "&lt;p&gt;"));
	g_string_free(svg, TRUE);
	options.session = 5;
	svg = fdar_timeline_svg(activity, &options);
	g_assert_nonnull(strstr(svg->str, "the session that is drawn"));
	g_string_free(svg, TRUE);
}

/* A thread that did nothing has no row, and is counted. */
static void test_blank(void)
{
	g_autoptr(fdar_activity) activity = busy(3, 4);
	const struct fdar_activity_thread idle = { .name = g_strdup("sleeper"),
						   .tid = 99,
						   .slots = g_new0(struct fdar_activity_slot,
								   FDAR_ACTIVITY_SLOTS) };
	struct fdar_timeline_options options = { .title = NULL };
	GString *svg;

	g_array_append_val(activity->threads, idle);
	svg = fdar_timeline_svg(activity, &options);
	g_assert_null(strstr(svg->str, "sleeper"));
	g_assert_nonnull(strstr(svg->str, "worker-1 · 2<"));
	g_assert_nonnull(strstr(svg->str, "4 threads, "));
	g_assert_nonnull(strstr(svg->str, "1 thread did next to nothing and is left out"));
	g_string_free(svg, TRUE);
}

/* Hundreds of threads and many sessions: the picture stays small enough for a report. */
static void test_large(void)
{
	g_autoptr(fdar_activity) activity = busy(300, 40);
	struct fdar_timeline_options options = { .id = "t" };
	GString *svg = fdar_timeline_svg(activity, &options);

	check_markup(svg);
	g_assert_cmpuint(svg->len, <, 900000);
	g_assert_cmpuint(count(svg->str, "<rect"), <, 3200);
	g_assert_nonnull(strstr(svg->str, "the busiest 40 threads"));
	g_string_free(svg, TRUE);
}

static void test_handoffs(void)
{
	g_autoptr(fdar_activity) activity = busy(6, 10);
	struct fdar_timeline_options options = { .title = NULL };
	GString *svg = fdar_handoffs_svg(activity, &options);

	check_markup(svg);
	g_assert_nonnull(strstr(svg->str, ">worker ×4<"));
	g_assert_nonnull(strstr(svg->str, ">q<"));
	g_assert_nonnull(strstr(svg->str, "longest 500 ns"));
	g_string_free(svg, TRUE);
}

static void test_nothing(void)
{
	struct fdar_activity *activity = fdar_activity_new(no_text, NULL);
	struct fdar_timeline_options options = { .title = NULL };
	GString *svg;

	fdar_activity_start(activity, 0);
	fdar_activity_finish(activity);
	svg = fdar_timeline_svg(activity, &options);
	check_markup(svg);
	g_string_free(svg, TRUE);
	svg = fdar_handoffs_svg(activity, &options);
	check_markup(svg);
	g_assert_nonnull(strstr(svg->str, "No object went from one thread to another"));
	g_string_free(svg, TRUE);
	fdar_activity_free(activity);
}

static void test_role(void)
{
	static const char *const names[][2] = { { "worker-14", "worker" },
						{ "io_thd_1", "io_thd" },
						{ "42", "42" },
						{ "listener", "listener" },
						{ "h2", "h" },
						{ "", "" } };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *role = fdar_timeline_role(names[i][0]);

		g_assert_cmpstr(role, ==, names[i][1]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/timeline/threads", test_timeline);
	g_test_add_func("/timeline/blank", test_blank);
	g_test_add_func("/timeline/large", test_large);
	g_test_add_func("/timeline/handoffs", test_handoffs);
	g_test_add_func("/timeline/nothing", test_nothing);
	g_test_add_func("/timeline/role", test_role);
	return g_test_run();
}
