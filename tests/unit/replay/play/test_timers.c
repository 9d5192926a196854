/* Timers: they come in order, whatever is set, moved and removed, as a plain list says. */
#include <glib.h>

#include "replay/play/timers.h"

enum { COUNT = 300, STEPS = 20000 };

static void test_order(void)
{
	struct fdar_timer timers[5] = { 0 };
	static const uint64_t times[5] = { 50, 10, 30, 10, 40 };
	struct fdar_timers *heap = fdar_timers_new();
	uint64_t last = 0;

	for (size_t i = 0; i < 5; i++)
		fdar_timers_set(heap, &timers[i], times[i]);
	g_assert_cmpuint(fdar_timers_next(heap), ==, 10);
	g_assert_null(fdar_timers_expired(heap, 9));
	for (size_t i = 0; i < 5; i++) {
		struct fdar_timer *timer = fdar_timers_expired(heap, 50);

		g_assert_nonnull(timer);
		g_assert_cmpuint(timer->wake_ns, >=, last);
		last = timer->wake_ns;
	}
	g_assert_null(fdar_timers_expired(heap, 1000));
	g_assert_cmpuint(fdar_timers_next(heap), ==, FDAR_TIMER_NEVER);
	fdar_timers_free(heap);
}

/* Later and never: neither comes at the old time. */
static void test_moved(void)
{
	struct fdar_timer a = { 0 };
	struct fdar_timer b = { 0 };
	struct fdar_timers *heap = fdar_timers_new();

	fdar_timers_set(heap, &a, 10);
	fdar_timers_set(heap, &b, 20);
	fdar_timers_set(heap, &a, 30);
	g_assert_true(fdar_timers_expired(heap, 25) == &b);
	g_assert_null(fdar_timers_expired(heap, 25));
	fdar_timers_set(heap, &b, 26);
	fdar_timers_set(heap, &b, FDAR_TIMER_NEVER);
	g_assert_true(fdar_timers_expired(heap, 30) == &a);
	g_assert_null(fdar_timers_expired(heap, 1000));
	fdar_timers_set(heap, &b, 2000);
	g_assert_true(fdar_timers_expired(heap, 2000) == &b);
	fdar_timers_free(heap);
}

static uint64_t least(const struct fdar_timer *timers, const gboolean *used)
{
	uint64_t wake = FDAR_TIMER_NEVER;

	for (size_t i = 0; i < COUNT; i++)
		if (used[i])
			wake = MIN(wake, timers[i].wake_ns);
	return wake;
}

static void test_random(void)
{
	static struct fdar_timer timers[COUNT];
	static gboolean used[COUNT];
	struct fdar_timers *heap = fdar_timers_new();
	GRand *random = g_rand_new_with_seed(3);
	uint64_t now = 0;

	for (unsigned step = 0; step < STEPS; step++) {
		unsigned i = g_rand_int(random) % COUNT;
		struct fdar_timer *timer;

		switch (g_rand_int(random) % 4) {
		case 0:
			fdar_timers_remove(heap, &timers[i]);
			used[i] = FALSE;
			break;
		case 1:
			now += g_rand_int(random) % 50;
			for (;;) {
				uint64_t expected = least(timers, used);

				g_assert_cmpuint(fdar_timers_next(heap), <=, expected);
				timer = fdar_timers_expired(heap, now);
				if (!timer)
					break;
				g_assert_cmpuint(timer->wake_ns, ==, expected);
				used[timer - timers] = FALSE;
			}
			g_assert_cmpuint(least(timers, used), >, now);
			break;
		default:
			fdar_timers_set(heap, &timers[i], now + g_rand_int(random) % 2000);
			used[i] = TRUE;
		}
	}
	g_rand_free(random);
	fdar_timers_free(heap);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/timers/order", test_order);
	g_test_add_func("/timers/moved", test_moved);
	g_test_add_func("/timers/random", test_random);
	return g_test_run();
}
