/*
 * When killed processes ended, by what the recorder saw and what is in the trace.
 *
 * Place in the house: inside pipeline/, under the recorder. The recorder knows not later than when a process
 * ended, and about how long before at most (pipeline/server/ends.h); it lived when it said its last word.
 */
#ifndef FDAR_PIPELINE_RECORD_RECORD_ENDS_H
#define FDAR_PIPELINE_RECORD_RECORD_ENDS_H

#include <glib.h>

/* ends: struct fdar_recording_end, spans: struct fdar_record_span. An end is no earlier than the last event of
 * its process, and its within_ns does not reach back before that. One of a process that goes on in the trace
 * for longer than clocks may differ, or that is not in there, is taken out. */
void fdar_record_ends_fit(GArray *ends, const GArray *spans);

#endif
