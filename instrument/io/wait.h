/*
 * The frame that libflowdar-io.so puts around a call that can block: wait_begin, the call,
 * wait_end.
 *
 * Place in the house: used by the files of libflowdar-io.so, each of which stands in front of some
 * libc functions. The rules they keep: while waits are not traced the next function is called with
 * the very same arguments; while they are, the caller still gets the same results, the same errno,
 * the same cancellation points; descriptors keep their modes. Calls made by the tracer itself are
 * never traced. Kinds of wait are those of events.h.
 */
#ifndef FDAR_INSTRUMENT_IO_WAIT_H
#define FDAR_INSTRUMENT_IO_WAIT_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "flowdar/flowdar.h"
#include "instrument/wire/events.h"
#include "io/next.h"
#include "io/writing.h"

#define FDAR_WRAPPER __attribute__((visibility("default")))

/* For what needs much of the stack, or much else, only while something is recorded. */
#define FDAR_APART __attribute__((noinline))

/* Whether the caller's waits are traced; to be used in the wrapper itself. */
#define FDAR_WATCHED() \
	(FLOWDAR_ENABLED(wait_begin) && fdar_wait_wanted(__builtin_return_address(0)))

/* False for calls out of the tracer's libraries, and for those made while an event is written. */
bool fdar_wait_wanted(const void *caller);

/* These keep errno. */
void fdar_wait_begin(const char *what, enum fdar_wait_kind kind, int fd);
void fdar_wait_end(int64_t result);

/* The end of a wait that pthread_cancel() ended. */
void fdar_wait_cancelled(void *nothing);

/* result = call, as a wait. What follows tells of the call itself: errno is the call's. */
#define FDAR_WAIT_AROUND(result, what, kind, fd, call)           \
	do {                                                     \
		fdar_wait_begin(what, kind, fd);                 \
		pthread_cleanup_push(fdar_wait_cancelled, NULL); \
		result = call;                                   \
		pthread_cleanup_pop(0);                          \
		fdar_wait_end((int64_t)(result));                \
	} while (0)

/* The body of a function that is a wait whenever it is watched. */
#define FDAR_WRAP_WAIT(type, what, kind, fd, call)               \
	do {                                                     \
		type result_;                                    \
                                                                 \
		if (!FDAR_WATCHED())                             \
			return call;                             \
		FDAR_WAIT_AROUND(result_, what, kind, fd, call); \
		return result_;                                  \
	} while (0)

/* Whether calls on a descriptor can block; errno is kept. True when it cannot be told. */
bool fdar_descriptor_blocks(int fd);

/* Whether a read (POLLIN) or write (POLLOUT) would find something at once; errno is kept. */
bool fdar_descriptor_ready(int fd, short events);

/* Whether a call that was made in place of the caller's own failed for being another: the descriptor
 * is no socket, or the server has locked itself in (seccomp) and did not think of it. */
static inline bool fdar_instead_refused(int error)
{
	return error == ENOTSOCK || error == ENOSYS || error == EPERM || error == EACCES;
}

/* Whether a descriptor is a socket that clients connect to; errno is kept. */
bool fdar_descriptor_listens(int fd);

/* After a call that was told not to wait: would it have waited, had it not been told? If so, errno
 * is set to before, and the call can be made again, as a wait. */
bool fdar_would_wait(int64_t result, int fd, int before);

#endif
