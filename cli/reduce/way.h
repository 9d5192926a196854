/*
 * The way: how what is asked about is played, in copies, so many at once, and so many a second. Internal to a reduction
 * (reducing.h).
 *
 * Place in the house: below steps.h, which asks, and intensity.h, which looks for the least that hurts.
 */
#ifndef FDAR_CLI_REDUCE_WAY_H
#define FDAR_CLI_REDUCE_WAY_H

#include "cli/reduce/reducing.h"

/* 2^ that many a second: faster than anybody plays. */
#define FDAR_WAY_LEVEL_MAX 24u

/* How a question's set is played: its intensity is of what is being lowered, and all else as it was found. */
void fdar_way_apply(const struct fdar_reducing *reducing, uint32_t asked,
		    struct fdar_trial_play *play);

/* Of everything that is kept: sessions times copies. */
uint64_t fdar_way_plays(const struct fdar_reducing *reducing);

/* Sessions begun a second at a level, from 1. */
uint32_t fdar_way_rate(const struct fdar_reducing *reducing, uint32_t level);

/* ", 9 at once, 64 begun a second": what there is to say of it; the caller frees it. */
char *fdar_way_text(const struct fdar_reducing *reducing);

#endif
