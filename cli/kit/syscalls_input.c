#include "cli/kit/syscalls_input.h"

struct fdar_syscalls *fdar_syscalls_input_read(const struct fdar_profile_input *input,
					       const char *label, const char *client,
					       gboolean warns, GError **error)
{
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(fdar_labels) labels = NULL;
	struct fdar_syscalls *syscalls;
	struct fdar_syscalls_options options = { .label = label,
						 .client = client,
						 .unit = input->unit,
						 .warnings = warns ? warnings : NULL,
						 .go_on = fdar_profile_input_go_on,
						 .user = (void *)input };

	/* What is wrong with the recording's own is told where its profile is read. */
	if (!fdar_profile_input_labels(input, NULL, &labels, error))
		return NULL;
	options.labels = labels;
	syscalls = fdar_syscalls_read(input->path, &options, error);
	for (guint i = 0; i < warnings->len; i++)
		fdar_warning(input->usage, "%s", (const char *)g_ptr_array_index(warnings, i));
	return syscalls;
}
