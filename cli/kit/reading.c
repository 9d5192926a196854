#include "cli/kit/reading.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/kit/table.h"
#include "cli/kit/terminal.h"

#define SHOW_AFTER_US 1000000
#define EVERY_US      200000

/* Whether the line is to be shown now: not at once, not too often, and on a terminal only. */
static gboolean due(struct fdar_reading *reading)
{
	gint64 now_us = g_get_monotonic_time();

	if (!reading->started) {
		reading->started = TRUE;
		reading->started_us = now_us;
	}
	if (!fdar_terminal_is_ours() || now_us - reading->started_us < SHOW_AFTER_US ||
	    now_us - reading->shown_us < EVERY_US)
		return FALSE;
	reading->shown_us = now_us;
	return TRUE;
}

gboolean fdar_reading_progress(guint64 read_bytes, guint64 size_bytes, void *user)
{
	struct fdar_reading *reading = user;
	g_autofree char *done = NULL;

	if (reading->stop && *reading->stop)
		return FALSE;
	if (!due(reading))
		return TRUE;
	done = fdar_format_bytes(read_bytes);
	fprintf(stderr, "\r\033[K%s: %s", reading->what, done);
	if (size_bytes) {
		g_autofree char *all = fdar_format_bytes(size_bytes);

		fprintf(stderr, " of %s (%.0f %%)", all,
			100.0 * (double)read_bytes / (double)size_bytes);
	}
	fflush(stderr);
	return TRUE;
}

gboolean fdar_reading_packets(guint64 written, guint64 total, void *user)
{
	struct fdar_reading *reading = user;
	g_autofree char *done = NULL, *all = NULL;

	if (reading->stop && *reading->stop)
		return FALSE;
	if (!due(reading))
		return TRUE;
	done = fdar_format_count(written);
	all = fdar_format_count(total);
	fprintf(stderr, "\r\033[Kwriting: %s of %s packets (%.0f %%)", done, all,
		100.0 * (double)written / (double)total);
	fflush(stderr);
	return TRUE;
}

gboolean fdar_reading_events(guint64 events, void *user)
{
	struct fdar_reading *reading = user;
	g_autofree char *count = NULL;

	if (reading->stop && *reading->stop)
		return FALSE;
	if (!due(reading))
		return TRUE;
	count = fdar_format_count(events);
	fprintf(stderr, "\r\033[K%s: %s events", reading->what, count);
	fflush(stderr);
	return TRUE;
}

void fdar_reading_clear(struct fdar_reading *reading)
{
	if (reading->shown_us) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	reading->shown_us = 0;
}
