/*
 * What the server's processes say they have written, and the trace does not have.
 *
 * Place in the house: inside pipeline/, between record_count.h, which reads the trace back, and the
 * counters of control.h. An event is counted by its process after it was written, and all are asked
 * before tracing stops: the trace of a good recording has at least as many of each kind and process
 * (more: those that were written last, calls that are still open). Fewer is a loss, whether LTTng or
 * the drain has noticed or not: a consumer daemon that was killed tells nobody what it had.
 */
#ifndef FDAR_PIPELINE_RECORD_RECORD_MISSING_H
#define FDAR_PIPELINE_RECORD_RECORD_MISSING_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/server/control.h"
#include "pipeline/record/record.h"

struct fdar_record_missing {
	uint64_t calls;  /* that were counted and are not there, of all processes */
	uint64_t events; /* the same of all other events */
};

/* said: struct fdar_control_process, of all processes; found: the same, as counted in the trace. Kinds of
 * events that detail does not ask for are no loss: processes write them for somebody else. */
void fdar_record_missing_find(const GArray *said, const GArray *found, enum fdar_detail detail,
			      struct fdar_record_missing *missing);

/* Takes from each process what it had said before it was recorded from the beginning (control.h's
 * processes that run already): a process of said that is in young, too. */
void fdar_record_missing_forgive(GArray *said, const GArray *young);

#endif
