/* The invariants of what waits for a missing segment: they hold, and each kind of breach is found. */
#include "replay/sessions/waiting.h"
#include "tests/unit/kit/aborts.h"

static void keep(struct fdar_waiting *waiting, uint32_t seq, const char *text)
{
	size_t budget = 0;
	struct fdar_segment segment = {
		.bytes = (const uint8_t *)text, .seq = seq, .captured = 4, .length = 4
	};

	fdar_waiting_keep(waiting, &budget, &segment);
}

static void test_holds(void)
{
	struct fdar_waiting waiting = { 0 };
	size_t budget = SIZE_MAX / 2;

	/* Over the end of the numbers, out of order, and over one another. */
	keep(&waiting, UINT32_MAX - 1, "abcd");
	keep(&waiting, 10, "efgh");
	keep(&waiting, 0, "cdxx");
	fdar_waiting_check(&waiting);
	g_assert_cmpuint(waiting.count, ==, 3);
	while (waiting.head) {
		fdar_waiting_pop(&waiting, &budget);
		fdar_waiting_check(&waiting);
	}
}

static void miscount(void)
{
	struct fdar_waiting waiting = { 0 };

	keep(&waiting, 10, "abcd");
	waiting.bytes++;
	fdar_waiting_check(&waiting);
}

static void overlap(void)
{
	struct fdar_waiting waiting = { 0 };

	keep(&waiting, 10, "abcd");
	keep(&waiting, 20, "abcd");
	waiting.tail->segment.seq = 12;
	fdar_waiting_check(&waiting);
}

static void test_miscount(void)
{
	assert_aborts(miscount, "bytes == waiting->bytes");
}

static void test_overlap(void)
{
	assert_aborts(overlap, "last->segment.length");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/half-check/holds", test_holds);
	g_test_add_func("/half-check/miscount", test_miscount);
	g_test_add_func("/half-check/overlap", test_overlap);
	return g_test_run();
}
