/*
 * The excess: what sessions take together, above what is usual for so many.
 *
 * Place in the house: what is asked of a play while it narrows (narrowing.h), below the steps that ask. Of processor time, with a baseline.
 */
#ifndef FDAR_CLI_REDUCE_EXCESS_H
#define FDAR_CLI_REDUCE_EXCESS_H

#include "cli/reduce/reducing.h"

/* Of a session. */
double fdar_excess_usual(const struct fdar_reducing *reducing);

/* Of one copy of so many sessions. */
double fdar_excess_of(const struct fdar_reducing *reducing, const struct fdar_trial *trial,
		      guint sessions, uint32_t copies);

/* Whether these have their part of what all take (reducing->narrow_ns, above 0). */
enum fdar_answer fdar_excess_answer(const struct fdar_reducing *reducing,
				    const struct fdar_trial *trial, guint sessions,
				    uint32_t copies);

/* How much processor time is enough for a yes. */
uint64_t fdar_excess_enough(const struct fdar_reducing *reducing, guint sessions, uint32_t copies);

#endif
