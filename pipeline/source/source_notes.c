#include "pipeline/source/source_notes.h"

gboolean fdar_source_check_times(const struct fdar_source_summary *summary, const char *path,
				 GError **error)
{
	if (!summary->untimed || summary->untimed < summary->events)
		return TRUE;
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
		    "%s: this trace has no times: its metadata has no clock, and no field for one; "
		    "expected events with times (flowdar info counts those that there are)",
		    path);
	return FALSE;
}

void fdar_source_note_times(const struct fdar_source_summary *summary, const char *path,
			    GPtrArray *lines)
{
	if (summary->untimed)
		g_ptr_array_add(lines,
				g_strdup_printf("%s: %" G_GUINT64_FORMAT
						" of its %" G_GUINT64_FORMAT
						" events have no time: they count as if they were "
						"at its begin",
						path, summary->untimed, summary->events));
}
