/* The walk's invariants: they hold in a walk that is fed, and each kind of breach is found. */
#include "analyze/walk/walk_private.h"
#include "tests/unit/kit/aborts.h"

static const struct fdar_walk_visitor nobody;

/* A thread that works for a session, two calls deep. */
static struct fdar_walk *working(struct thread **thread)
{
	struct fdar_walk *walk = fdar_walk_new(&nobody, NULL);
	const struct fdar_event events[] = {
		{ .kind = FDAR_EVENT_SESSION_BEGIN, .pid = 1, .tid = 2, .addr = 7, .fd = -1 },
		{ .kind = FDAR_EVENT_FUNC_ENTRY, .pid = 1, .tid = 2, .addr = 100, .fd = -1 },
		{ .kind = FDAR_EVENT_FUNC_ENTRY, .pid = 1, .tid = 2, .addr = 200, .fd = -1 },
	};

	fdar_walk_feed(walk, events, G_N_ELEMENTS(events));
	*thread = g_ptr_array_index(walk->threads, 0);
	return walk;
}

static void test_holds(void)
{
	struct thread *thread;
	struct fdar_walk *walk = working(&thread);

	walk_check(walk, thread);
	g_assert_cmpuint(thread->frames->len, ==, 2);
	fdar_walk_finish(walk);
	walk_check(walk, thread);
	fdar_walk_free(walk);
}

static void miscount(void)
{
	struct thread *thread;
	struct fdar_walk *walk = working(&thread);

	thread->current_open++;
	walk_check(walk, thread);
}

static void claim_without_owner(void)
{
	struct thread *thread;
	struct fdar_walk *walk = working(&thread);

	walk_frame_at(thread, 1)->claim = CLAIM_SERVER;
	walk_check(walk, thread);
}

static void boundary_above(void)
{
	struct thread *thread;
	struct fdar_walk *walk = working(&thread);

	thread->boundary = 3;
	walk_check(walk, thread);
}

static void test_miscount(void)
{
	assert_aborts(miscount, "tally.current_open == thread->current_open");
}

static void test_claim(void)
{
	assert_aborts(claim_without_owner, "frame->claim == CLAIM_SESSION");
}

static void test_boundary(void)
{
	assert_aborts(boundary_above, "thread->boundary <= thread->frames->len");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/walk-check/holds", test_holds);
	g_test_add_func("/walk-check/miscount", test_miscount);
	g_test_add_func("/walk-check/claim", test_claim);
	g_test_add_func("/walk-check/boundary", test_boundary);
	return g_test_run();
}
