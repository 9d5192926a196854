#include "cli/info/info_counts.h"

#include "cli/kit/print.h"
#include "cli/kit/table.h"
#include "pipeline/source/source.h"

void fdar_info_counts(struct fdar_about *about, const struct fdar_usage *usage)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_samples) samples = fdar_samples_load(about->path, &error);

	if (!samples && !g_error_matches(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_MISSING))
		fdar_warning(usage, "%s", error->message);
	if (!samples || !samples->counted)
		return;
	about->counted = TRUE;
	about->counts_lost = samples->counts_lost;
	fdar_samples_sum(samples, &about->counts);
}

void fdar_info_print_counts(const struct fdar_about *about)
{
	g_autofree char *faults = fdar_format_count(about->counts.all[FDAR_COUNT_FAULT]);
	g_autofree char *major = fdar_format_count(about->counts.all[FDAR_COUNT_MAJOR]);
	g_autofree char *migrations = fdar_format_count(about->counts.all[FDAR_COUNT_MIGRATION]);
	g_autofree char *estimated = fdar_format_count(about->counts.estimated);

	if (about->counted)
		fdar_print_line("page faults: %s, %s of them waited for a disk; migrations: %s; in "
				"which session %s of these were is estimated",
				faults, major, migrations,
				about->counts.estimated ? estimated : "none");
}
