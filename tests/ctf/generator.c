/*
 * Writes LTTng-UST events: for the tests of the decoders, and for the benchmark of reading.
 *
 *	generator functions N   N entries and exits of nested calls, as the hooks write them
 *	generator all N         N rounds of one event of every class; two threads with names of their
 *	                        own, the second one renames itself
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "tests/ctf/tracepoints.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE UINT64_C(0x55d0c0de1000)

/* A call tree that changes a little with every round, as a server's does. */
static long calls(unsigned depth, uint64_t from, unsigned *random, long left)
{
	uint64_t self = BASE + ((*random = *random * 1103515245 + 12345) >> 20) * 64;

	if (left <= 0)
		return 0;
	lttng_ust_tracepoint(flowdar, func_entry, self, from);
	left -= 2;
	for (unsigned i = 0; depth < 12 && i < 1 + (*random >> 30); i++)
		left = calls(depth + 1, self + 16 + i, random, left);
	lttng_ust_tracepoint(flowdar, func_exit, self, from);
	return left;
}

static void functions(long count)
{
	unsigned random = 1;

	while (count > 0)
		count = calls(0, BASE, &random, count);
}

static void round_of_all(int n)
{
	static const uint16_t numbers[8] = { 1, 0x203, 0x405, 7, 8, 9, 0xffff, 11 };
	static const char *const texts[] = { "plain", "caf\xc3\xa9", "bad \xff byte",
					     "a tab\tand \x1b[31m", "" };
	const char *text = texts[n % 5];
	uint8_t data[64];

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(n + (int)i);
	lttng_ust_tracepoint(flowdar, session_begin, (uint64_t)n << 40, "127.0.0.1:4711", text,
			     n % 3 - 1);
	lttng_ust_tracepoint(flowdar, scope_enter, text);
	lttng_ust_tracepoint(flowdar, func_entry, BASE + (uint64_t)n, BASE);
	lttng_ust_tracepoint(flowdar, bytes, text, (uint64_t)n, data, (uint16_t)(n % 64));
	lttng_ust_tracepoint(flowdar, calls, (uint32_t)n % 5, data, (uint32_t)n % 64);
	lttng_ust_tracepoint(flowdar, io, (uint8_t)(n % 9), n % 3 - 1, -n);
	lttng_ust_tracepoint(flowdar, wait_begin, "recv", (uint8_t)(n % 9), n % 3 - 1);
	lttng_ust_tracepoint(flowdar, all_kinds, n, texts[n % 2], numbers);
	lttng_ust_tracepoint(flowdar, func_exit, BASE + (uint64_t)n, BASE);
}

static void *second(void *rounds)
{
	int count = *(const int *)rounds;

	pthread_setname_np(pthread_self(), "second");
	for (int n = 0; n < count; n++) {
		if (n == count / 2)
			pthread_setname_np(pthread_self(), "renamed");
		round_of_all(n);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[2]) : 0;
	pthread_t thread;

	if (argc < 3) {
		fprintf(stderr, "usage: generator functions|all COUNT\n");
		return 2;
	}
	if (strcmp(argv[1], "functions") == 0) {
		functions(atol(argv[2]));
		return 0;
	}
	pthread_create(&thread, NULL, second, &count);
	for (int n = 0; n < count; n++)
		round_of_all(n);
	pthread_join(thread, NULL);
	return 0;
}
