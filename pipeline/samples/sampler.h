/*
 * The sampler: takes samples of a server's processes while it is recorded.
 *
 * Place in the house: the door of pipeline/samples for the recorder (record/). It runs in a thread of its
 * own: what the kernel wrote down is taken from the intake (intake.h) and unwound by a process without rights
 * (space.h, unwinder.h); the copies of
 * stacks, which hold what clients sent, are overwritten then, and never written anywhere.
 *
 * Whose samples are kept: of programs that this process starts after the sampler, of processes that it is
 * told of, and of all that come from these.
 */
#ifndef FDAR_PIPELINE_SAMPLES_SAMPLER_H
#define FDAR_PIPELINE_SAMPLES_SAMPLER_H

#include <glib.h>
#include <sys/types.h>

#include "pipeline/samples/samples.h"
#include "pipeline/samples/unwinder.h"

#define FDAR_SAMPLER_HZ_DEFAULT 99u
#define FDAR_SAMPLER_HZ_MAX     999u

struct fdar_sampler;

/* pids: processes that run already. To be called by the thread that starts the server. NULL and error that
 * says what would help. It has an unwinder of its own: there must be no other threads yet. */
struct fdar_sampler *fdar_sampler_start(unsigned hz, const pid_t *pids, size_t count,
					GError **error);

/* The same with an unwinder that was started when there were none; it stays the caller's, and must outlive the
 * sampler. ticks: the path of a folder that is not there yet, and that the server's processes can reach, NULL: none. If
 * the kernel has no samples for us, it is made, and they put their own there (instrument/wire/ticks.h).
 * counted: page faults and migrations, too. */
struct fdar_sampler *fdar_sampler_start_with(struct fdar_unwinder *unwinder, unsigned hz,
					     const pid_t *pids, size_t count, const char *ticks,
					     gboolean counted, GError **error);

/* Why the server's processes are to take samples of themselves; NULL: they need not. */
const char *fdar_sampler_ticks_why(const struct fdar_sampler *sampler);

/* Why there are only samples of what is started, of the programs' own code (struct fdar_samples.own), as of
 * fdar_perf_own_why(); known from the start. */
const char *fdar_sampler_own_why(const struct fdar_sampler *sampler);

/* Why page faults and the like are not counted (struct fdar_samples.counted); NULL: they are. */
const char *fdar_sampler_uncounted_why(const struct fdar_sampler *sampler);

/* No more samples from here on. */
void fdar_sampler_pause(struct fdar_sampler *sampler);

/* Waits until all are unwound, and gives them: their times are CLOCK_MONOTONIC's. The caller owns the
 * result. To be called once. */
struct fdar_samples *fdar_sampler_take(struct fdar_sampler *sampler);

/* NULL is allowed. */
void fdar_sampler_free(struct fdar_sampler *sampler);

#endif
