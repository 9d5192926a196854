/*
 * A recording's spans as moments in one order of time: what a stream of events is made of.
 *
 * Place in the house: under the plugin for babeltrace2 (plugin.c), which makes messages of them. Depends on
 * analyze/spans only, not on babeltrace2.
 *
 * At equal times sessions begin before the calls that are theirs and end after them, calls of a thread nest,
 * and an object is put before it is taken.
 */
#ifndef FDAR_VIZ_BABELTRACE_MOMENTS_H
#define FDAR_VIZ_BABELTRACE_MOMENTS_H

#include <glib.h>
#include <stdint.h>

#include "analyze/spans/spans.h"

enum fdar_moment_kind {
	FDAR_MOMENT_SESSION_BEGIN,
	FDAR_MOMENT_SESSION_END,
	FDAR_MOMENT_REQUEST_BEGIN,
	FDAR_MOMENT_REQUEST_END,
	FDAR_MOMENT_CALL_BEGIN,
	FDAR_MOMENT_CALL_END,
	FDAR_MOMENT_HANDOFF_PUT,
	FDAR_MOMENT_HANDOFF_TAKE,
	FDAR_MOMENTS
};

struct fdar_moment {
	uint64_t time_ns;
	uint32_t order;  /* among those of one time */
	uint32_t index;  /* of spans, of handoffs, or of sessions: see kind, and below */
	uint32_t thread; /* that it happens on */
	uint8_t kind;    /* enum fdar_moment_kind */
};

/* Array of struct fdar_moment, sorted; the caller frees it (g_array_unref). SESSION_* have an index of
 * spans->connections where the unit is a request, else of spans->sessions; REQUEST_* of spans->sessions. A call that was left out of the
 * spans is in none of them. */
GArray *fdar_moments_new(const struct fdar_spans *spans);

#endif
