/* The ring that a process writes its samples to: who is overtaken by others neither says that theirs are whole nor
 * writes among them. */
#include <glib.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "ticks/ring.h"
#include "tests/unit/kit/remove_tree.h"

static char *ring_make(void)
{
	char *folder = g_dir_make_tmp("flowdar-ring-XXXXXX", NULL);

	g_assert_true(fdar_ring_make(folder, 0));
	return folder;
}

static void write_some(guint count)
{
	for (guint i = 0; i < count; i++) {
		uint64_t turn;
		struct fdar_tick *tick = fdar_ring_begin(&turn);

		g_assert_nonnull(tick);
		fdar_ring_end(tick, turn);
		g_assert_cmpuint(tick->turn, ==, turn + 1);
	}
}

static void test_overtaken(void)
{
	g_autofree char *folder = ring_make();
	uint64_t slow_turn, turn;
	struct fdar_tick *slow = fdar_ring_begin(&slow_turn);

	g_assert_nonnull(slow);
	g_assert_cmpuint(slow->turn, ==, 1);
	for (guint round = 1; round < FDAR_RING_ROUNDS; round++) {
		write_some(FDAR_TICKS_PLACES - 1);
		g_assert_null(fdar_ring_begin(&turn)); /* its place */
	}
	fdar_ring_end(slow, slow_turn);
	g_assert_cmpuint(slow->turn, ==, 2);
	write_some(2 * FDAR_TICKS_PLACES);
	remove_tree(folder);
}

/* One that never comes back does not keep its place; should it come, it is not its own any more. */
static void test_gone(void)
{
	g_autofree char *folder = ring_make();
	uint64_t gone_turn, turn;
	struct fdar_tick *gone = fdar_ring_begin(&gone_turn), *next;

	for (guint round = 1; round < FDAR_RING_ROUNDS; round++) {
		write_some(FDAR_TICKS_PLACES - 1);
		g_assert_null(fdar_ring_begin(&turn));
	}
	write_some(FDAR_TICKS_PLACES - 1);
	next = fdar_ring_begin(&turn);
	g_assert_true(next == gone);
	fdar_ring_end(gone, gone_turn);
	g_assert_cmpuint(next->turn, ==, turn);
	fdar_ring_end(next, turn);
	g_assert_cmpuint(next->turn, ==, turn + 1);
	remove_tree(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ring/overtaken", test_overtaken);
	g_test_add_func("/ring/gone", test_gone);
	return g_test_run();
}
