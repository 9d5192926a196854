#include "cli/replay/replay_journal.h"

#include <string.h>

#include "pipeline/recording/recording.h"

/* The caller frees it; NULL: no recording's. */
static char *recording_of(const char *path)
{
	g_autofree char *name = g_path_get_basename(path);

	if (strcmp(name, FDAR_RECORDING_JOURNAL) == 0)
		return g_path_get_dirname(path);
	if (!g_str_has_suffix(path, "." FDAR_RECORDING_JOURNAL))
		return NULL;
	return g_strndup(path, strlen(path) - strlen("." FDAR_RECORDING_JOURNAL));
}

struct fdar_journal *fdar_replay_journal_open(const char *path,
					      const struct fdar_journal_input *inputs,
					      GError **error)
{
	struct fdar_journal *journal = fdar_journal_open(path, inputs, error);
	g_autofree char *recording = recording_of(path);
	struct fdar_recording_info info = { 0 };

	if (!journal || !recording || !fdar_recording_info_load(recording, &info, NULL))
		return journal;
	if (info.name)
		fdar_journal_tell_recording(journal, info.name);
	fdar_recording_info_clear(&info);
	return journal;
}
