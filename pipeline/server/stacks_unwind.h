/*
 * The stacks of threads, read from outside by a process of its own.
 *
 * Place in the house: inside pipeline/, under stacks_take.c. The process is one so that it can be killed
 * when it hangs (a binary on a network drive that does not answer), and so that the kernel lets go of
 * every thread when it ends, however it does: threads are seized (PTRACE_SEIZE), which leaves no signal
 * behind. It puts what it finds into memory that it shares with its parent; what is published there when
 * it is killed is good.
 */
#ifndef FDAR_PIPELINE_SERVER_STACKS_UNWIND_H
#define FDAR_PIPELINE_SERVER_STACKS_UNWIND_H

#include <stdint.h>
#include <sys/types.h>

#include "pipeline/recording/stacks.h"

#define FDAR_UNWIND_POOL_BYTES (2u << 20)
#define FDAR_UNWIND_BUDGET_US  2000000 /* for all threads */

struct fdar_unwind_frame {
	uint64_t address, offset;
	uint32_t function, binary; /* in the pool; 0: not known (yet) */
};

struct fdar_unwind_thread {
	pid_t pid, tid;
	char name[32];
	uint32_t first, frames; /* in fdar_unwind.frames */
	int cut;
};

struct fdar_unwind {
	uint32_t threads;   /* published, with release, when all of a thread but names is there */
	uint32_t left_out;  /* no time or no room for them, or they did not stop */
	int out_of_time;    /* something was not done for that */
	uint32_t processes; /* that have the library in them */
	int refused_errno;  /* of the last process that could not be looked into; 0: none */
	pid_t refused_pid;
	uint32_t frames_used, pool_used; /* the child's own */
	struct fdar_unwind_thread thread[FDAR_STACKS_THREADS_MAX];
	struct fdar_unwind_frame frame[FDAR_STACKS_FRAMES_MAX];
	char pool[FDAR_UNWIND_POOL_BYTES]; /* NUL-terminated texts; the first is empty */
};

/* In the child: takes the stacks of one process into unwind, zeroed before the first. Nothing of a
 * process without libflowdar.so. deadline_us: g_get_monotonic_time. Uses nothing of GLib that locks. */
void fdar_unwind_process(struct fdar_unwind *unwind, pid_t pid, int64_t deadline_us);

#endif
