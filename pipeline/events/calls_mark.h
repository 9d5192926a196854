/*
 * A mark among calls, taken apart: instrument/wire/calls.h.
 *
 * Place in the house: inside pipeline/events/, under calls.c alone, which has read up to its kind.
 */
#ifndef FDAR_PIPELINE_EVENTS_CALLS_MARK_H
#define FDAR_PIPELINE_EVENTS_CALLS_MARK_H

#include <stdint.h>

#include "pipeline/events/arena.h"
#include "pipeline/events/event.h"
#include "pipeline/events/text.h"

struct calls_mark {
	struct fdar_texts *texts; /* NULL: what is waited for has no name */
	struct fdar_arena *arena; /* for the texts of requests */
	uint64_t key;             /* the last one in this event */
};

/* Fills in kind and what that has, the rest stays. Gives where the mark ends; NULL: it is malformed. */
const uint8_t *calls_mark_take(struct calls_mark *mark, const uint8_t *at, const uint8_t *end,
			       struct fdar_event *out);

#endif
