/*
 * The work that bench/patching.sh times: a tree of small functions, like a server's. Prints nanoseconds of
 * processor time a call, the best of some rounds. patching_work ROUNDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NOINLINE __attribute__((noinline))
#define DEPTH    6
#define TREES    200
#define CALLS    (3 * ((1 << (DEPTH + 1)) - 1) + 1) /* each node calls two leaves */

static unsigned state = 1;

NOINLINE static unsigned mix(unsigned x)
{
	return x * 2654435761u ^ x >> 13;
}

NOINLINE static unsigned count(unsigned x)
{
	state += x;
	return state & 7;
}

NOINLINE static unsigned tree(unsigned x, int depth)
{
	unsigned sum = mix(x) + count(x);

	if (depth > 0)
		sum += tree(x + 1, depth - 1) + tree(x + 2, depth - 1);
	return sum;
}

NOINLINE static unsigned request(unsigned x)
{
	return tree(x, DEPTH);
}

static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 50;
	double best = 1e18;
	unsigned sum = 0;

	for (int round = 0; round < rounds; round++) {
		double begin = now_ns(), spent;

		for (unsigned i = 0; i < TREES; i++)
			sum += request(i);
		spent = (now_ns() - begin) / TREES / CALLS;
		if (spent < best)
			best = spent;
	}
	printf("%.3f\n", best);
	return sum == 42;
}
