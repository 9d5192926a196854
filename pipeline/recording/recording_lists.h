/*
 * The lists in recording.json: where events are missing, and processes that were killed.
 *
 * Place in the house: under recording.h, whose members they are.
 */
#ifndef FDAR_PIPELINE_RECORDING_RECORDING_LISTS_H
#define FDAR_PIPELINE_RECORDING_RECORDING_LISTS_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdint.h>

/* Events that are missing in one place: so many, between two points of time, of one stream. */
struct fdar_recording_loss {
	char *stream;              /* the stream file's name: channel, underscore, CPU */
	uint64_t begin_ns, end_ns; /* since the Unix epoch */
	uint64_t events;
};

#define FDAR_RECORDING_LOSSES_MAX 1000 /* the rest is in the counts only */

/* A process of the server that ended without saying so: what was open in it ended then. */
struct fdar_recording_end {
	uint64_t pid;       /* as it called itself */
	uint64_t ended_ns;  /* since the Unix epoch, by the trace's clock: not later, */
	uint64_t within_ns; /* and not more than that before */
	uint64_t signal;    /* that ended it; 0: not known */
};

#define FDAR_RECORDING_ENDS_MAX 2000

/* An empty list of losses; it owns its streams' names. */
GArray *fdar_recording_losses_new(void);

/* As a value of JSON, as many as may be; NULL is an empty list. */
void fdar_recording_losses_put(JsonBuilder *builder, const GArray *losses);
void fdar_recording_ends_put(JsonBuilder *builder, const GArray *ends);

/* NULL: it is none, or too long. The caller frees it. */
GArray *fdar_recording_losses_get(JsonNode *node);
GArray *fdar_recording_ends_get(JsonNode *node);

#endif
