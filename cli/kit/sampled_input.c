#include "cli/kit/sampled_input.h"

#include <sys/stat.h>

gboolean fdar_sampled_input_has(const char *path)
{
	g_autofree char *file = g_build_filename(path, FDAR_SAMPLES_FILE, NULL);
	struct stat status;

	return stat(file, &status) == 0;
}

static gboolean go_on(void *user)
{
	const struct fdar_profile_input *input = user;

	return !input->stop || !*input->stop;
}

struct fdar_sampled *fdar_sampled_input_read(const struct fdar_profile_input *input, GError **error)
{
	g_autofree char *own = g_build_filename(input->path, "replay.jsonl", NULL);
	g_autoptr(fdar_labels) labels = NULL;
	struct fdar_sampled_options options = { .unit = input->unit,
						.go_on = go_on,
						.user = (void *)input };

	/* What is wrong with the recording's own was told when its profile was read. */
	if (input->label_from) {
		labels = fdar_labels_load(input->label_from, error);
		if (!labels)
			return NULL;
	} else if (g_file_test(own, G_FILE_TEST_EXISTS)) {
		labels = fdar_labels_load(own, NULL);
	}
	options.labels = labels;
	return fdar_sampled_read(input->path, &options, error);
}
