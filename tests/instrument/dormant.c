/*
 * Macros that write nothing, in a loop: dormant.sh counts their instructions.
 *
 * MACRO is what is in the loop. With OFFERED the program has a provider whose events are all off, as
 * when the library is loaded and nobody records; without it, nothing is loaded.
 */
#include <stdlib.h>

#include <flowdar/flowdar.h>

#ifdef OFFERED
static const int off;
static void never(const char *name)
{
	(void)name;
	abort();
}
static void never_key(uint64_t key)
{
	(void)key;
	abort();
}
static void never_queue(uint64_t key, const char *queue)
{
	(void)key, (void)queue;
	abort();
}

extern const struct flowdar_provider_ flowdar_provider_v1;
const struct flowdar_provider_ flowdar_provider_v1 = {
	.struct_bytes = sizeof(flowdar_provider_v1),
	.session_resume = { &off, never_key },
	.handoff_put = { &off, never_queue },
	.scope_enter = { &off, never },
	.scope_exit = { &off, never },
};
#endif

static __attribute__((noinline)) unsigned long work(unsigned long i)
{
	MACRO;
	__asm__ volatile("" : "+r"(i));
	return i;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, sum = 0;

	for (unsigned long i = 0; i < count; i++)
		sum += work(i);
	return sum == 1;
}
