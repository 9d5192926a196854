/*
 * The progress of reading or writing a capture: a line on a terminal, nothing elsewhere, and Ctrl-C.
 */
#ifndef FDAR_CLI_KIT_READING_H
#define FDAR_CLI_KIT_READING_H

#include <glib.h>

struct fdar_reading {
	const char *what;         /* "reading day.pcap" */
	const volatile int *stop; /* of fdar_interrupt_catch; NULL: cannot be stopped */
	gint64 shown_us;          /* when the line was last shown; 0: it is not there */
	gboolean started;
	gint64 started_us;
};

/* A progress function of replay/sessions/session.h; user is a struct fdar_reading. Shows the line when reading
 * has taken a second, and then five times a second. */
gboolean fdar_reading_progress(guint64 read_bytes, guint64 size_bytes, void *user);

/* The same for packets written, of a total. */
gboolean fdar_reading_packets(guint64 written, guint64 total, void *user);

/* The same for events of a trace; a progress function of analyze/. */
gboolean fdar_reading_events(guint64 events, void *user);

/* Takes the line away. */
void fdar_reading_clear(struct fdar_reading *reading);

#endif
