/*
 * Whether what is read can be what was recorded: its times, its counts.
 *
 * Place in the house: between source.c, which reads, and recording/doubts.h, the list of what speaks
 * against a recording.
 */
#ifndef FDAR_PIPELINE_SOURCE_SOURCE_CHECK_H
#define FDAR_PIPELINE_SOURCE_SOURCE_CHECK_H

#include "pipeline/events/calls.h"
#include "pipeline/events/decoder.h"
#include "pipeline/events/event.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/source/source.h"

/* When the recording was going on, since the Unix epoch: what is outside is no time of its own. */
struct fdar_source_times {
	uint64_t first_ns, last_ns;
};

/* By recording.json, which has the second it began in, and how long it took. The clocks of a machine are
 * set now and then: an hour before and behind does no harm. Any time when it does not say. */
struct fdar_source_times fdar_source_times_of(const struct fdar_recording_info *info);
struct fdar_source_times fdar_source_times_any(void);

/* Whether all of a batch is in it. Events come in the order of their times. */
gboolean fdar_source_times_have(const struct fdar_source_times *times,
				const struct fdar_event *batch, size_t n);

/* Takes the others out; gives how many are kept, and adds those that are not to left_out. */
size_t fdar_source_times_keep(const struct fdar_source_times *times, struct fdar_event *batch,
			      size_t n, uint64_t *left_out);

/* What was read to its end against what was written: adds to the recording's doubts. streams: what is in
 * each (struct fdar_recording_stream). part: it is a slice only, whose counts say nothing. */
void fdar_source_compare(struct fdar_recording_state *recording,
			 const struct fdar_source_summary *summary, const GArray *streams,
			 gboolean part);

/* What the decoder has counted so far. */
void fdar_source_take_counts(const struct fdar_decoder_env *env,
			     struct fdar_source_summary *summary);

/* Nothing was counted: before a decoder is opened again. */
void fdar_source_forget_counts(struct fdar_decoder_env *env);

/* Takes of a calls event what fits into the batch, and counts these calls in the stream it is of. */
size_t fdar_source_take_calls(struct fdar_calls *calls, const struct fdar_event *event,
			      struct fdar_event *batch, size_t capacity, GArray *streams);

/* From paths of files to paths below the recording dir, as its manifest has them. */
void fdar_source_place_streams(GArray *streams, const char *dir);

#endif
