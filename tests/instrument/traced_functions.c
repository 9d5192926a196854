/*
 * Compiled with -finstrument-functions: calls a known tree of functions from several threads, while
 *a timer's signal handler, compiled the same way, interrupts them and the hooks.
 *
 *	traced_functions ROUNDS
 *
 * On standard output, the addresses of the functions and how often each was called:
 *	call NAME ADDRESS COUNT     (of the handler: at most COUNT)
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define THREADS 4

static atomic_uint interrupts;
static volatile unsigned sink;

/* What traced_functions.sh looks for, so they keep their own code. */
#ifdef __clang__
#define KEPT __attribute__((noinline))
#else
#define KEPT __attribute__((noinline, noclone))
#endif

KEPT static void leaf(unsigned value)
{
	sink = value;
}

KEPT static unsigned branch(unsigned depth)
{
	leaf(depth);
	return depth == 0 ? 0 : branch(depth - 1) + 1;
}

KEPT static void on_timer(int number)
{
	atomic_fetch_add(&interrupts, 1);
	leaf((unsigned)number);
}

KEPT static void *work(void *rounds)
{
	for (uintptr_t i = 0; i < (uintptr_t)rounds; i++)
		branch(3);
	return NULL;
}

/* The tracer may call a memcpy that is the program's own, and instrumented: it must not come back
 * to the hooks from there for ever. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
	char *out = to;
	const char *in = from;

	for (size_t i = 0; i < bytes; i++) {
		out[i] = in[i];
		__asm__ volatile("" ::: "memory");
	}
	return to;
}

static void tell(const char *name, const void *address, unsigned long count)
{
	printf("call %s 0x%lX %lu\n", name, (unsigned long)(uintptr_t)address, count);
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
	struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = on_timer, .sa_flags = SA_RESTART };
	pthread_t threads[THREADS];

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)rounds);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	setitimer(ITIMER_REAL, &never, NULL);
	tell("main", (void *)(uintptr_t)main, 1);
	tell("work", (void *)(uintptr_t)work, THREADS);
	tell("branch", (void *)(uintptr_t)branch, THREADS * rounds * 4);
	tell("on_timer", (void *)(uintptr_t)on_timer, interrupts);
	tell("leaf", (void *)(uintptr_t)leaf, THREADS * rounds * 4 + interrupts);
	return 0;
}
