#include "cli/info/info_labels.h"

#include "analyze/profile/labels_own.h"
#include "cli/kit/print.h"

void fdar_info_labels(struct fdar_about *about, const struct fdar_usage *usage)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_labels) labels = fdar_labels_of_recording(about->path, &error);

	if (error)
		fdar_warning(usage, "%s", error->message);
	about->labels = labels ? fdar_labels_count(labels) : 0;
	about->labels_outside = labels ? fdar_labels_outside(labels) : 0;
}

void fdar_info_print_labels(const struct fdar_about *about)
{
	if (about->labels)
		fdar_print_line("replay.jsonl: %u sessions with a label", about->labels);
	if (about->labels_outside)
		fdar_print_line(
			"replay.jsonl: %u more are of another time or recording, and not used",
			about->labels_outside);
}
