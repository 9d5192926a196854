/*
 * System calls that commands read: with the labels of the recording, and Ctrl-C.
 */
#ifndef FDAR_CLI_KIT_SYSCALLS_INPUT_H
#define FDAR_CLI_KIT_SYSCALLS_INPUT_H

#include "analyze/syscalls/syscalls.h"
#include "cli/kit/profile_input.h"

/* Reads them: path, labels, unit and stop are the input's, the rest is not used; label and client as in
 * struct fdar_syscalls_options; warns: what the recording lacks is said, too. NULL and error. The caller owns the result. */
struct fdar_syscalls *fdar_syscalls_input_read(const struct fdar_profile_input *input,
					       const char *label, const char *client,
					       gboolean warns, GError **error);

#endif
