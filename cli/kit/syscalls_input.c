#include "cli/kit/syscalls_input.h"

static gboolean go_on(void *user)
{
	const struct fdar_profile_input *input = user;

	return !input->stop || !*input->stop;
}

struct fdar_syscalls *fdar_syscalls_input_read(const struct fdar_profile_input *input,
					       const char *label, const char *client,
					       GError **error)
{
	g_autofree char *own = g_build_filename(input->path, "replay.jsonl", NULL);
	g_autoptr(fdar_labels) labels = NULL;
	struct fdar_syscalls_options options = { .label = label,
						 .client = client,
						 .unit = input->unit,
						 .go_on = go_on,
						 .user = (void *)input };

	/* What is wrong with the recording's own is told where its profile is read. */
	if (input->label_from) {
		labels = fdar_labels_load(input->label_from, error);
		if (!labels)
			return NULL;
	} else if (g_file_test(own, G_FILE_TEST_EXISTS)) {
		labels = fdar_labels_load(own, NULL);
	}
	options.labels = labels;
	return fdar_syscalls_read(input->path, &options, error);
}
