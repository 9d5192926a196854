/*
 * Times how calls events are taken apart: expand_calls [ROUNDS]
 *
 * The data is that of a thread deep in a server: calls within calls, half of them leaves, functions
 * spread over a megabyte of code, about 1000 bytes an event. Prints for every round the events that
 * came out, the bytes that they came from, and the processor's seconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pipeline/events/calls.h"
#include "tests/unit/kit/calls_script.h"

#define BATCH       512
#define EVENTS      2000
#define EVENT_BYTES 1000
#define REPEATS     20

static void write_event(struct calls_script *script, GRand *rand, uint64_t *depth)
{
	calls_script_begin(script, *depth, 100000);
	while (script->bytes->len < EVENT_BYTES) {
		uint64_t addr = 0x555555554000 + (uint64_t)g_rand_int_range(rand, 0, 1 << 20);
		uint64_t dt = (uint64_t)g_rand_int_range(rand, 1, 100);
		int kind = g_rand_int_range(rand, 0, 4);

		if (kind < 2) {
			calls_script_call(script, dt, addr,
					  (uint64_t)g_rand_int_range(rand, 20, 2000));
		} else if (*depth < 5 || (kind == 2 && *depth < 40)) {
			calls_script_enter(script, dt, addr);
			++*depth;
		} else {
			calls_script_exit(script, dt);
			--*depth;
		}
	}
}

static double cpu_s(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(1);
	g_autoptr(GPtrArray) data = g_ptr_array_new();
	struct calls_script script = { 0 };
	struct fdar_event batch[BATCH];
	int rounds = argc > 1 ? atoi(argv[1]) : 5;
	uint64_t depth = 0, time_ns = 0;

	for (guint i = 0; i < EVENTS; i++) {
		write_event(&script, rand, &depth);
		g_ptr_array_add(data, g_bytes_new(script.bytes->data, script.bytes->len));
	}
	for (int round = 0; round < rounds; round++) {
		struct fdar_calls *calls = fdar_calls_new(NULL);
		uint64_t events = 0, bytes = 0;
		double start = cpu_s();

		for (guint i = 0; i < REPEATS * EVENTS; i++) {
			gsize length;
			const char *at = g_bytes_get_data(data->pdata[i % EVENTS], &length);
			struct fdar_event event = { .time_ns = time_ns += 100000,
						    .data = at,
						    .data_len = (uint32_t)length,
						    .pid = 1,
						    .tid = 1 };
			size_t n;

			fdar_calls_begin(calls, &event);
			do
				events += n = fdar_calls_take(calls, batch, BATCH);
			while (n == BATCH);
			bytes += length;
		}
		printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %.6f\n", events, bytes,
		       cpu_s() - start);
		fdar_calls_free(calls);
	}
	g_ptr_array_foreach(data, (GFunc)(void (*)(void))g_bytes_unref, NULL);
	calls_script_clear(&script);
	return 0;
}
