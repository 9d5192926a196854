/*
 * Pictures of threads: who worked for which session when, and what they hand to each other.
 *
 * Place in the house: an activity (analyze/activity) in, SVG out (viz/chart); flowdar timeline and flowdar handoffs
 * save them, the report shows them.
 *
 * The timeline has a row a thread: a high bar is running for a session, a low one waiting for it, a thin one
 * running for none; neighbouring sessions have other hues. Arrows are hand-offs, those that stood longest in their
 * queue. The hand-off graph has who puts on the left, queues in the middle, who takes on the right; threads of
 * a pool are one box.
 */
#ifndef FDAR_VIZ_TIMELINE_TIMELINE_H
#define FDAR_VIZ_TIMELINE_TIMELINE_H

#include <glib.h>

#include "analyze/activity/activity.h"

#define FDAR_TIMELINE_THREADS 40u /* rows; the busiest are shown */
#define FDAR_TIMELINE_ARROWS  60u

struct fdar_timeline_options {
	const char *title; /* NULL: none */
	const char *id;    /* prefix of ids, letters and digits; NULL: "timeline" or "handoffs" */
	double width;      /* points; 0: 1140 */
	uint64_t session;  /* id of a session to be seen before all others; 0: none */
};

/* The caller frees the results (g_string_free). */
GString *fdar_timeline_svg(const struct fdar_activity *activity,
			   const struct fdar_timeline_options *options);
GString *fdar_handoffs_svg(const struct fdar_activity *activity,
			   const struct fdar_timeline_options *options);

/* "worker" of "worker-14": what threads of a pool have in common. The caller frees the result. */
char *fdar_timeline_role(const char *name);

#endif
