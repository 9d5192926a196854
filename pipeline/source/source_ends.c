#include "pipeline/source/source_ends.h"

#include "pipeline/recording/recording_lists.h"

static const struct fdar_recording_end *next(const struct fdar_source_ends *ends)
{
	if (!ends->ends || ends->at >= ends->ends->len)
		return NULL;
	return &g_array_index(ends->ends, struct fdar_recording_end, ends->at);
}

gboolean fdar_source_ends_due(const struct fdar_source_ends *ends, uint64_t time_ns)
{
	const struct fdar_recording_end *end = next(ends);

	return end && end->ended_ns < time_ns;
}

void fdar_source_ends_take(struct fdar_source_ends *ends, uint64_t time_ns,
			   const struct fdar_whose *whose, GArray *events)
{
	for (; fdar_source_ends_due(ends, time_ns); ends->at++) {
		const struct fdar_recording_end *end = next(ends);
		struct fdar_event over = { .time_ns = end->ended_ns,
					   .data = "",
					   .pid = fdar_whose_number(whose, (uint32_t)end->pid),
					   .fd = -1,
					   .kind = FDAR_EVENT_PROCESS_OVER };

		over.over.perhaps = 0;
		over.over.seen = 1;
		g_array_append_val(events, over);
	}
}
