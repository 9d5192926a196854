/*
 * The unwinder: what reads the binaries of a server that is sampled, in a process of its own.
 *
 * Place in the house: between space.c, which knows what is mapped where, and modules.h, which elfutils is
 * behind. The server says which binaries these are, and writes them as it likes: they are read by a worker
 * without rights (as nobody when we are root), with a limit of memory, one of processor time for each question, and
 * nothing open but the files that it was handed. What it answers is taken for what somebody says. A worker that
 * dies or does not come back is replaced; the file that it was at names nothing from then on.
 *
 * Workers are forked by a process that was forked before there were threads, does nothing else, and reads
 * nothing that anybody else wrote: it has the rights that we have. Used by one thread at a time.
 */
#ifndef FDAR_PIPELINE_SAMPLES_UNWINDER_H
#define FDAR_PIPELINE_SAMPLES_UNWINDER_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

#include "pipeline/samples/modules.h"

#define FDAR_UNWINDER_DEATHS_MAX 16u /* workers that may die before no more is tried */

struct fdar_unwinder;

/* To be called before there are other threads, by one that lives as long as it is used. NULL and error
 * (G_IO_ERROR): there is no process to be had, or none without rights. */
struct fdar_unwinder *fdar_unwinder_start(GError **error);

/* The process that forks workers: it is a child of ours, and none of the server's. */
pid_t fdar_unwinder_pid(const struct fdar_unwinder *unwinder);

/* NULL is allowed. */
void fdar_unwinder_free(struct fdar_unwinder *unwinder);

/* A number for an address space, which nothing is mapped in yet. */
uint32_t fdar_unwinder_space(struct fdar_unwinder *unwinder);

/* Which worker it is: what an earlier one was told, this one does not know. */
guint fdar_unwinder_worker(const struct fdar_unwinder *unwinder);

/* Whether nothing of that file is asked: a worker died of it, or never came back, or too many are known. Who asks before he
 * opens it does not wait for what a worker still waits for (a file system that does not answer). */
gboolean fdar_unwinder_fears(struct fdar_unwinder *unwinder, uint64_t inode, const char *path);

/* A file that is mapped in a space; fd stays the caller's. inode and map->path are what it is known by. Nothing of a
 * file that a worker died of. */
void fdar_unwinder_map(struct fdar_unwinder *unwinder, uint32_t space,
		       const struct fdar_modules_map *map, uint64_t inode, int fd);

/* Forgets all that is mapped in a space. */
void fdar_unwinder_drop(struct fdar_unwinder *unwinder, uint32_t space);

/* Fills what comes of the stack: nothing, cut, where there is no answer. */
void fdar_unwinder_unwind(struct fdar_unwinder *unwinder, uint32_t space,
			  struct fdar_space_stack *stack);

/* FALSE: no file is there, or there is no answer. */
gboolean fdar_unwinder_function(struct fdar_unwinder *unwinder, uint32_t space, uint64_t address,
				struct fdar_modules_function *function);

/* The files that a worker died of, by name, ", " between them. NULL: none. The caller frees it. */
char *fdar_unwinder_feared(const struct fdar_unwinder *unwinder);

/* Whether too many workers have died, so that no stack is unwound any more. */
gboolean fdar_unwinder_gave_up(const struct fdar_unwinder *unwinder);

#endif
