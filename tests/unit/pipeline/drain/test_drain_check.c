/* The drain's invariants of a stream's list: they hold, and each kind of breach is found. */
#include "pipeline/drain/drain_stream.h"
#include "tests/unit/kit/aborts.h"

static void add(struct fdar_drain_stream *stream, uint64_t offset, uint64_t bytes, gboolean is_gap)
{
	struct fdar_drain_item *item = g_new0(struct fdar_drain_item, 1);

	item->entry.offset = offset;
	item->entry.bytes = bytes;
	item->is_gap = is_gap;
	item->gap.packets = is_gap ? 1 : 0;
	g_queue_push_tail(&stream->items, item);
	stream->backlog += is_gap ? 0 : bytes;
}

static void test_holds(void)
{
	struct fdar_drain_stream stream = { .tickets = 3, .turn = 2 };

	g_queue_init(&stream.items);
	fdar_drain_stream_check(&stream);
	add(&stream, 0, 4096, FALSE);
	add(&stream, 4096, 4096, TRUE);
	add(&stream, 8192, 4096, FALSE);
	fdar_drain_stream_check(&stream);
	g_queue_clear_full(&stream.items, g_free);
}

static void miscount(void)
{
	struct fdar_drain_stream stream = { 0 };

	add(&stream, 0, 4096, FALSE);
	stream.backlog = 1;
	fdar_drain_stream_check(&stream);
}

static void neighbours(void)
{
	struct fdar_drain_stream stream = { 0 };

	add(&stream, 0, 4096, TRUE);
	add(&stream, 4096, 4096, TRUE);
	fdar_drain_stream_check(&stream);
}

static void turn(void)
{
	struct fdar_drain_stream stream = { .tickets = 1, .turn = 2 };

	fdar_drain_stream_check(&stream);
}

static void test_miscount(void)
{
	assert_aborts(miscount, "bytes == stream->backlog");
}

static void test_neighbours(void)
{
	assert_aborts(neighbours, "!last->is_gap");
}

static void test_turn(void)
{
	assert_aborts(turn, "stream->turn <= stream->tickets");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/drain-check/holds", test_holds);
	g_test_add_func("/drain-check/miscount", test_miscount);
	g_test_add_func("/drain-check/neighbours", test_neighbours);
	g_test_add_func("/drain-check/turn", test_turn);
	return g_test_run();
}
