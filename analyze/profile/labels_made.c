#include "analyze/profile/labels_made.h"

#include <string.h>

#include "pipeline/recording/recording.h"

#define NS      UINT64_C(1000000000)
#define SLACK_S 1

struct fdar_labels_made fdar_labels_made_of(const char *recording)
{
	struct fdar_labels_made made = { .last_ns = UINT64_MAX };
	struct fdar_recording_info info = { 0 };
	g_autoptr(GDateTime) began = NULL;
	gint64 began_s;

	if (!fdar_recording_info_load(recording, &info, NULL))
		return made;
	if (info.name && strlen(info.name) < sizeof(made.name))
		memcpy(made.name, info.name, strlen(info.name) + 1);
	began = info.started ? g_date_time_new_from_iso8601(info.started, NULL) : NULL;
	began_s = began ? g_date_time_to_unix(began) : 0;
	if (began_s > SLACK_S) {
		made.first_ns = (uint64_t)(began_s - SLACK_S) * NS;
		if (info.duration_ns && !info.unfinished && info.duration_ns < INT64_MAX)
			made.last_ns = (uint64_t)(began_s + 1 + SLACK_S) * NS + info.duration_ns;
	}
	fdar_recording_info_clear(&info);
	return made;
}

char *fdar_labels_times_text(uint64_t first_ns, uint64_t last_ns)
{
	g_autoptr(GDateTime) first = g_date_time_new_from_unix_utc((gint64)(first_ns / NS));
	g_autoptr(GDateTime) last = g_date_time_new_from_unix_utc((gint64)(last_ns / NS));
	g_autofree char *from = first ? g_date_time_format(first, "%Y-%m-%d %H:%M:%S") : NULL;
	g_autofree char *to = last ? g_date_time_format(last, "%Y-%m-%d %H:%M:%S UTC") : NULL;

	return g_strdup_printf("%s to %s", from ? from : "?",
			       to && last_ns != UINT64_MAX ? to : "an end that is not known");
}
