/*
 * What is shared in libflowdar-feed.so: the functions behind ours, and the end when it cannot go on.
 *
 * Place in the house: preloaded by `flowdar feed`, in a server that has no network: connections, their bytes and
 * their ends come from a capture (instrument/wire/feed.h). connections.h has what a connection is, baton.h
 * when something comes and which thread runs; the calls_*.c files stand in front of libc. It needs none of
 * flowdar's other libraries, and stands behind them where they are loaded, too.
 */
#ifndef FDAR_INSTRUMENT_FEED_NEXT_H
#define FDAR_INSTRUMENT_FEED_NEXT_H

#include <dlfcn.h>
#include <stdbool.h>

#define FDAR_FEED_CALL __attribute__((visibility("default")))

/* The function of that name behind ours. */
#define FDAR_NEXT(name)                                                                        \
	({                                                                                     \
		static __typeof__(name) *found_;                                               \
		if (!__atomic_load_n(&found_, __ATOMIC_RELAXED))                               \
			__atomic_store_n(&found_, (__typeof__(name) *)dlsym(RTLD_NEXT, #name), \
					 __ATOMIC_RELAXED);                                    \
		found_;                                                                        \
	})

/* Whether an address is in LTTng's libraries, or in flowdar's that speak for it: these have their own
 * threads and times. */
bool fdar_feed_is_tracer(const void *address);

/* Standard error as it was when the program began: a server may put its log in that place. */
int fdar_feed_errors(void);

/* One line on standard error, and the process ends with 3: what is not told from the capture must not be
 * made up. */
__attribute__((noreturn, format(printf, 1, 2))) void fdar_feed_refuse(const char *format, ...);

#endif
