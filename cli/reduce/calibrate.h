/*
 * Calibration: what is normal, how long a play takes, which sessions stand out. Internal to a
 * reduction (reducing.h).
 */
#ifndef FDAR_CLI_REDUCE_CALIBRATE_H
#define FDAR_CLI_REDUCE_CALIBRATE_H

#include "cli/reduce/reducing.h"

/* The baseline's own runs, at the load of the whole capture. FALSE and error when they come to
 * nothing, or are no ground to stand on. */
gboolean fdar_reducing_baseline(struct fdar_reducing *reducing, GError **error);

/* The baseline once more after so many runs: the machine's own drift moves the limit. */
#define FDAR_REDUCING_CONTROL_EVERY 20u
void fdar_reducing_control(struct fdar_reducing *reducing);

/* Writes what is normal, of the quicker sessions of the whole (which was played), where it is asked
 * for; and says which baseline there is. */
gboolean fdar_reducing_normal(struct fdar_reducing *reducing, GError **error);

/* The whole once, not as an answer: how long a play takes, and which sessions stand out. */
gboolean fdar_reducing_whole(struct fdar_reducing *reducing, GError **error);

#endif
