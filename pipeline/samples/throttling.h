/*
 * Throttling: ticks that the kernel did not take, since it limits how many there may be
 * (kernel.perf_event_max_sample_rate, which it lowers by itself where they take long).
 *
 * Place in the house: under intake.c. An event that is throttled does not tick until the processor's next
 * timer interrupt; the kernel tells when it stops and when it goes on, not how many are missing. What it tells may be
 * lost, too: when an event goes on is not known then, and not when it stopped the next time.
 */
#ifndef FDAR_PIPELINE_SAMPLES_THROTTLING_H
#define FDAR_PIPELINE_SAMPLES_THROTTLING_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/samples/perf.h"

struct fdar_throttling;

/* Of events that tick every period_ns (not 0). The caller owns the result. */
struct fdar_throttling *fdar_throttling_new(uint64_t period_ns);

/* Of one event: to be called in order of time. FALSE: the record is about something else. */
gboolean fdar_throttling_take(struct fdar_throttling *throttling,
			      const struct fdar_perf_record *record);

/* How many ticks are missing: one each time, and as many as whole periods went by until it went on, or until the
 * timer must have come (20 ms): it ticked in between where it is told to go on later. */
uint64_t fdar_throttling_ticks(const struct fdar_throttling *throttling);

/* NULL is allowed. */
void fdar_throttling_free(struct fdar_throttling *throttling);

#endif
