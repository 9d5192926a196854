/*
 * Stacks: where the threads of servers that were attached to were when the recording began.
 *
 * Place in the house: made by the recorder (record_begin.c), kept in the recording as stacks.json, shown
 * by cli/. A call that was open before the libraries were told to record is unknown to them; so the stacks
 * are taken once, from outside, as a debugger does: each thread is stopped by ptrace, its frames are read
 * through elfutils, and it goes on (stacks_unwind.h).
 *
 * stacks.json is one object: "format" (1), "taken_ns", "left_out" (threads that there was no time or room
 * for), and "threads": objects of "pid", "tid", "name", "cut" (1: there are more frames outside of these)
 * and "frames", the innermost first: "address" in the process, "offset" in "function", and "binary", the
 * last part of its path. Function and binary are empty where they are not known.
 */
#ifndef FDAR_PIPELINE_RECORDING_STACKS_H
#define FDAR_PIPELINE_RECORDING_STACKS_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

#define FDAR_STACKS_FILE        "stacks.json"
#define FDAR_STACKS_FORMAT      1
#define FDAR_STACKS_MAX_SIZE    (4u << 20) /* bytes of the file */
#define FDAR_STACKS_THREADS_MAX 1024u
#define FDAR_STACKS_DEPTH_MAX   256u   /* frames of a thread */
#define FDAR_STACKS_FRAMES_MAX  16384u /* of all threads together */
#define FDAR_STACKS_NAME_MAX    512u   /* bytes of a function's or binary's name; the rest is cut */

struct fdar_stack_frame {
	uint64_t address; /* in the process; of all but the innermost: where it returns to */
	uint64_t offset;  /* from the function's begin; 0 when that is not known */
	char *function;   /* as in the symbol table, C++ mangled; empty: not known */
	char *binary;     /* empty: not known */
};

struct fdar_stack {
	guint32 pid, tid;
	char *name;
	GArray *frames; /* struct fdar_stack_frame, the innermost first; owns their texts */
	gboolean cut;   /* the outer ones are missing */
};

struct fdar_stacks {
	uint64_t taken_ns;  /* since the Unix epoch */
	uint64_t left_out;  /* threads whose stacks could not be taken in time, or did not fit */
	GPtrArray *threads; /* struct fdar_stack, owned */
};

/* An empty one, and an empty stack in it, which it owns. name is copied. */
struct fdar_stacks *fdar_stacks_new(void);
struct fdar_stack *fdar_stacks_add(struct fdar_stacks *stacks, guint32 pid, guint32 tid,
				   const char *name);

/* A frame outside of those that are there. The texts are copied. */
void fdar_stack_add(struct fdar_stack *stack, uint64_t address, uint64_t offset,
		    const char *function, const char *binary);

/* Takes them: of the processes and all below them that have libflowdar.so in them; LTTng's threads and
 * the library's own are left out. Blocks for 3 s at most; each thread is stopped for about as long as it
 * takes to read its stack (about a millisecond), and whatever happens to this process meanwhile, it
 * goes on. A system call that it waits in may come back with EINTR, as under strace or gdb. Never NULL;
 * *warning (the caller frees it) is NULL, or why some are missing. Forks. */
struct fdar_stacks *fdar_stacks_take(const pid_t *pids, size_t count, char **warning);

/* Writes dir/stacks.json atomically. What would make it larger than may be is left out. */
gboolean fdar_stacks_save(const struct fdar_stacks *stacks, const char *dir, GError **error);

/* Reads dir/stacks.json. NULL and error (FDAR_RECORDING_ERROR: missing, or not as described above). Texts
 * are valid UTF-8, and may hold anything else. */
struct fdar_stacks *fdar_stacks_load(const char *dir, GError **error);

/* NULL is allowed. */
void fdar_stacks_free(struct fdar_stacks *stacks);
typedef struct fdar_stacks fdar_stacks;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_stacks, fdar_stacks_free)

#endif
