/*
 * What the kernel counts, one by one: page faults and moves to another processor, each with its thread and time
 * (perf_event_open(2), software events with a period of one).
 *
 * Place in the house: beside perf.h, under intake.c, which puts these records between those of perf.h. As there, the
 * events are of processors, not of threads, and so of everybody: who asks keeps what is the server's. Where the
 * kernel does not permit that there are none: of one's own programs it would be those of their own code alone.
 *
 * The kernel limits how many there may be (kernel.perf_event_max_sample_rate): those beyond are counted, and
 * nothing more is known of them.
 */
#ifndef FDAR_PIPELINE_SAMPLES_PERF_COUNTS_H
#define FDAR_PIPELINE_SAMPLES_PERF_COUNTS_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/samples/wiped.h"

#define FDAR_PERF_COUNTS_PAGES \
	256u /* a processor: an eighth of a second at the kernel's usual limit */

struct fdar_perf_counts;

/* Opens them on every processor that is on line. NULL and error (G_IO_ERROR): they cannot be had. */
struct fdar_perf_counts *fdar_perf_counts_open(GError **error);

/* No more from here on. */
void fdar_perf_counts_stop(struct fdar_perf_counts *counts);

/* Appends all that are there, as records that fdar_perf_parse knows. */
void fdar_perf_counts_read(struct fdar_perf_counts *counts, struct fdar_wiped *bytes);

/* How many there were, of anybody, that no record was read of; once it was stopped, and all was read. */
uint64_t fdar_perf_counts_lost(const struct fdar_perf_counts *counts);

/* NULL is allowed. */
void fdar_perf_counts_close(struct fdar_perf_counts *counts);

#endif
