/* Processor time and memory of a process and its descendants. */
#include <glib.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/server/usage.h"

#define WORK_NS   60000000u
#define TICK_NS   10000000u
#define KEPT_SIZE ((size_t)16 << 20)

static void work(void)
{
	struct timespec now = { 0 };

	while ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec < WORK_NS)
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
}

/* A child, and a child of it, work and keep memory. */
static pid_t start(int ready)
{
	pid_t pid = fork();

	if (pid == 0) {
		char *kept = malloc(KEPT_SIZE);

		memset(kept, 1, KEPT_SIZE);
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			memset(kept, 2, KEPT_SIZE);
		}
		work();
		g_assert_cmpint(write(ready, kept, 1), ==, 1);
		for (;;)
			pause();
	}
	return pid;
}

static void test_tree(void)
{
	struct fdar_usage_of_tree usage;
	char byte;
	int pipes[2];
	pid_t pid;

	g_assert_cmpint(pipe(pipes), ==, 0);
	pid = start(pipes[1]);
	for (unsigned i = 0; i < 2; i++)
		g_assert_cmpint(read(pipes[0], &byte, 1), ==, 1);
	usage = fdar_usage_below(pid);
	g_assert_cmpuint(usage.processes, ==, 2);
	g_assert_cmpuint(usage.cpu_ns, >=, 2 * WORK_NS);
	g_assert_cmpuint(usage.cpu_ns, <, 100 * (uint64_t)WORK_NS);
	g_assert_cmpuint(usage.memory_bytes, >=, 2 * KEPT_SIZE);
	/* The child's child ends with it: PR_SET_PDEATHSIG. */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	g_assert_cmpuint(fdar_usage_below(pid).processes, ==, 0);
	close(pipes[0]);
	close(pipes[1]);
}

/* A server that has a process for each client, and waits for them. */
static void test_ended(void)
{
	struct fdar_usage_of_tree usage;
	char byte;
	int pipes[2];
	pid_t pid;

	g_assert_cmpint(pipe(pipes), ==, 0);
	pid = fork();
	if (pid == 0) {
		for (unsigned i = 0; i < 2; i++) {
			pid_t client = fork();

			if (client == 0) {
				work();
				_exit(0);
			}
			g_assert_cmpint(waitpid(client, NULL, 0), ==, client);
		}
		g_assert_cmpint(write(pipes[1], "x", 1), ==, 1);
		for (;;)
			pause();
	}
	g_assert_cmpint(read(pipes[0], &byte, 1), ==, 1);
	usage = fdar_usage_below(pid);
	g_assert_cmpuint(usage.processes, ==, 1);
	/* Two ticks, of a hundredth of a second at most, are cut off. */
	g_assert_cmpuint(usage.cpu_ns, >=, 2 * WORK_NS - 2 * TICK_NS);
	g_assert_cmpuint(usage.cpu_ns, <, 100 * (uint64_t)WORK_NS);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(pipes[0]);
	close(pipes[1]);
}

/* Whether the kernel tells who waits for a processor: else there is no such file, or all in it is 0. */
static gboolean waits_are_told(void)
{
	g_autofree char *text = NULL;

	return g_file_get_contents("/proc/self/schedstat", &text, NULL, NULL) &&
	       g_ascii_strtoull(text, NULL, 10) > 0;
}

/* Two that work on one processor: each waits for the other. */
static void test_waited(void)
{
	struct fdar_usage_of_tree usage;
	cpu_set_t before, one;
	gint64 began_us = g_get_monotonic_time();
	size_t first = 0;
	int pipes[2];
	char byte;
	pid_t pid;

	if (!waits_are_told()) {
		g_test_skip("the kernel does not tell who waits");
		return;
	}
	g_assert_cmpint(sched_getaffinity(0, sizeof(before), &before), ==, 0);
	while (!CPU_ISSET(first, &before))
		first++;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	g_assert_cmpint(sched_setaffinity(0, sizeof(one), &one), ==, 0);
	g_assert_cmpint(pipe(pipes), ==, 0);
	pid = start(pipes[1]);
	for (unsigned i = 0; i < 2; i++)
		g_assert_cmpint(read(pipes[0], &byte, 1), ==, 1);
	sched_setaffinity(0, sizeof(before), &before);
	usage = fdar_usage_below(pid);
	g_assert_cmpuint(usage.waited_ns, >=, WORK_NS / 2);
	g_assert_cmpuint(usage.waited_ns, <=, (uint64_t)(g_get_monotonic_time() - began_us) * 1000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(pipes[0]);
	close(pipes[1]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/usage/tree", test_tree);
	g_test_add_func("/usage/ended", test_ended);
	g_test_add_func("/usage/waited", test_waited);
	return g_test_run();
}
