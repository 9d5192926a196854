/*
 * Records in the kernel's form (perf_event_open(2)), made of what a process has told.
 *
 * Place in the house: of ticks.c alone; perf_records.c reads them.
 */
#ifndef FDAR_PIPELINE_SAMPLES_TICKS_RECORDS_H
#define FDAR_PIPELINE_SAMPLES_TICKS_RECORDS_H

#include <glib.h>
#include <stdint.h>

#include "instrument/wire/ticks.h"
#include "pipeline/samples/wiped.h"

/* Process number key begins, and calls itself pid; parent: the number of whom it came from. outer: its pid
 * here, 0: not known. */
void fdar_ticks_put_fork(struct fdar_wiped *bytes, uint64_t time_ns, uint32_t key, uint32_t parent,
			 uint32_t pid, uint32_t outer);

void fdar_ticks_put_exec(struct fdar_wiped *bytes, uint64_t time_ns, uint32_t key);

void fdar_ticks_put_exit(struct fdar_wiped *bytes, uint64_t time_ns, uint32_t key);

/* What a tick says, if it makes sense. */
void fdar_ticks_put_tick(struct fdar_wiped *bytes, uint32_t key, const struct fdar_tick *tick);

#endif
