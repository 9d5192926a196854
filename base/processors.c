#include "base/processors.h"

#include <glib.h>
#include <sched.h>

#define MOST (1u << 16) /* of the processors that are asked for: kernels know of fewer */

unsigned fdar_processors(void)
{
	/* A set that is smaller than the kernel's is refused. */
	for (unsigned room = 1u << 10; room <= MOST; room *= 2) {
		cpu_set_t *set = CPU_ALLOC(room);
		int count = 0;

		if (set && sched_getaffinity(0, CPU_ALLOC_SIZE(room), set) == 0)
			count = CPU_COUNT_S(CPU_ALLOC_SIZE(room), set);
		CPU_FREE(set);
		if (count > 0)
			return (unsigned)count;
	}
	return g_get_num_processors();
}
