/*
 * How to see a report again: what the recordings are, to the bit, and the commands that made and read them.
 */
#ifndef FDAR_CLI_REPORT_REPORT_AGAIN_H
#define FDAR_CLI_REPORT_REPORT_AGAIN_H

#include <glib.h>

#include "pipeline/recording/recording.h"

/* The build ids of what was recorded, short. NULL: there are none. The caller frees the result, as of all here. */
char *fdar_report_builds(const char *path);

/* The check sum of the recording's manifest, which has those of all its files. NULL: it has none. */
char *fdar_report_identity(const char *path);

/* Which captures were played at the server, by its journal. NULL: none. */
char *fdar_report_played(const char *path);

/* Adds commands (char *) that record path again and play at it what was played. */
void fdar_report_again(GPtrArray *commands, const char *path,
		       const struct fdar_recording_info *info);

#endif
