/*
 * The time line: captured times made fit for playing.
 *
 * Clocks of captures run backwards (several receive queues, a clock that was set) and jump by years
 * (files that were merged). The time line never goes back, and keeps at most max_gap_ns of silence
 * between two packets. Feed it the times in capture order, get the time since the first of them.
 */
#ifndef FDAR_REPLAY_SESSIONS_TIMELINE_H
#define FDAR_REPLAY_SESSIONS_TIMELINE_H

#include <glib.h>
#include <stdint.h>

#define FDAR_TIMELINE_MAX_GAP_NS (5 * (uint64_t)1000000000)
#define FDAR_TIMELINE_KEEP       UINT64_MAX

struct fdar_timeline {
	uint64_t max_gap_ns; /* FDAR_TIMELINE_KEEP: silence is kept however long */
	uint64_t last_ns;    /* the latest captured time */
	uint64_t now_ns;     /* where it is on the time line */
	gboolean started;
	uint64_t squeezed_ns; /* silence that was taken out */
	uint64_t backward;    /* how often time went back */
};

/* max_gap_ns 0 is the default, FDAR_TIMELINE_MAX_GAP_NS. */
void fdar_timeline_init(struct fdar_timeline *timeline, uint64_t max_gap_ns);

/* The place of epoch_ns on the time line, ns since the first call's. Small steps back (up to one
 * second) stay where the time line is; a larger one means that the clock was set, and time goes on
 * from there. */
uint64_t fdar_timeline_at(struct fdar_timeline *timeline, uint64_t epoch_ns);

#endif
