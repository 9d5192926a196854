/*
 * --self-check: what the comparison says where there is nothing to say. Sessions of one recording are
 * compared with others of it: halves drawn at random (false alarms of the tests), and halves by time
 * (how much the machine's mood changes within a run).
 */
#ifndef FDAR_CLI_DIFF_SELF_CHECK_H
#define FDAR_CLI_DIFF_SELF_CHECK_H

#include <stdio.h>

#include "cli/kit/profile_input.h"

/* Reads the recording once more; sessions: how many it has. Prints a line. FALSE and error when it
 * cannot be read. */
gboolean fdar_self_check(const struct fdar_profile_input *input, guint64 sessions, FILE *out,
			 GError **error);

#endif
