#include "replay/sessions/timeline.h"

/* Packets of several receive queues are captured out of order by micro- or milliseconds; a clock
 * that is set goes back further. */
#define JITTER_NS ((uint64_t)1000000000)

void fdar_timeline_init(struct fdar_timeline *timeline, uint64_t max_gap_ns)
{
	*timeline = (struct fdar_timeline){ .max_gap_ns = max_gap_ns ? max_gap_ns
								     : FDAR_TIMELINE_MAX_GAP_NS };
}

uint64_t fdar_timeline_at(struct fdar_timeline *timeline, uint64_t epoch_ns)
{
	uint64_t gap;

	if (!timeline->started) {
		timeline->started = TRUE;
		timeline->last_ns = epoch_ns;
		return 0;
	}
	if (epoch_ns < timeline->last_ns) {
		timeline->backward++;
		if (timeline->last_ns - epoch_ns > JITTER_NS)
			timeline->last_ns = epoch_ns;
		return timeline->now_ns;
	}
	gap = epoch_ns - timeline->last_ns;
	if (gap > timeline->max_gap_ns) {
		timeline->squeezed_ns += gap - timeline->max_gap_ns;
		gap = timeline->max_gap_ns;
	}
	timeline->last_ns = epoch_ns;
	timeline->now_ns += gap;
	return timeline->now_ns;
}
