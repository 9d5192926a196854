/*
 * Compiled with -fsanitize=thread, as are the hooks themselves: threads call instrumented functions
 * and macros while another turns events on and off. ThreadSanitizer must find nothing.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include <flowdar/flowdar.h>

#define THREADS 4
#define ROUNDS  20000

static int on;
static atomic_ulong entries, exits, scopes;
static atomic_uint ended;

static void func_entry(uint64_t address, uint64_t call_site)
{
	(void)address;
	(void)call_site;
	atomic_fetch_add(&entries, 1);
}

static void func_exit(uint64_t address, uint64_t call_site)
{
	(void)address;
	(void)call_site;
	atomic_fetch_add(&exits, 1);
}

static void scope(const char *name)
{
	(void)name;
	atomic_fetch_add(&scopes, 1);
}

extern const struct flowdar_provider_ flowdar_provider_v1;
const struct flowdar_provider_ flowdar_provider_v1 = {
	.struct_bytes = sizeof(flowdar_provider_v1),
	.func_entry = { .on = &on, .write = func_entry },
	.func_exit = { .on = &on, .write = func_exit },
	.scope_enter = { .on = &on, .write = scope },
	.scope_exit = { .on = &on, .write = scope },
};

void __cyg_profile_func_enter(void *function, void *call_site);
void __cyg_profile_func_exit(void *function, void *call_site);

static void *work(void *argument)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		FLOWDAR_FUNCTION();
		__cyg_profile_func_enter(argument, NULL);
		__cyg_profile_func_exit(argument, NULL);
	}
	atomic_fetch_add(&ended, 1);
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];

	__atomic_store_n(&on, 1, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, &threads[i]);
	for (unsigned i = 0; atomic_load(&ended) < THREADS; i++)
		__atomic_store_n(&on, (int)(i / 16 % 2), __ATOMIC_RELAXED);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%lu entries, %lu exits, %lu scope events\n", entries, exits, scopes);
	return entries > 0 && scopes > 0 ? 0 : 1;
}
