/*
 * Functions: how long a server is in one of them, from recordings of trials.
 *
 * Place in the house: beside trial.h; what `--test function:NAME` measures. The server is started by `flowdar record`,
 * which records calls of this function alone, and the recording is read when the trial is over: the time of its
 * calls with all that they call and wait for, of sessions where the server tells of sessions, else of all threads.
 */
#ifndef FDAR_CLI_REDUCE_FUNCTION_H
#define FDAR_CLI_REDUCE_FUNCTION_H

#include "cli/reduce/trial.h"

/* As fdar_trial_run; fills in function_ns, function_calls and function_lost of the result, too. Of the others processor time
 * and memory are the recorder's, and mean nothing. */
gboolean fdar_function_run(const struct fdar_trial_options *options, const char *name,
			   const struct fdar_trial_play *play, struct fdar_trial *trial,
			   GError **error);

#endif
