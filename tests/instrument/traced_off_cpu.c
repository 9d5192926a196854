/* A thread that shares one processor with its own child, sleeps unseen, and runs: traced_off_cpu.sh
 * looks at what is told of each. On standard output, in ns, since the program began: "shared", off the
 * processor while it ran; "slept", for how long it asked not to run; "queued", how long others had the
 * processor, by the kernel's account. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "flowdar/flowdar.h"

static double clock_s(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Processor time; says how long it was off meanwhile. */
static void run(const char *name, double seconds)
{
	double began = clock_s(CLOCK_MONOTONIC), on = clock_s(CLOCK_THREAD_CPUTIME_ID);
	double until = on + seconds, off;

	FLOWDAR_SCOPE("run");
	while (clock_s(CLOCK_THREAD_CPUTIME_ID) < until)
		;
	off = clock_s(CLOCK_MONOTONIC) - began - (clock_s(CLOCK_THREAD_CPUTIME_ID) - on);
	printf("%s %.0f\n", name, off * 1e9);
}

static double slept;

static void share(void)
{
	cpu_set_t one;
	pid_t child;
	double began;

	sched_getaffinity(0, sizeof(one), &one);
	for (size_t cpu = 0, found = 0; cpu < CPU_SETSIZE; cpu++) {
		if (found)
			CPU_CLR(cpu, &one);
		found = found || CPU_ISSET(cpu, &one);
	}
	sched_setaffinity(0, sizeof(one), &one);
	child = fork();
	if (child == 0)
		for (;;)
			;
	run("shared", 0.1);
	kill(child, SIGKILL);
	began = clock_s(CLOCK_MONOTONIC);
	waitpid(child, NULL, 0);
	slept += clock_s(CLOCK_MONOTONIC) - began;
}

static void sleep_unseen(void)
{
	struct timespec nap = { .tv_nsec = 50000000 };
	double began = clock_s(CLOCK_MONOTONIC);

	FLOWDAR_SCOPE("sleep");
	syscall(SYS_nanosleep, &nap, NULL); /* nobody stands in front of that */
	slept += clock_s(CLOCK_MONOTONIC) - began;
}

static void say_queued(void)
{
	unsigned long long ran, queued;
	FILE *account = fopen("/proc/thread-self/schedstat", "r");

	if (account && fscanf(account, "%llu %llu", &ran, &queued) == 2)
		printf("queued %llu\n", queued);
	if (account)
		fclose(account);
}

int main(void)
{
	{
		FLOWDAR_SCOPE("main");
		sleep_unseen();
		share();
	}
	printf("slept %.0f\n", slept * 1e9);
	say_queued();
	return 0;
}
