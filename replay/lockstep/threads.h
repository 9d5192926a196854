/*
 * Threads: whether those of a server wait for work.
 *
 * Place in the house: asked by the loop (lockstep.h), and knows nothing of it. By /proc/PID/task/: a
 * thread waits when it sleeps (S) in the kernel; a thread that sleeps for a time waits, too. The server is
 * the processes that were named or that hold a listening socket, and all their children; threads and
 * children that come and go are followed. No rights are needed to watch; to find a process by its socket
 * one has to be its user, or root.
 *
 * All threads have to wait at the same moment. With more than one, one could wake another and sleep before
 * the other is looked at: so each thread's count of time slices (schedstat) is read before and after all
 * states, and has to be the same. Cost: two microseconds for a server of one thread, 3 for each thread
 * else.
 */
#ifndef FDAR_REPLAY_LOCKSTEP_THREADS_H
#define FDAR_REPLAY_LOCKSTEP_THREADS_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

#include "replay/capture/endpoint.h"

enum fdar_rest {
	FDAR_REST_BUSY,    /* a thread runs, wants to, or waits for the disk */
	FDAR_REST_WAITING, /* all wait for work */
	FDAR_REST_STOPPED, /* by a signal or a debugger: nothing can be said before it goes on */
	FDAR_REST_GONE     /* no such process (any more) */
};

struct fdar_threads;

/* Watches these processes and their children. NULL when none is there. */
struct fdar_threads *fdar_threads_new(const pid_t *pids, size_t count);

enum fdar_rest fdar_threads_look(struct fdar_threads *watch);

/* As of the last look. */
unsigned fdar_threads_count(const struct fdar_threads *watch);
unsigned fdar_threads_processes(const struct fdar_threads *watch);

/* NULL is allowed. */
void fdar_threads_free(struct fdar_threads *watch);

/* The processes that listen at one of these (TCP), or have a socket there (UDP), appended to pids
 * (pid_t): not this one, and process 1 only when it is the only one (it may hold the sockets of services
 * that it starts, and all others are its children; in a container it is the server). */
void fdar_threads_find(const struct fdar_endpoint *targets, size_t count, GArray *pids);

#endif
