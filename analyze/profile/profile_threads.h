/*
 * What each thread of a recording took, and on which host it ran: a walk of its own, as profiles are
 * sums over threads.
 *
 * Place in the house: beside profile_read.h. Every closed frame adds its own time to its thread's row, so
 * the rows add up to what the profile has in all its groups, queues aside.
 *
 * Bounds: a row a thread.
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_THREADS_H
#define FDAR_ANALYZE_PROFILE_PROFILE_THREADS_H

#include "analyze/profile/profile_read.h"

struct fdar_profile_thread {
	const char *host; /* "": the trace does not say */
	const char *name; /* its last; may be "" */
	uint32_t process; /* its number in the trace: no other process of that has it */
	uint32_t pid;     /* virtual process id */
	uint32_t life;    /* 1; 2 and more: of the same id after another process had it */
	uint32_t tid;
	uint64_t sessions; /* that it began */
	uint64_t calls;    /* of functions, and scopes */
	uint64_t running_ns;
	uint64_t waiting_ns;
	uint64_t sessions_ns; /* of both: for sessions; the rest is the server's own */
};

struct fdar_profile_threads {
	GArray *threads;     /* of struct fdar_profile_thread, as they were first heard of */
	GStringChunk *texts; /* theirs */
};

/* Of options: rules, unit, progress, threads. warnings may be NULL; else what speaks against the recording is
 * appended to it (char *, the array frees them). NULL and error. The caller owns the result. */
struct fdar_profile_threads *fdar_profile_threads_read(const char *path,
						       const struct fdar_profile_options *options,
						       GPtrArray *warnings, GError **error);

/* Those of another recording, too. */
void fdar_profile_threads_add(struct fdar_profile_threads *sum,
			      const struct fdar_profile_threads *from);

/* NULL is allowed. */
void fdar_profile_threads_free(struct fdar_profile_threads *threads);
typedef struct fdar_profile_threads fdar_profile_threads;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_profile_threads, fdar_profile_threads_free)

#endif
