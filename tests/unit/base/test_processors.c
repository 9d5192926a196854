/* Processors: those that the process is bound to. */
#include "base/processors.h"

#include <glib.h>
#include <sched.h>

static void test_bound(void)
{
	cpu_set_t all, one;
	size_t first = 0;

	g_assert_cmpint(sched_getaffinity(0, sizeof(all), &all), ==, 0);
	g_assert_cmpuint(fdar_processors(), ==, (unsigned)CPU_COUNT(&all));
	while (!CPU_ISSET(first, &all))
		first++;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	g_assert_cmpint(sched_setaffinity(0, sizeof(one), &one), ==, 0);
	g_assert_cmpuint(fdar_processors(), ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/processors/bound", test_bound);
	return g_test_run();
}
