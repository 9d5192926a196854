/*
 * Samples that commands read: with the labels of the recording, and Ctrl-C.
 */
#ifndef FDAR_CLI_KIT_SAMPLED_INPUT_H
#define FDAR_CLI_KIT_SAMPLED_INPUT_H

#include "analyze/samples/sample_profile.h"
#include "cli/kit/profile_input.h"

/* Whether the recording at path has samples. */
gboolean fdar_sampled_input_has(const char *path);

/* Reads them: path, labels, unit and stop are the input's, the rest is not used. NULL and error. The
 * caller owns the result. */
struct fdar_sampled *fdar_sampled_input_read(const struct fdar_profile_input *input,
					     GError **error);

#endif
