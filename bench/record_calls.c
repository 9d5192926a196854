/*
 * Makes calls at a steady rate, from one thread, as a server with flowdar inside does.
 *
 *	record_calls calls|scopes RATE SECONDS
 *
 * calls: of functions with the compiler's hooks; scopes: of the header's, an event of LTTng each.
 * RATE is of entries and exits together. Prints how many of them there were, processor nanoseconds for
 * each, and the seconds that it took.
 */
#include <flowdar/flowdar.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BARE     __attribute__((no_instrument_function))
#define NS_PER_S UINT64_C(1000000000)
#define ROUND    32u /* entries and exits */
#define BURST    64u /* rounds that are made without a look at the clock */

static volatile unsigned sink;

static __attribute__((noinline)) void leaf(unsigned value)
{
	sink = value;
}

static __attribute__((noinline)) void other(unsigned value)
{
	sink = value + 1;
}

static __attribute__((noinline)) void inner(unsigned value)
{
	leaf(value);
	other(value);
}

static __attribute__((noinline)) void outer(unsigned value)
{
	inner(value);
	inner(value + 1);
	if (value % 4)
		leaf(value);
	else
		other(value);
}

BARE static void scopes(void)
{
	for (unsigned i = 0; i < ROUND / 4; i++) {
		FLOWDAR_SCOPE("outer");
		{
			FLOWDAR_SCOPE("inner");
			sink = i;
		}
	}
}

BARE static void calls(unsigned value)
{
	outer(value); /* 8 calls */
	outer(value + 1);
}

BARE static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

BARE static void wait_until(uint64_t ns)
{
	const struct timespec at = { .tv_sec = (time_t)(ns / NS_PER_S),
				     .tv_nsec = (long)(ns % NS_PER_S) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

BARE int main(int argc, char **argv)
{
	uint64_t rate = argc > 3 ? strtoull(argv[2], NULL, 10) : 0, said = 0;
	uint64_t seconds = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	uint64_t start, cpu;

	if (!rate || !seconds) {
		fprintf(stderr, "usage: record_calls calls|scopes RATE SECONDS\n");
		return 2;
	}
	sleep(1); /* until the recorder has told what is wanted */
	start = clock_ns(CLOCK_MONOTONIC);
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	while (said < rate * seconds) {
		for (unsigned i = 0; i < BURST; i++) {
			if (strcmp(argv[1], "scopes") == 0)
				scopes();
			else
				calls(i);
		}
		said += BURST * ROUND;
		wait_until(start + (uint64_t)((double)said / (double)rate * 1e9));
	}
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	printf("%llu %.1f %.2f\n", (unsigned long long)said, (double)cpu / (double)said,
	       (double)(clock_ns(CLOCK_MONOTONIC) - start) / 1e9);
	return 0;
}
