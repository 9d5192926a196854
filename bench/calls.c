/*
 * What a call costs: calls a small tree of functions for a while and says how long that took.
 *
 *	bench_calls ROUNDS     prints nanoseconds of this thread's processor time a call
 *
 * Built several ways by calls.sh. A round is 64 calls: leaves, nested ones, one that works a little.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NOINLINE __attribute__((noinline, noclone))
#define BARE     __attribute__((no_instrument_function))

static volatile unsigned sink;

NOINLINE static void leaf(unsigned value)
{
	sink = value;
}

NOINLINE static void other(unsigned value)
{
	sink = value + 1;
}

NOINLINE static void inner(unsigned value)
{
	leaf(value);
	other(value);
}

NOINLINE static void work(unsigned value)
{
	for (unsigned i = 0; i < 64; i++)
		sink = value ^ i;
}

/* 64 calls. */
NOINLINE static void round_of_calls(unsigned value)
{
	for (unsigned i = 0; i < 20; i++)
		inner(value + i);
	leaf(value);
	other(value);
	work(value);
}

BARE static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

BARE int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
	uint64_t began;

	round_of_calls(1);
	began = cpu_ns();
	for (unsigned long i = 0; i < rounds; i++)
		round_of_calls((unsigned)i);
	printf("%.2f\n", (double)(cpu_ns() - began) / ((double)rounds * 64));
	return 0;
}
