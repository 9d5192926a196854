#include "cli/kit/sampled_input.h"

#include <sys/stat.h>

gboolean fdar_sampled_input_has(const char *path)
{
	g_autofree char *file = g_build_filename(path, FDAR_SAMPLES_FILE, NULL);
	struct stat status;

	return stat(file, &status) == 0;
}

struct fdar_sampled *fdar_sampled_input_read(const struct fdar_profile_input *input, GError **error)
{
	g_autoptr(fdar_labels) labels = NULL;
	struct fdar_sampled_options options = { .unit = input->unit,
						.go_on = fdar_profile_input_go_on,
						.user = (void *)input };

	/* What is wrong with the recording's own was told when its profile was read. */
	if (!fdar_profile_input_labels(input, NULL, &labels, error))
		return NULL;
	options.labels = labels;
	return fdar_sampled_read(input->path, &options, error);
}
