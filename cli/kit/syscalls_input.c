#include "cli/kit/syscalls_input.h"

struct fdar_syscalls *fdar_syscalls_input_read(const struct fdar_profile_input *input,
					       const char *label, const char *client,
					       GError **error)
{
	g_autoptr(fdar_labels) labels = NULL;
	struct fdar_syscalls_options options = { .label = label,
						 .client = client,
						 .unit = input->unit,
						 .go_on = fdar_profile_input_go_on,
						 .user = (void *)input };

	/* What is wrong with the recording's own is told where its profile is read. */
	if (!fdar_profile_input_labels(input, FALSE, &labels, error))
		return NULL;
	options.labels = labels;
	return fdar_syscalls_read(input->path, &options, error);
}
