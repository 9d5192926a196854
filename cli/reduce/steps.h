/*
 * Steps: what every step of a search asks, and what becomes of the answers. Internal to a reduction (reducing.h).
 */
#ifndef FDAR_CLI_REDUCE_STEPS_H
#define FDAR_CLI_REDUCE_STEPS_H

#include "cli/reduce/reducing.h"

/* The questions of a step, with the answers of before; what is left and of how many is told as units. */
struct fdar_tries *fdar_reducing_begin_step(struct fdar_reducing *reducing, const char *step,
					    uint32_t units);
void fdar_reducing_end_step(struct fdar_reducing *reducing, struct fdar_tries *tries);

/* Of a step's search; units are missing, and a load where there is one. */
struct fdar_reduce_options fdar_reducing_options(struct fdar_reducing *reducing);

/* Sessions times copies. */
uint32_t fdar_reducing_load(const struct fdar_reducing *reducing);

/* Four fifths of the time are over, or no more runs are left than confirming takes: messages stay as long as they are,
 * so that what is left can be confirmed. */
gboolean fdar_reducing_is_late(const struct fdar_reducing *reducing);

/* Whether it may not go on: there was an error, it was interrupted, or its runs or its time are used up, which is noted. */
gboolean fdar_reducing_is_over(struct fdar_reducing *reducing);

/* Notes why it was stopped, the first time. TRUE. */
gboolean fdar_reducing_stop(struct fdar_reducing *reducing, const char *why);

#endif
