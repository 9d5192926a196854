/*
 * libflowdar-ticks.so: samples of a server, by timers in itself, where the kernel lets nobody look.
 *
 * Place in the house: preloaded by `flowdar record --sample` when there are no perf events to be had, and by
 * nothing else (pipeline/samples/ticks.h reads them). Here it begins, and threads and forked children with
 * it: every thread that pthread_create() or thrd_create() makes has a timer, and the first.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <unistd.h>

#include "ticks/ring.h"
#include "ticks/timers.h"

#define FRONT  __attribute__((visibility("default")))
#define HZ_MAX 1000u

static struct {
	const char
		*folder; /* of the environment of the beginning, copied; NULL: nothing is asked */
	int32_t pid;
	unsigned long long loaded; /* atomic: how often something was loaded, when that was told */
} state;

/* ---- what is loaded ---- */

static int count_loads(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	*(unsigned long long *)data = info->dlpi_adds;
	return 1;
}

/* What modules bring is told with the next thread that begins. */
static void tell_loaded(void)
{
	unsigned long long loads = 0;

	if (!state.folder)
		return;
	dl_iterate_phdr(count_loads, &loads);
	if (__atomic_exchange_n(&state.loaded, loads, __ATOMIC_RELAXED) != loads)
		fdar_ring_mapped();
}

/* ---- processes ---- */

static void on_forked(void)
{
	int saved_errno = errno;
	int32_t parent = state.pid;

	state.pid = getpid();
	if (!fdar_timers_own())
		return;
	fdar_timers_forked();
	if (fdar_ring_make(state.folder, parent)) {
		fdar_ring_mapped();
		fdar_timers_arm();
	} else {
		fdar_timers_yield(FDAR_TICKS_NO_FILE);
	}
	errno = saved_errno;
}

__attribute__((constructor)) static void begin(void)
{
	static char folder[4096];
	const char *told = getenv(FDAR_TICKS_ENV);
	unsigned hz = 0;
	int at = 0;

	if (!told || sscanf(told, "%u %n", &hz, &at) < 1 || !at || hz < 1 || hz > HZ_MAX ||
	    strlen(told + at) >= sizeof(folder))
		return;
	strcpy(folder, told + at);
	state.pid = getpid();
	if (!fdar_ring_make(folder, 0))
		return;
	state.folder = folder;
	tell_loaded();
	if (!fdar_timers_signal())
		return;
	fdar_timers_start(hz);
	pthread_atfork(NULL, NULL, on_forked);
	fdar_timers_arm();
}

/* What it executes from there on may find no folder: that is told while somebody can. */
FRONT int chroot(const char *path)
{
	int (*next)(const char *path);
	void *found = dlsym(RTLD_NEXT, "chroot");
	int result, saved_errno;

	memcpy(&next, &found, sizeof(next));
	result = next(path);
	saved_errno = errno;
	if (result == 0 && fdar_timers_own() && access(state.folder, F_OK) != 0)
		fdar_ring_without(FDAR_TICKS_ROOT);
	errno = saved_errno;
	return result;
}

/* ---- threads ---- */

struct start {
	void *(*run)(void *); /* or: */
	int (*run_c11)(void *);
	void *argument;
};

typedef int (*pthread_create_fn)(pthread_t *thread, const pthread_attr_t *attributes,
				 void *(*run)(void *), void *argument);
typedef int (*thrd_create_fn)(thrd_t *thread, thrd_start_t run, void *argument);

static struct start start_taken(void *user)
{
	struct start start = *(struct start *)user;

	free(user);
	fdar_timers_arm();
	return start;
}

static void *thread_main(void *user)
{
	struct start start = start_taken(user);

	return start.run(start.argument);
}

static int thread_main_c11(void *user)
{
	struct start start = start_taken(user);

	return start.run_c11(start.argument);
}

/* NULL: the thread is to be made as it is. */
static struct start *start_new(void *argument)
{
	struct start *start = fdar_timers_own() ? malloc(sizeof(*start)) : NULL;

	if (start) {
		start->argument = argument;
		tell_loaded();
	}
	return start;
}

FRONT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			 void *argument)
{
	pthread_create_fn next;
	void *found = dlsym(RTLD_NEXT, "pthread_create");
	struct start *start = start_new(argument);
	int result;

	memcpy(&next, &found, sizeof(next));
	if (!start)
		return next(thread, attributes, run, argument);
	start->run = run;
	result = next(thread, attributes, thread_main, start);
	if (result != 0)
		free(start);
	return result;
}

FRONT int thrd_create(thrd_t *thread, thrd_start_t run, void *argument)
{
	thrd_create_fn next;
	void *found = dlsym(RTLD_NEXT, "thrd_create");
	struct start *start = start_new(argument);
	int result;

	memcpy(&next, &found, sizeof(next));
	if (!start)
		return next(thread, run, argument);
	start->run_c11 = run;
	result = next(thread, thread_main_c11, start);
	if (result != thrd_success)
		free(start);
	return result;
}
