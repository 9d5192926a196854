/*
 * Says events at a steady rate, from one thread, for the test with a slow disk and bench/record.sh.
 *
 *	record_events RATE SECONDS [plain|GATE]
 *
 * Events are entries and exits of nested calls as tracepoints of their own, a function trace's: two
 * addresses each. Prints how many there were, and processor nanoseconds for each; plain: the same
 * without the tracepoints, which is what the rest costs. While there is a file GATE, it waits,
 * and goes on at the same rate.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "tests/ctf/tracepoints.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BASE     UINT64_C(0x55d0c0de1000)
#define NS_PER_S UINT64_C(1000000000)
#define BURST    2000u /* events that are said without a look at the clock */
#define DEPTH    12u

struct work {
	uint64_t events;
	uint64_t due; /* events */
	unsigned random;
	bool plain;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* As a server's calls: few call sites, the same paths again and again, with some chance in them. */
static __attribute__((noinline)) void call(struct work *work, unsigned depth, uint64_t from)
{
	unsigned chance = (work->random = work->random * 1103515245 + 12345) >> 16;
	uint64_t self = BASE + (depth * 8 + chance % 6) * 208;

	if (!work->plain)
		lttng_ust_tracepoint(flowdar, func_entry, self, from);
	for (unsigned i = 0; depth < DEPTH && i < 1 + (chance >> 6) % 3; i++)
		if (work->events < work->due)
			call(work, depth + 1, self + 16 + i * 5);
	if (!work->plain)
		lttng_ust_tracepoint(flowdar, func_exit, self, from);
	work->events += 2;
	__asm__ volatile("" ::: "memory");
}

/* Gives the nanoseconds that it took. */
static uint64_t wait_for_gate(const char *gate)
{
	uint64_t start = clock_ns(CLOCK_MONOTONIC);

	if (!gate || access(gate, F_OK) != 0)
		return 0;
	while (access(gate, F_OK) == 0)
		usleep(1000);
	return clock_ns(CLOCK_MONOTONIC) - start;
}

static void wait_until(uint64_t ns)
{
	const struct timespec at = { .tv_sec = (time_t)(ns / NS_PER_S),
				     .tv_nsec = (long)(ns % NS_PER_S) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

int main(int argc, char **argv)
{
	const char *gate = argc > 3 && strcmp(argv[3], "plain") != 0 ? argv[3] : NULL;
	struct work work = { .random = 1, .plain = argc > 3 && strcmp(argv[3], "plain") == 0 };
	uint64_t rate = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t seconds = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	uint64_t begin = clock_ns(CLOCK_MONOTONIC), start = begin, cpu, wall;

	if (!rate || !seconds) {
		fprintf(stderr, "usage: record_events RATE SECONDS [plain|GATE]\n");
		return 2;
	}
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	while (work.events < rate * seconds) {
		work.due = work.events + BURST;
		start += wait_for_gate(gate);
		while (work.events < work.due)
			call(&work, 0, BASE);
		wait_until(start + (uint64_t)((double)work.events / (double)rate * 1e9));
	}
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	wall = clock_ns(CLOCK_MONOTONIC) - begin;
	printf("%llu %.1f %.2f\n", (unsigned long long)work.events,
	       (double)cpu / (double)work.events, (double)wall / 1e9);
	return 0;
}
