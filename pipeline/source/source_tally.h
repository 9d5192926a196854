/*
 * How many events of a batch are of the kinds that need a thought: a field each in one number, as this is
 * asked of every event there is.
 *
 * Place in the house: inside source.c.
 */
#ifndef FDAR_PIPELINE_SOURCE_SOURCE_TALLY_H
#define FDAR_PIPELINE_SOURCE_SOURCE_TALLY_H

#include <stdint.h>

#include "pipeline/events/event.h"

#define TALLY_BITS  20
#define TALLY(what) (UINT64_C(1) << (what)*TALLY_BITS)
enum { MADE_UP, OTHERS, SPECIAL };

static inline uint64_t tally_of(const struct fdar_event *batch, size_t n)
{
	static const uint64_t kinds[UINT8_MAX + 1] = {
		[FDAR_EVENT_THREAD_NAME] = TALLY(MADE_UP), [FDAR_EVENT_OTHER] = TALLY(OTHERS),
		[FDAR_EVENT_RAW_CALLS] = TALLY(SPECIAL),   [FDAR_EVENT_PROCESS] = TALLY(SPECIAL),
		[FDAR_EVENT_RAW_PACKED] = TALLY(SPECIAL),  [FDAR_EVENT_THREAD_END] = TALLY(SPECIAL),
		[FDAR_EVENT_MODULE] = TALLY(SPECIAL),
	};
	uint64_t tally = 0;

	for (size_t i = 0; i < n; i++)
		tally += kinds[batch[i].kind];
	return tally;
}

static inline size_t tallied(uint64_t tally, int what)
{
	return tally >> what * TALLY_BITS & (TALLY(1) - 1);
}

#endif
