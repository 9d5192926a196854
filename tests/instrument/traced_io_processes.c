#include "traced_io.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

static void until_ended(pid_t child)
{
	int status = 1;

	while (waitpid(child, &status, WNOHANG) == 0)
		sched_yield();
	said("child's status", status);
}

/* The child's session is its own, told of at its first I/O: traced_io.sh looks for it. */
static void forked(void)
{
	int ends[2];
	pid_t child;

	connection(ends);
	child = fork();
	if (child < 0)
		abort();
	if (child == 0) {
		if (write(ends[1], "from a child", 12) != 12)
			_exit(1);
		close(ends[1]);
		_exit(0);
	}
	until_ended(child);
	said("send, in the parent", send(ends[1], "parent", 6, 0));
	expect_bytes(FDAR_IO_WRITE, ends[1], 6, "parent");
	close_session(ends[1]);
	close_upstream(ends[0]);
}

/* A child that borrows the memory closes descriptors of its own, not ours. */
static void borrowed(void)
{
	int ends[2];
	pid_t child;

	connection(ends);
	child = vfork();
	if (child == 0) {
		close(ends[0]);
		close(ends[1]);
		dup2(2, ends[1]);
		_exit(0);
	}
	until_ended(child);
	said("send, after vfork", send(ends[1], "text", 4, 0));
	expect_bytes(FDAR_IO_WRITE, ends[1], 4, "text");
	close_session(ends[1]);
	close_upstream(ends[0]);
}

/* As inetd does it: the connection is what the next program has as its input and output. */
static void executed(const char *program)
{
	int ends[2];
	char got[16];
	pid_t child;

	connection(ends);
	child = fork();
	if (child == 0) {
		dup2(ends[1], 0);
		dup2(ends[1], 1);
		execl(program, program, "inetd", NULL);
		_exit(1);
	}
	close_session(ends[1]);
	until_arrived(ends[0]);
	said("recv, from a program", recv(ends[0], got, sizeof(got), 0));
	expect_bytes(FDAR_IO_READ, ends[0], 9, "a program");
	until_ended(child);
	close_upstream(ends[0]);
}

int io_inetd(void)
{
	return write(1, "a program", 9) == 9 ? 0 : 1;
}

/* libc makes and awaits these children by itself. */
static void spawned(void)
{
	char *const argv[] = { "true", NULL };
	char line[16] = "";
	pid_t child;
	FILE *pipe;

	said("system", system("exit 3"));
	pipe = popen("echo text", "r");
	said("popen", fgets(line, sizeof(line), pipe) != NULL && strcmp(line, "text\n") == 0);
	said("pclose", pclose(pipe));
	said("posix_spawn", posix_spawnp(&child, "true", NULL, NULL, argv, environ));
	until_ended(child);
}

/* thread_begin and thread_end are other threads' events: traced_io.sh looks for them. */
static void *returns(void *value)
{
	return value;
}

static void *exits(void *value)
{
	pthread_setname_np(pthread_self(), "traced_exits");
	pthread_exit(value);
}

static void *is_cancelled(void *value)
{
	pthread_setname_np(pthread_self(), "traced_cancel");
	for (;;)
		pause();
	return value;
}

static int c11(void *value)
{
	return *(int *)value;
}

static void thread(void *(*run)(void *), bool cancel)
{
	pthread_t made;
	void *result = NULL;
	int value;

	if (pthread_create(&made, NULL, run, &value) != 0)
		abort();
	if (cancel)
		pthread_cancel(made);
	while (pthread_tryjoin_np(made, &result) != 0)
		sched_yield();
	said("thread's result", cancel ? result == PTHREAD_CANCELED : result == &value);
}

static void threads(void)
{
	int number = 42, result = 0;
	thrd_t made;

	thread(returns, false);
	thread(exits, false);
	thread(is_cancelled, true);
	if (thrd_create(&made, c11, &number) != thrd_success)
		abort();
	thrd_join(made, &result);
	expect_wait("thrd_join", FDAR_WAIT_OTHER, -1, thrd_success);
	said("thrd_join", result);
}

void io_processes(const char *program)
{
	forked();
	borrowed();
	executed(program);
	spawned();
	threads();
}
