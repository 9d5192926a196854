/*
 * System calls: what sessions had the system do, and waited for: how often, how much, in vain, and how
 * long. What strace -c shows, by session, of a recording made with --io.
 *
 * Place in the house: a reader of pipeline/source through a walk; cli/ prints it. Whose a call is, is the
 * walk's to say: that of the connection it is on, else of the session that its thread worked for.
 *
 * What there is: I/O on connections (to clients and to other servers), under the name of what it does,
 * whichever function did it: "read" (read, readv, recv, recvfrom, recvmsg, recvmmsg), "write" (write,
 * writev, send, sendto, sendmsg, sendmmsg: a message each, sendfile), "peek", "accept", "connect",
 * "shutdown", "dup", "close", "epoll_ctl"; and whatever waited, under the function's name ("epoll_wait",
 * "pthread_mutex_lock"). What is not there: calls that found nothing to do (EAGAIN) and did not wait for
 * it, those on files, and all that libflowdar-io does not know.
 *
 * Times are those of waits, by the clock on the wall: a call that did not wait has none.
 */
#ifndef FDAR_ANALYZE_SYSCALLS_SYSCALLS_H
#define FDAR_ANALYZE_SYSCALLS_SYSCALLS_H

#include <glib.h>
#include <stdint.h>

#include "analyze/profile/labels.h"
#include "analyze/profile/profile_build.h"
#include "analyze/walk/walk.h"

struct fdar_syscall_sum {
	uint64_t calls;
	uint64_t errors; /* of calls: that failed */
	uint64_t bytes;  /* read or written */
	uint64_t waits;  /* of calls: that waited */
	uint64_t waiting_ns;
};

struct fdar_syscall {
	char *name;
	struct fdar_syscall_sum of_sessions;
	struct fdar_syscall_sum of_server; /* of no session: waits for work, as a rule */
	uint64_t sessions;                 /* that have it */
	uint64_t most_calls;               /* of one session */
	uint64_t most_waiting_ns;          /* of one session, which may be another */
};

struct fdar_syscalls {
	GArray *rows;      /* struct fdar_syscall, in the order in which they came up */
	uint64_t sessions; /* that were wanted */
	uint64_t calls;    /* all rows', of sessions and not */
	gboolean told;     /* there is I/O at all: else it was recorded without --io */
};

struct fdar_syscalls_options {
	const struct fdar_labels *labels; /* NULL: none */
	const char *label;                /* only the sessions with this one; NULL: all */
	const char *client; /* only those of this address, with or without port; NULL: all */
	enum fdar_unit unit;
	GPtrArray
		*warnings; /* what speaks against the recording is appended (char *, the array frees
			      * them); NULL: it is not asked */
	gboolean (*go_on)(void *user); /* asked now and then: FALSE ends it; may be NULL */
	void *user;
};

/* Reads a trace: path as for fdar_source_open. NULL and error; G_IO_ERROR_CANCELLED. The caller owns the
 * result. */
struct fdar_syscalls *fdar_syscalls_read(const char *path,
					 const struct fdar_syscalls_options *options,
					 GError **error);

/* The same of events that are at hand, for tests. */
struct fdar_syscalls *fdar_syscalls_of(const struct fdar_event *events, size_t count,
				       fdar_text_fn text, const void *texts,
				       const struct fdar_syscalls_options *options);

/* Adds another recording's. */
void fdar_syscalls_add(struct fdar_syscalls *syscalls, const struct fdar_syscalls *other);

/* NULL: there is none of that name. */
const struct fdar_syscall *fdar_syscalls_find(const struct fdar_syscalls *syscalls,
					      const char *name);

/* NULL is allowed. */
void fdar_syscalls_free(struct fdar_syscalls *syscalls);
typedef struct fdar_syscalls fdar_syscalls;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_syscalls, fdar_syscalls_free)

#endif
