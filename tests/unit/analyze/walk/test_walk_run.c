/* Calls that are fed many at a time, where very many paths are made of them and much is looked for ahead: what
 * is told is the same as of one at a time. */
#include <string.h>

#include "analyze/walk/walk.h"

#define EVENTS    300000u
#define BATCH     512u
#define FUNCTIONS 300u
#define DEEPEST   12u

/* What is told of frames, in its order. */
struct told {
	uint64_t self_ns, total_ns, calls;
	uint32_t path, recursive, sum, unused;
};

static void keep(GArray *all, const struct fdar_walk_cost *cost, uint64_t calls, gboolean sum)
{
	struct told told = { 0 };

	told.self_ns = cost->self_ns;
	told.total_ns = cost->total_ns;
	told.calls = calls;
	told.path = cost->path;
	told.recursive = cost->recursive;
	told.sum = sum != FALSE;
	g_array_append_val(all, told);
}

static void on_costs(void *user, const struct fdar_walk_cost *costs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		keep(user, &costs[i], 1, FALSE);
}

static void on_sum(void *user, const struct fdar_walk_sum *sum)
{
	keep(user, &sum->cost, sum->calls, TRUE);
}

static const struct fdar_walk_visitor visitor = { .costs = on_costs, .sum = on_sum };

static void add(GArray *events, uint8_t kind, uint64_t function, uint64_t *now_ns)
{
	struct fdar_event event = { .kind = kind, .addr = function, .pid = 1, .tid = 2, .fd = -1 };

	event.time_ns = ++*now_ns;
	if (kind == FDAR_EVENT_FUNC_CALL) {
		event.called.ns = 3;
		*now_ns += 3;
	}
	g_array_append_val(events, event);
}

/* A call tree drawn at random: most of its paths are new, and a function may be in itself. */
static GArray *draw(guint32 seed, gboolean session)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
	GArray *events = g_array_new(FALSE, FALSE, sizeof(struct fdar_event));
	uint64_t open[DEEPEST], now_ns = 0;
	unsigned depth = 0;

	if (session)
		add(events, FDAR_EVENT_SESSION_BEGIN, 7, &now_ns);
	while (events->len < EVENTS) {
		uint64_t function = (uint64_t)g_rand_int_range(rand, 1, FUNCTIONS);
		gint32 what = g_rand_int_range(rand, 0, 5);

		if (what < 2 && depth < DEEPEST) {
			add(events, FDAR_EVENT_FUNC_ENTRY, function, &now_ns);
			open[depth++] = function;
		} else if (what == 2) {
			add(events, FDAR_EVENT_FUNC_CALL, function, &now_ns);
		} else if (depth) {
			add(events, FDAR_EVENT_FUNC_EXIT, open[--depth], &now_ns);
		}
	}
	return events;
}

static GArray *tell(const GArray *events, size_t batch)
{
	GArray *told = g_array_new(FALSE, FALSE, sizeof(struct told));
	g_autoptr(fdar_walk) walk = fdar_walk_new(&visitor, told);

	for (size_t i = 0; i < events->len; i += batch)
		fdar_walk_feed(walk, &g_array_index(events, struct fdar_event, i),
			       MIN(batch, events->len - i));
	fdar_walk_finish(walk);
	return told;
}

static void check(gboolean session)
{
	for (guint32 seed = 1; seed <= 2; seed++) {
		g_autoptr(GArray) events = draw(seed, session);
		g_autoptr(GArray) one_by_one = tell(events, 1), many = tell(events, BATCH);
		uint32_t paths = 0, recursive = 0;

		g_assert_cmpuint(one_by_one->len, ==, many->len);
		g_assert_cmpint(memcmp(one_by_one->data, many->data,
				       many->len * sizeof(struct told)),
				==, 0);
		for (guint i = 0; i < many->len; i++) {
			const struct told *told = &g_array_index(many, struct told, i);

			paths = MAX(paths, told->path);
			recursive += told->recursive;
		}
		g_assert_cmpuint(paths, >, 50000);
		g_assert_cmpuint(recursive, >, 100);
	}
}

static void test_session(void)
{
	check(TRUE);
}

/* Nobody's: beyond some they are summed up. */
static void test_nobody(void)
{
	check(FALSE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/walk/run-session", test_session);
	g_test_add_func("/walk/run-nobody", test_nobody);
	return g_test_run();
}
