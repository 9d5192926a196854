/*
 * prctl(): where a server locks itself in, it takes no samples any more, which need system calls that it may
 * not make (provider/locked_in.c says how that is known).
 *
 * Place in the house: part of libflowdar-ticks.so, in front of the C library's function.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>

#include "instrument/wire/ticks.h"
#include "ticks/timers.h"

typedef int (*prctl_fn)(int option, ...);

static prctl_fn next;

/* Constructors of others may come before ours, whose it is: handlers and children may not look for it. */
__attribute__((constructor(101))) static void next_find(void)
{
	void *found = dlsym(RTLD_NEXT, "prctl");

	memcpy(&next, &found, sizeof(next));
}

__attribute__((visibility("default"))) int prctl(int option, ...)
{
	unsigned long words[4];
	va_list list;

	if (!next)
		next_find();
	va_start(list, option);
	for (unsigned i = 0; i < 4; i++)
		words[i] = va_arg(list, unsigned long);
	va_end(list);
	if (option == PR_SET_SECCOMP || option == PR_SET_NO_NEW_PRIVS)
		fdar_timers_yield(FDAR_TICKS_LOCKED);
	return next(option, words[0], words[1], words[2], words[3]);
}
