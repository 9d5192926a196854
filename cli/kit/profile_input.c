#include "cli/kit/profile_input.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/kit/table.h"
#include "pipeline/recording/doubts.h"

#define PATIENCE_US 2000000
#define EVERY_US    200000

struct progress {
	const struct fdar_profile_input *input;
	gint64 started_us;
	gint64 shown_us; /* 0: there is no line */
};

static gboolean on_progress(guint64 events, void *user)
{
	struct progress *progress = user;
	gint64 now_us = g_get_monotonic_time();

	if (now_us - progress->started_us > PATIENCE_US && now_us - progress->shown_us > EVERY_US &&
	    isatty(STDERR_FILENO)) {
		g_autofree char *count = fdar_format_count(events);

		fprintf(stderr, "\r\033[Kreading %s: %s events", progress->input->path, count);
		fflush(stderr);
		progress->shown_us = now_us;
	}
	return !progress->input->stop || !*progress->input->stop;
}

static gboolean read_labels(const struct fdar_profile_input *input, struct fdar_labels **labels,
			    GError **error)
{
	g_autofree char *own = g_build_filename(input->path, "replay.jsonl", NULL);
	g_autoptr(GError) own_error = NULL;

	if (input->label_from) {
		*labels = fdar_labels_load(input->label_from, error);
		return *labels != NULL;
	}
	if (g_file_test(own, G_FILE_TEST_EXISTS)) {
		*labels = fdar_labels_load(own, &own_error);
		if (!*labels)
			fdar_warning(input->usage, "%s", own_error->message);
	}
	return TRUE;
}

gboolean fdar_unit_parse(const char *text, enum fdar_unit *unit)
{
	*unit = g_strcmp0(text, "request") == 0 ? FDAR_UNIT_REQUEST : FDAR_UNIT_SESSION;
	return !text || *unit == FDAR_UNIT_REQUEST || strcmp(text, "session") == 0;
}

struct fdar_profile *fdar_profile_input_read(const struct fdar_profile_input *input, GError **error)
{
	struct progress progress = { .input = input, .started_us = g_get_monotonic_time() };
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(fdar_labels) labels = NULL;
	struct fdar_profile *profile;

	if (!read_labels(input, &labels, error))
		return NULL;
	struct fdar_profile_options options = { .labels = labels,
						.lines = TRUE,
						.unit = input->unit,
						.folded = input->folded,
						.progress = on_progress,
						.user = &progress,
						.label = input->label,
						.label_user = input->label_user,
						.session = input->session,
						.session_user = input->session_user };
	profile = fdar_profile_read(input->path, &options, warnings, error);
	if (progress.shown_us)
		fputs("\r\033[K", stderr);
	for (guint i = 0;
	     profile && !input->again && !input->tells_doubts && i < profile->doubts->len; i++)
		fdar_warning(
			input->usage, "%s: %s", input->path,
			((const struct fdar_doubt *)g_ptr_array_index(profile->doubts, i))->text);
	for (guint i = 0; i < warnings->len && !input->again; i++)
		fdar_warning(input->usage, "%s", (const char *)g_ptr_array_index(warnings, i));
	return profile;
}
