/*
 * Recordings that are read at the same time: each in a process of its own, which hands its profile over.
 *
 * Place in the house: beside profile_input.h, for commands that read several. Processes and no threads,
 * as naming functions starts processes, too (analyze/symbols), and a child of one thread of many may
 * find locks that nobody will ever open. Profiles pass as the bytes of their file, which is exact
 * (profile_file.h): what comes out is the same, to the byte, as one after the other.
 */
#ifndef FDAR_CLI_KIT_PROFILE_AHEAD_H
#define FDAR_CLI_KIT_PROFILE_AHEAD_H

#include "cli/kit/profile_input.h"

/* Reads all, up to jobs at a time (0: as many as there are processors), and merges them in the order of
 * paths, which ends with NULL and is not empty; input->path is not used. Recordings whose sessions are
 * asked for one by one, and profiles, are read here, one after the other. NULL and error: of the first in
 * that order that could not be read. The caller owns the result. */
struct fdar_profile *fdar_profile_ahead_read_all(const struct fdar_profile_input *input,
						 char **paths, unsigned jobs, GError **error);

/* Two lists, whose inputs may differ, at the same time, without merging: struct fdar_profile in the order
 * of the paths. The caller unrefs both of profiles, which frees those that were read, in any case. */
gboolean fdar_profile_ahead_read_two(const struct fdar_profile_input inputs[2], char **paths[2],
				     unsigned jobs, GPtrArray *profiles[2], GError **error);

#endif
