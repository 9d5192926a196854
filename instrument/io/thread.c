/*
 * Threads and children: thread_begin, thread_end, and fork() without an event within.
 *
 * Place in the house: part of libflowdar-io.so (wait.h says by which rules). A thread that is made
 * while its begin is not recorded is made by libc alone. Its begin tells the name it has then, which
 * is its maker's; when it gives itself another, it tells of its begin once more.
 */
#include <stdlib.h>
#include <sys/prctl.h>
#include <threads.h>

#include "io/wait.h"
#include "provider/control.h"

#define NAME_BYTES 16 /* the kernel's, with the NUL */

struct start {
	void *(*run)(void *); /* or: */
	int (*run_c11)(void *);
	void *argument;
};

static void name_get(char *name)
{
	name[0] = name[NAME_BYTES - 1] = '\0';
	prctl(PR_GET_NAME, name, 0, 0, 0);
}

static void say_begin(void)
{
	char name[NAME_BYTES];
	int before = errno;

	if (!FLOWDAR_ENABLED(thread_begin))
		return;
	name_get(name);
	fdar_writing(1);
	flowdar_link_.thread_begin.write(name);
	fdar_writing(-1);
	errno = before;
}

/* However the thread ends: it returns, calls pthread_exit(), or was cancelled. */
static void say_end(void *nothing)
{
	char name[NAME_BYTES];

	(void)nothing;
	if (!FLOWDAR_ENABLED(thread_end))
		return;
	name_get(name);
	fdar_writing(1);
	flowdar_link_.thread_end.write(name);
	fdar_writing(-1);
}

static struct start start_taken(void *user)
{
	struct start start = *(struct start *)user;

	free(user);
	say_begin();
	return start;
}

static void *thread_main(void *user)
{
	struct start start = start_taken(user);
	void *result;

	pthread_cleanup_push(say_end, NULL);
	result = start.run(start.argument);
	pthread_cleanup_pop(1);
	return result;
}

static int thread_main_c11(void *user)
{
	struct start start = start_taken(user);
	int result;

	pthread_cleanup_push(say_end, NULL);
	result = start.run_c11(start.argument);
	pthread_cleanup_pop(1);
	return result;
}

/* NULL: the thread is to be made as it is. */
static struct start *start_new(const void *caller, void *argument)
{
	struct start *start;

	if (!FLOWDAR_ENABLED(thread_begin) || !fdar_wait_wanted(caller))
		return NULL;
	start = malloc(sizeof(*start));
	if (start)
		start->argument = argument;
	return start;
}

FDAR_WRAPPER int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
				void *(*run)(void *), void *argument)
{
	struct start *start = start_new(__builtin_return_address(0), argument);
	int result;

	if (!start)
		return fdar_next()->pthread_create(thread, attributes, run, argument);
	start->run = run;
	result = fdar_next()->pthread_create(thread, attributes, thread_main, start);
	if (result != 0)
		free(start);
	return result;
}

FDAR_WRAPPER int thrd_create(thrd_t *thread, thrd_start_t run, void *argument)
{
	struct start *start = start_new(__builtin_return_address(0), argument);
	int result;

	if (!start)
		return fdar_next()->thrd_create(thread, run, argument);
	start->run_c11 = run;
	result = fdar_next()->thrd_create(thread, thread_main_c11, start);
	if (result != thrd_success)
		free(start);
	return result;
}

FDAR_WRAPPER int pthread_setname_np(pthread_t thread, const char *name)
{
	int result = fdar_next()->pthread_setname_np(thread, name);

	if (result == 0 && pthread_equal(thread, pthread_self()) &&
	    fdar_wait_wanted(__builtin_return_address(0)))
		say_begin();
	return result;
}

/* ---- children ---- */

/* What runs around a fork (pthread_atfork: allocators lock all they have) must write no event: the
 * tracer is held still, and a thread that writes its first event then would wait for itself. */
FDAR_WRAPPER pid_t fork(void)
{
	pid_t pid;

	fdar_writing(1);
	pid = fdar_next()->fork();
	fdar_writing(-1);
	return pid;
}

FDAR_WRAPPER int daemon(int stay, int keep)
{
	int result;

	fdar_writing(1);
	flowdar_control_daemon(true);
	result = fdar_next()->daemon(stay, keep);
	if (result != 0) /* provider/daemon.c */
		flowdar_control_daemon(false);
	fdar_writing(-1);
	return result;
}
