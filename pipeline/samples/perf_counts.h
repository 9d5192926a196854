/*
 * What the kernel counts: page faults and moves to another processor, with thread and time (perf_event_open(2),
 * software events).
 *
 * Place in the house: beside perf.h, under intake.c, which puts these records between those of perf.h. As there, the
 * events are of processors, not of threads, and so of everybody: who asks keeps what is the server's. Where the
 * kernel does not permit that there are none: of one's own programs it would be those of their own code alone.
 *
 * A record of each would cost a third of the time of a fault. So the kernel is asked for some FDAR_PERF_COUNTS_HZ
 * records in a second, of a kind and a processor (attr.freq): it begins with one of each, and lets more of them pass
 * between two the faster they come. Each record says how many there were until then, so it stands for all since the
 * one before: few that come far from each other are counted one by one, of many the sum over all threads is exact,
 * and whose they were is an estimate.
 */
#ifndef FDAR_PIPELINE_SAMPLES_PERF_COUNTS_H
#define FDAR_PIPELINE_SAMPLES_PERF_COUNTS_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/samples/wiped.h"

#define FDAR_PERF_COUNTS_HZ       1000u /* records a second, of a kind and a processor, about */
#define FDAR_PERF_COUNTS_HZ_LEAST 50u   /* where the kernel's limit is lower */
#define FDAR_PERF_COUNTS_PAGES    64u   /* a processor: a second and more */

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
