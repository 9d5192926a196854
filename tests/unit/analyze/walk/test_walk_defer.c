/* Closed frames that wait for an owner, more of them than are kept one by one: they are summed up, and
 * nothing of them is lost. */
#include "tests/unit/kit/walk_story.h"

#define TURNS 400000u /* of three calls each: over a million frames that nobody has yet */

/* What was told, as sums and one by one, of sessions [1] and of the server [0]. */
struct told {
	uint64_t calls[2], self_ns[2], total_ns[2], sums;
};

static void on_costs(void *user, const struct fdar_walk_cost *costs, size_t count)
{
	struct told *told = user;

	for (size_t i = 0; i < count; i++) {
		unsigned who = costs[i].session != NULL;

		told->calls[who]++;
		told->self_ns[who] += costs[i].self_ns;
		told->total_ns[who] += costs[i].recursive ? 0 : costs[i].total_ns;
	}
}

static void on_sum(void *user, const struct fdar_walk_sum *sum)
{
	struct told *told = user;
	unsigned who = sum->cost.session != NULL;

	told->sums++;
	told->calls[who] += sum->calls;
	told->self_ns[who] += sum->cost.self_ns;
	told->total_ns[who] += sum->cost.recursive ? 0 : sum->cost.total_ns;
	g_assert_cmpuint(sum->total_ns->count, ==, sum->cost.recursive ? 0 : sum->calls);
	g_assert_cmpuint(sum->total_ns->sum, ==, sum->cost.recursive ? 0 : sum->cost.total_ns);
}

static const struct fdar_walk_visitor visitor = { .costs = on_costs, .sum = on_sum };

static void feed(struct fdar_walk *walk, uint8_t kind, uint64_t addr, uint64_t time_ns)
{
	struct fdar_event event = {
		.kind = kind, .addr = addr, .time_ns = time_ns, .pid = 1, .tid = 1, .fd = -1
	};

	fdar_walk_feed(walk, &event, 1);
}

/* f of 10 ns with g of 4 ns in it, that calls f again for 1 ns. Gives when it is over. */
static uint64_t turn(struct fdar_walk *walk, uint64_t now_ns)
{
	static const struct {
		uint8_t kind;
		uint8_t addr, at;
	} events[] = { { FDAR_EVENT_FUNC_ENTRY, 1, 0 }, { FDAR_EVENT_FUNC_ENTRY, 2, 3 },
		       { FDAR_EVENT_FUNC_ENTRY, 1, 4 }, { FDAR_EVENT_FUNC_EXIT, 1, 5 },
		       { FDAR_EVENT_FUNC_EXIT, 2, 7 },  { FDAR_EVENT_FUNC_EXIT, 1, 10 } };

	for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
		feed(walk, events[i].kind, events[i].addr, now_ns + events[i].at);
	return now_ns + 10;
}

static void check_all(const struct told *told, unsigned who)
{
	g_assert_cmpuint(told->calls[who], ==, 3 * (uint64_t)TURNS);
	g_assert_cmpuint(told->self_ns[who], ==, 10 * (uint64_t)TURNS);
	g_assert_cmpuint(told->total_ns[who], ==, 14 * (uint64_t)TURNS);
	g_assert_cmpuint(told->calls[!who], ==, 0);
	/* By paths, not by calls: f, f > g, and the f in that, which is on the first's path. */
	g_assert_cmpuint(told->sums, ==, 3);
}

static void test_adopted(void)
{
	struct told told = { 0 };
	g_autoptr(fdar_walk) walk = fdar_walk_new(&visitor, &told);
	struct fdar_walk_stats stats;
	uint64_t now_ns = 0;

	for (uint32_t i = 0; i < TURNS; i++)
		now_ns = turn(walk, now_ns);
	fdar_walk_get_stats(walk, &stats);
	g_assert_cmpuint(stats.frames, ==, 0);
	feed(walk, FDAR_EVENT_SESSION_BEGIN, 7, now_ns);
	check_all(&told, 1);
	fdar_walk_finish(walk);
	fdar_walk_get_stats(walk, &stats);
	g_assert_cmpuint(stats.pending_over, ==, 0);
	g_assert_cmpuint(stats.frames, ==, 3 * (uint64_t)TURNS);
	g_assert_cmpuint(stats.calls[FDAR_FRAME_FUNCTION], ==, 3 * (uint64_t)TURNS);
	g_assert_cmpuint(stats.adopted, ==, 3 * (uint64_t)TURNS);
	g_assert_cmpuint(stats.deferred, ==, 3 * (uint64_t)TURNS - FDAR_WALK_PENDING_MAX);
}

/* A boundary comes before any session: it was the server's work. Nothing of it is left for the next. */
static void test_server(void)
{
	struct told told = { 0 };
	g_autoptr(fdar_walk) walk = fdar_walk_new(&visitor, &told);
	struct fdar_walk_stats stats;
	struct fdar_event poll = {
		.kind = FDAR_EVENT_WAIT_BEGIN, .wait = FDAR_WAIT_POLL, .pid = 1, .tid = 1
	};
	uint64_t now_ns = 0;

	for (uint32_t i = 0; i < TURNS; i++)
		now_ns = turn(walk, now_ns);
	poll.time_ns = now_ns;
	fdar_walk_feed(walk, &poll, 1);
	check_all(&told, 0);
	poll.kind = FDAR_EVENT_WAIT_END;
	fdar_walk_feed(walk, &poll, 1);
	feed(walk, FDAR_EVENT_SESSION_BEGIN, 7, now_ns);
	fdar_walk_get_stats(walk, &stats);
	g_assert_cmpuint(stats.pending_over, ==, 0);
	g_assert_cmpuint(stats.adopted, ==, 0);
}

/* The session was put into the queue in the middle of that. When each of a sum's calls was, is not known:
 * all is the server's, and that it may be wrong is counted. */
static void test_taken(void)
{
	struct told told = { 0 };
	g_autoptr(fdar_walk) walk = fdar_walk_new(&visitor, &told);
	struct fdar_walk_stats stats;
	struct fdar_event put = {
		.kind = FDAR_EVENT_HANDOFF_PUT, .addr = 7, .name = 3, .pid = 1, .tid = 2
	};
	uint64_t now_ns = 0, opened_ns;

	for (uint32_t i = 0; i < TURNS; i++) {
		now_ns = turn(walk, now_ns);
		if (i != TURNS / 2)
			continue;
		struct fdar_event begin = { .kind = FDAR_EVENT_SESSION_BEGIN,
					    .addr = 7,
					    .pid = 1,
					    .tid = 2,
					    .fd = -1,
					    .time_ns = now_ns };

		put.time_ns = now_ns;
		fdar_walk_feed(walk, &begin, 1);
		fdar_walk_feed(walk, &put, 1);
	}
	/* Open when it is taken, and opened after the put: it is the session's, what was in it is not. */
	opened_ns = now_ns;
	feed(walk, FDAR_EVENT_FUNC_ENTRY, 3, opened_ns);
	now_ns = turn(walk, now_ns);
	put.kind = FDAR_EVENT_HANDOFF_TAKE;
	put.tid = 1;
	put.time_ns = now_ns;
	fdar_walk_feed(walk, &put, 1);
	g_assert_cmpuint(told.calls[0], ==, 3 * ((uint64_t)TURNS + 1));
	g_assert_cmpuint(told.self_ns[0], ==, 10 * ((uint64_t)TURNS + 1));
	feed(walk, FDAR_EVENT_FUNC_EXIT, 3, now_ns + 5);
	g_assert_cmpuint(told.calls[1], ==, 1);
	g_assert_cmpuint(told.self_ns[1], ==, 5);
	g_assert_cmpuint(told.total_ns[1], ==, 5);
	fdar_walk_get_stats(walk, &stats);
	g_assert_cmpuint(stats.pending_over, ==, 3 * ((uint64_t)TURNS + 1) - FDAR_WALK_PENDING_MAX);
}

/* All of the sums came after the put: they are the session's. */
static void test_taken_later(void)
{
	struct told told = { 0 };
	g_autoptr(fdar_walk) walk = fdar_walk_new(&visitor, &told);
	struct fdar_walk_stats stats;
	struct fdar_event event = { .kind = FDAR_EVENT_SESSION_BEGIN,
				    .addr = 7,
				    .pid = 1,
				    .tid = 2,
				    .fd = -1,
				    .time_ns = 10 };
	uint64_t now_ns;

	now_ns = turn(walk, 0);
	fdar_walk_feed(walk, &event, 1);
	event.kind = FDAR_EVENT_HANDOFF_PUT;
	fdar_walk_feed(walk, &event, 1);
	for (uint32_t i = 1; i < TURNS; i++)
		now_ns = turn(walk, now_ns);
	event.kind = FDAR_EVENT_HANDOFF_TAKE;
	event.tid = 1;
	event.time_ns = now_ns;
	fdar_walk_feed(walk, &event, 1);
	fdar_walk_finish(walk);
	fdar_walk_get_stats(walk, &stats);
	g_assert_cmpuint(stats.pending_over, ==, 0);
	g_assert_cmpuint(told.calls[0], ==, 3);
	g_assert_cmpuint(told.calls[1], ==, 3 * ((uint64_t)TURNS - 1));
	g_assert_cmpuint(told.self_ns[1], ==, 10 * ((uint64_t)TURNS - 1));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/walk/deferred-adopted", test_adopted);
	g_test_add_func("/walk/deferred-server", test_server);
	g_test_add_func("/walk/deferred-taken", test_taken);
	g_test_add_func("/walk/deferred-taken-later", test_taken_later);
	return g_test_run();
}
