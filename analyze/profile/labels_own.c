#include "analyze/profile/labels_own.h"

#include "pipeline/recording/recording.h"

struct fdar_labels *fdar_labels_of_recording(const char *recording, GError **error)
{
	g_autofree char *path = g_build_filename(recording, FDAR_RECORDING_JOURNAL, NULL);
	struct fdar_labels_made made;

	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return NULL;
	made = fdar_labels_made_of(recording);
	return fdar_labels_load_for(path, &made, error);
}

char *fdar_labels_left_out(const struct fdar_labels *labels)
{
	guint outside = fdar_labels_outside(labels);
	guint all = outside + fdar_labels_count(labels);

	if (!outside)
		return NULL;
	return g_strdup_printf(
		FDAR_RECORDING_JOURNAL
		": %u of its %u sessions are of another time or recording, and their labels are "
		"not used; where they were played to this one, a clock was wrong (--label-from "
		"uses them all)",
		outside, all);
}

char *fdar_labels_doubt(const struct fdar_labels *labels, const char *path, const char *recording)
{
	const struct fdar_labels_made made = fdar_labels_made_of(recording);
	g_autofree char *played = NULL, *recorded = NULL;
	uint64_t first_ns, last_ns;

	if (!fdar_labels_told(labels, &first_ns, &last_ns) ||
	    (first_ns <= made.last_ns && last_ns >= made.first_ns))
		return NULL;
	played = fdar_labels_times_text(first_ns, last_ns);
	recorded = fdar_labels_times_text(made.first_ns, made.last_ns);
	return g_strdup_printf(
		"labels are from %s, whose sessions were played from %s, and the "
		"recording was made from %s: they are right only if a clock is wrong",
		path, played, recorded);
}
