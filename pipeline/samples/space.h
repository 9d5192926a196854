/*
 * An address space: what is mapped where in a process, and stacks unwound in it.
 *
 * Place in the house: under sampler.c. Forked processes share one as long as nothing else is mapped in
 * one of them. Files are opened here, with our rights, and read by the unwinder's worker, without (unwinder.h).
 * Used by one thread at a time.
 */
#ifndef FDAR_PIPELINE_SAMPLES_SPACE_H
#define FDAR_PIPELINE_SAMPLES_SPACE_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

#include "pipeline/samples/perf.h"
#include "pipeline/samples/samples.h"
#include "pipeline/samples/unwinder.h"

struct fdar_space;

/* unwinder: must outlive it. */
struct fdar_space *fdar_space_new(struct fdar_unwinder *unwinder);
struct fdar_space *fdar_space_ref(struct fdar_space *space);

/* NULL is allowed. */
void fdar_space_unref(struct fdar_space *space);

/* What process pid has mapped executable. Gives the space that holds it: another one, with a reference of
 * its own in the place of this one's, when others share this and have something else there. */
struct fdar_space *fdar_space_map(struct fdar_space *space, pid_t pid,
				  const struct fdar_perf_record *mapped);

/* All that a process has mapped now, as /proc says. */
void fdar_space_map_all(struct fdar_space *space, pid_t pid);

void fdar_space_unwind(struct fdar_space *space, struct fdar_space_stack *stack);

/* The function around an address, added to samples where it is new. G_MAXUINT32: no room. */
uint32_t fdar_space_function(struct fdar_space *space, struct fdar_samples *samples,
			     uint64_t address);

#endif
