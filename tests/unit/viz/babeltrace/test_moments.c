/* viz/babeltrace: spans as moments in one order of time. */
#include <glib.h>

#include "viz/babeltrace/moments.h"

/* Two threads; on the first a call with two inside, one of which begins when the other ends, and one of no
 * length; all of one session, which is handed to the second. */
static struct fdar_span calls[] = {
	{ .start_ns = 10, .end_ns = 50, .id = 1, .thread = 0 },
	{ .start_ns = 10, .end_ns = 20, .id = 2, .thread = 0 },
	{ .start_ns = 20, .end_ns = 50, .id = 3, .thread = 0 },
	{ .start_ns = 30, .end_ns = 30, .id = 4, .thread = 0 },
	{ .start_ns = 20, .end_ns = 60, .id = 5, .thread = 1 },
};
static struct fdar_span_thread threads[] = { { 1, 1, "a", 1 }, { 1, 2, "b", 1 } };
static struct fdar_span_session sessions[] = {
	{ .id = 1, .begin_ns = 10, .end_ns = 60, .peer = "x", .what = "", .thread = 0 },
};
static struct fdar_span_handoff handoffs[] = {
	{ .put_ns = 20, .take_ns = 20, .queue = "q", .from = 0, .to = 1 },
};

static struct fdar_spans spans = {
	.spans = calls,
	.count = G_N_ELEMENTS(calls),
	.threads = threads,
	.thread_count = G_N_ELEMENTS(threads),
	.sessions = sessions,
	.session_count = G_N_ELEMENTS(sessions),
	.handoffs = handoffs,
	.handoff_count = G_N_ELEMENTS(handoffs),
	.unit = FDAR_UNIT_SESSION,
};

static void test_order(void)
{
	g_autoptr(GArray) moments = fdar_moments_new(&spans);
	g_autoptr(GArray) of_first = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autoptr(GArray) of_second = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint64_t last_ns = 0;

	g_assert_cmpuint(moments->len, ==, 2 * 5 + 2 + 2);
	for (guint i = 0; i < moments->len; i++) {
		const struct fdar_moment *moment = &g_array_index(moments, struct fdar_moment, i);
		GArray *stack = moment->thread ? of_second : of_first;

		g_assert_cmpuint(moment->time_ns, >=, last_ns);
		last_ns = moment->time_ns;
		if (moment->kind == FDAR_MOMENT_CALL_BEGIN)
			g_array_append_val(stack, moment->index);
		if (moment->kind != FDAR_MOMENT_CALL_END)
			continue;
		/* The innermost ends first. */
		g_assert_cmpuint(stack->len, >, 0);
		g_assert_cmpuint(g_array_index(stack, uint32_t, stack->len - 1), ==, moment->index);
		g_array_set_size(stack, stack->len - 1);
	}
	g_assert_cmpuint(of_first->len + of_second->len, ==, 0);
}

static void test_edges(void)
{
	g_autoptr(GArray) moments = fdar_moments_new(&spans);
	const struct fdar_moment *first = &g_array_index(moments, struct fdar_moment, 0);
	const struct fdar_moment *last =
		&g_array_index(moments, struct fdar_moment, moments->len - 1);
	gboolean put = FALSE;

	g_assert_cmpint(first->kind, ==, FDAR_MOMENT_SESSION_BEGIN);
	g_assert_cmpint(last->kind, ==, FDAR_MOMENT_SESSION_END);
	for (guint i = 0; i < moments->len; i++) {
		const struct fdar_moment *moment = &g_array_index(moments, struct fdar_moment, i);

		if (moment->kind == FDAR_MOMENT_HANDOFF_PUT)
			put = TRUE;
		if (moment->kind == FDAR_MOMENT_HANDOFF_TAKE)
			g_assert_true(put);
	}
}

/* What is on no thread that is known has no stream to stand in. */
static void test_no_thread(void)
{
	struct fdar_span_session lost = sessions[0];
	struct fdar_spans some = spans;

	lost.thread = FDAR_SPANS_NONE;
	some.sessions = &lost;
	g_autoptr(GArray) moments = fdar_moments_new(&some);
	g_assert_cmpuint(moments->len, ==, 2 * 5 + 2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/moments/order", test_order);
	g_test_add_func("/moments/edges", test_edges);
	g_test_add_func("/moments/no-thread", test_no_thread);
	return g_test_run();
}
