/*
 * Processes that were killed: when their time comes, in the order of the trace.
 *
 * Place in the house: inside pipeline/, under source.h, which tells of them. recording.json has what the
 * recorder saw (recording.h, ends).
 */
#ifndef FDAR_PIPELINE_SOURCE_SOURCE_ENDS_H
#define FDAR_PIPELINE_SOURCE_SOURCE_ENDS_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/events/whose.h"

struct fdar_source_ends {
	const GArray *ends; /* struct fdar_recording_end, by time; not owned; NULL: none */
	guint at;           /* the next one */
};

/* Whether one of them ended before time_ns. */
gboolean fdar_source_ends_due(const struct fdar_source_ends *ends, uint64_t time_ns);

/* Appends a PROCESS_OVER to events for each that ended before time_ns, of the process that had the number by
 * what whose has been told. */
void fdar_source_ends_take(struct fdar_source_ends *ends, uint64_t time_ns,
			   const struct fdar_whose *whose, GArray *events);

#endif
