#include "feed/watch.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "feed/connections.h"
#include "feed/next.h"
#include "feed/script.h"

#define LOOK_NS   100000000
#define SECOND_NS 1000000000

static uint64_t patience_ns;

static uint64_t used_ns(void)
{
	struct timespec used = { 0, 0 };

	FDAR_NEXT(clock_gettime)(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * SECOND_NS + (uint64_t)used.tv_nsec;
}

static void *watch(void *unused)
{
	const struct timespec look = { 0, LOOK_NS };
	uint64_t done = fdar_feed_done(), from_ns = used_ns();

	(void)unused;
	for (;;) {
		uint64_t now = fdar_feed_done();

		if (now != done)
			from_ns = used_ns();
		done = now;
		if (used_ns() - from_ns >= patience_ns)
			break;
		FDAR_NEXT(nanosleep)(&look, NULL);
	}
	dprintf(fdar_feed_errors(),
		"flowdar feed: the server has worked for %g s of processor time since step %llu, "
		"and asks for no more (--patience): it is ended\n",
		(double)patience_ns / SECOND_NS, (unsigned long long)done);
	fdar_connections_tell();
	_exit(3);
}

void fdar_feed_watch(uint64_t ns)
{
	sigset_t all, before;
	pthread_t thread;

	patience_ns = ns;
	if (!ns)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (FDAR_NEXT(pthread_create)(&thread, NULL, watch, NULL) == 0)
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
