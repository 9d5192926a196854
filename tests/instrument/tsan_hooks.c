/*
 * Compiled with -fsanitize=thread, as is the whole core: threads call instrumented functions and
 * macros while others write out what they have pending, and turn events on and off. ThreadSanitizer
 * must find nothing, and while events are on each call must come out once.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <flowdar/flowdar.h>

#include "calls_decode.h"
#include "functions/life.h"

#define THREADS 4
#define ROUNDS  20000
#define DEPTH   3

static int on = 1, off;
static atomic_ulong calls, lost, broken, scopes;
static atomic_uint ended;

static void write_calls(uint32_t tid, const uint8_t *data, uint32_t length)
{
	struct calls_reader reader;
	struct calls_record record;

	(void)tid;
	calls_open(&reader, data, length);
	while (calls_next(&reader, &record)) {
		if (record.op == FDAR_CALLS_CALL || record.op == FDAR_CALLS_ENTER)
			atomic_fetch_add(&calls, 1);
		if (record.op == FDAR_CALLS_LOST)
			atomic_fetch_add(&lost, record.count);
	}
	if (reader.broken)
		atomic_fetch_add(&broken, 1);
}

static void scope(const char *name)
{
	(void)name;
	atomic_fetch_add(&scopes, 1);
}

extern const struct flowdar_provider_ flowdar_provider_v1;
const struct flowdar_provider_ flowdar_provider_v1 = {
	.struct_bytes = sizeof(flowdar_provider_v1),
	.calls = { .on = &on, .write = write_calls },
	.scope_enter = { .on = &on, .write = scope },
	.scope_exit = { .on = &on, .write = scope },
	.forking = { .on = &off },
	.process_end = { .on = &off },
	.off_cpu = { .on = &off },
	.packed = { .on = &off },
};

void __cyg_profile_func_enter(void *function, void *call_site);
void __cyg_profile_func_exit(void *function, void *call_site);

__attribute__((noinline)) static void nested(void *argument, unsigned depth)
{
	__cyg_profile_func_enter(argument, __builtin_return_address(0));
	if (depth > 1)
		nested(argument, depth - 1);
	__cyg_profile_func_exit(argument, __builtin_return_address(0));
}

static void *work(void *argument)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		FLOWDAR_FUNCTION();
		nested(argument, DEPTH);
	}
	atomic_fetch_add(&ended, 1);
	return NULL;
}

static void run(bool toggle)
{
	pthread_t threads[THREADS];

	atomic_store(&ended, 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, &threads[i]);
	for (unsigned i = 0; atomic_load(&ended) < THREADS; i++) {
		if (toggle)
			__atomic_store_n(&on, (int)(i / 16 % 2), __ATOMIC_RELAXED);
		if (i % 8 == 0)
			fdar_life_flush();
		if (toggle && i % 64 == 0)
			fdar_threads_restart();
		fdar_life_flush_stale(1000);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

int main(void)
{
	unsigned long expected = (unsigned long)THREADS * ROUNDS * DEPTH;

	run(false);
	fdar_life_flush();
	printf("%lu calls of %lu, %lu lost\n", calls, expected, lost);
	if (calls != expected || lost != 0 || broken != 0)
		return 1;
	run(true);
	printf("%lu calls, %lu scope events, %lu broken\n", calls, scopes, broken);
	return calls > expected && scopes > 0 && broken == 0 ? 0 : 1;
}
