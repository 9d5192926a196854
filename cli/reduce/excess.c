#include "cli/reduce/excess.h"

/* A part of it that is one, and one that is none. */
#define PART 0.5
#define LESS 0.35

double fdar_excess_usual(const struct fdar_reducing *reducing)
{
	return reducing->judge->limit / reducing->judge->over;
}

double fdar_excess_of(const struct fdar_reducing *reducing, const struct fdar_trial *trial,
		      guint sessions, uint32_t copies)
{
	return (double)trial->cpu_ns / copies - fdar_excess_usual(reducing) * sessions;
}

enum fdar_answer fdar_excess_answer(const struct fdar_reducing *reducing,
				    const struct fdar_trial *trial, guint sessions, uint32_t copies)
{
	double above = fdar_excess_of(reducing, trial, sessions, copies);

	if (trial->crashed || (trial->cut && above < reducing->narrow_ns * PART))
		return FDAR_ANSWER_UNKNOWN;
	return above >= reducing->narrow_ns * PART   ? FDAR_ANSWER_HURTS
	       : above >= reducing->narrow_ns * LESS ? FDAR_ANSWER_UNKNOWN
						     : FDAR_ANSWER_NOT;
}

uint64_t fdar_excess_enough(const struct fdar_reducing *reducing, guint sessions, uint32_t copies)
{
	return (uint64_t)((fdar_excess_usual(reducing) * sessions + reducing->narrow_ns * PART) *
			  1.05 * copies);
}
