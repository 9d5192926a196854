/*
 * For the control segment's tests; compiled with hooks, or patchable.
 *
 *	traced_selected ROUNDS            calls a known tree so often
 *	traced_selected ROUNDS wait       the same, once for each line on standard input
 *	traced_selected MILLISECONDS busy calls tiny functions all the time, and a few long ones
 *	traced_selected 1 hang            its thread "sleepy" hangs in a function, until standard input ends
 *
 * On standard output "call NAME ADDRESS COUNT", and "pid PID" first; "prolonged COUNT" last.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __clang__
#define KEPT __attribute__((noinline))
#else
#define KEPT __attribute__((noinline, noclone))
#endif
#define BARE __attribute__((no_instrument_function, patchable_function_entry(0)))

static volatile unsigned sink;
static uint64_t minimum_ns; /* environment MINIMUM_NS */
static unsigned long
	prolonged; /* short calls that took this long, for a busy machine interrupted them */

KEPT void tiny_one(unsigned value);
KEPT void tiny_two(unsigned value);
KEPT void outer_long(unsigned value);
KEPT void outer_quick(unsigned value);
KEPT void rare_long(void);
KEPT void busy_loop(void);
KEPT void *hang_begin(void *nothing);
KEPT void hang_inner(void);

KEPT void tiny_one(unsigned value)
{
	sink = value;
}

KEPT void tiny_two(unsigned value)
{
	sink = value + 1;
}

BARE static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

BARE static void spin_us(unsigned us)
{
	for (uint64_t end = now_ns() + us * 1000u; now_ns() < end;)
		;
}

BARE static void call(void (*tiny)(unsigned value), unsigned value)
{
	uint64_t begin_ns = now_ns();

	tiny(value);
	if (now_ns() - begin_ns >= minimum_ns)
		prolonged++;
}

/* At least 200 us, with two short calls inside. */
KEPT void outer_long(unsigned value)
{
	call(tiny_one, value);
	spin_us(200);
	call(tiny_two, value);
}

KEPT void outer_quick(unsigned value)
{
	call(tiny_one, value);
	call(tiny_two, value);
}

KEPT void rare_long(void)
{
	spin_us(2000);
}

KEPT void busy_loop(void)
{
	for (unsigned i = 0; i < 20000; i++) {
		tiny_one(i);
		tiny_two(i);
	}
	rare_long();
}

KEPT void hang_inner(void)
{
	for (;;)
		pause();
}

KEPT void *hang_begin(void *nothing)
{
	pthread_setname_np(pthread_self(), "sleepy");
	hang_inner();
	return nothing;
}

BARE static void tell(const char *name, uintptr_t address, unsigned long count)
{
	printf("call %s 0x%lX %lu\n", name, (unsigned long)address, count);
}
#define TELL(function, count) tell(#function, (uintptr_t)(function), count)

BARE static void run(unsigned long rounds)
{
	for (unsigned long i = 0; i < rounds; i++) {
		outer_long((unsigned)i);
		outer_quick((unsigned)i);
	}
}

BARE static void wait_for_line(void)
{
	int letter;

	do
		letter = getchar();
	while (letter != '\n' && letter != EOF);
}

int main(int argc, char **argv) BARE;
int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 1, all = rounds;
	const char *way = argc > 2 ? argv[2] : "";
	pthread_t thread;

	minimum_ns = getenv("MINIMUM_NS") ? strtoull(getenv("MINIMUM_NS"), NULL, 10) : 0;
	printf("pid %d\n", getpid());
	fflush(stdout);
	if (strcmp(way, "busy") == 0) {
		for (uint64_t end = now_ns() + rounds * 1000000u; now_ns() < end;)
			busy_loop();
	} else if (strcmp(way, "hang") == 0) {
		pthread_create(&thread, NULL, hang_begin, NULL);
		wait_for_line();
		_exit(0);
	} else if (strcmp(way, "wait") == 0) {
		all = 0;
		for (;;) {
			wait_for_line();
			if (feof(stdin))
				break;
			run(rounds);
			all += rounds;
			printf("ran\n");
			fflush(stdout);
		}
	} else {
		run(rounds);
	}
	TELL(outer_long, all);
	TELL(outer_quick, all);
	TELL(tiny_one, 2 * all);
	TELL(tiny_two, 2 * all);
	TELL(rare_long, 0);
	printf("prolonged %lu\n", prolonged);
	return 0;
}
