/*
 * What the kernel counts: page faults and moves to another processor, with thread and time (perf_event_open(2),
 * software events).
 *
 * Place in the house: beside perf.h, under intake.c, which puts these records between those of perf.h. As there, the
 * events are of processors, not of threads, and so of everybody: who asks keeps what is the server's. Where the
 * kernel does not permit that there are none: of one's own programs it would be those of their own code alone.
 *
 * A record of each fault would cost a third of the time of one. So the kernel writes one of every
 * FDAR_PERF_COUNTS_PERIOD on a processor, and of what is rare one each. (Events by frequency, attr.freq, were tried:
 * after a burst they let thousands pass, and one session of 20,000 faults was told 3,639.) Each says
 * how many there were until then, so it stands for all since the one before: whose they were is an estimate.
 */
#ifndef FDAR_PIPELINE_SAMPLES_PERF_COUNTS_H
#define FDAR_PIPELINE_SAMPLES_PERF_COUNTS_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/samples/wiped.h"

#define FDAR_PERF_COUNTS_PERIOD 50u
#define FDAR_PERF_COUNTS_PAGES  64u /* a processor */

struct fdar_perf_counts;

/* Opens them on every processor that is on line. NULL and error (G_IO_ERROR): they cannot be had. */
struct fdar_perf_counts *fdar_perf_counts_open(GError **error);

/* No more from here on. */
void fdar_perf_counts_stop(struct fdar_perf_counts *counts);

/* Appends all that are there, as records that fdar_perf_parse knows. To be called every some hundredths of a second:
 * where it finds none twice, the next fault has a record. */
void fdar_perf_counts_read(struct fdar_perf_counts *counts, struct fdar_wiped *bytes);

/* How many there were, of anybody, that no record was read of, though one was due; once it was stopped, and all was
 * read. */
uint64_t fdar_perf_counts_lost(const struct fdar_perf_counts *counts);

/* NULL is allowed. */
void fdar_perf_counts_close(struct fdar_perf_counts *counts);

#endif
