/*
 * libc's sigaction(), which ours stands in front of (signals.c).
 *
 * Place in the house: part of libflowdar-ticks.so, under timers.h and signals.c.
 */
#ifndef FDAR_INSTRUMENT_TICKS_NEXT_H
#define FDAR_INSTRUMENT_TICKS_NEXT_H

#include <dlfcn.h>
#include <signal.h>
#include <string.h>

typedef int (*fdar_sigaction_fn)(int number, const struct sigaction *action, struct sigaction *old);

static inline int fdar_next_sigaction(int number, const struct sigaction *action,
				      struct sigaction *old)
{
	void *found = dlsym(RTLD_NEXT, "sigaction");
	fdar_sigaction_fn next;

	memcpy(&next, &found, sizeof(next));
	return next(number, action, old);
}

#endif
