/*
 * Jobs: several runs at once, each in a process and a network namespace of its own.
 *
 * Place in the house: below attempt.h, and knows nothing of trials. In its namespace a server has all ports for itself, on a
 * loopback interface that is up, and finds nothing of the run before it; there is no other interface. As root
 * a namespace is had at once, else together with one of users, in which everybody is who he was. A job ends with this
 * process, in whatever way that ends.
 */
#ifndef FDAR_CLI_REDUCE_JOBS_H
#define FDAR_CLI_REDUCE_JOBS_H

#include <glib.h>

#define FDAR_JOBS_AT_ONCE_MAX 64u

/* Whether so many at once can be judged here; by the clock each takes two processors, for the server and for who plays at it. FALSE and
 * error (G_OPTION_ERROR). */
gboolean fdar_jobs_check(unsigned count, gboolean by_the_clock, GError **error);

/* FALSE and error: the kernel gives us no namespace. */
gboolean fdar_jobs_are_permitted(GError **error);

/* What a job does; what comes out of it goes into *result, which has no pointers. FALSE and error. */
typedef gboolean (*fdar_job_fn)(void *user, unsigned number, void *result, GError **error);

struct fdar_jobs {
	fdar_job_fn job;
	void *user;
	gsize size; /* of a result */
	const volatile int
		*stop; /* when it is set, each job gets SIGTERM, and is waited for; may be NULL */
};

/* Runs count jobs (up to FDAR_JOBS_AT_ONCE_MAX), numbered from 0, and waits for all. results has room for as many; errors[i] is NULL where
 * job i came to its end with a result, else an error that is the caller's. */
void fdar_jobs_run(const struct fdar_jobs *jobs, unsigned count, void *results, GError **errors);

#endif
