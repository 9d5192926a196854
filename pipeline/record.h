/*
 * Recording: runs a server with flowdar's libraries in it and keeps what it says.
 *
 * Place in the house: the upper end of pipeline/; cli/cmd_record.c is its one caller. Drives LTTng
 * through liblttng-ctl. It starts a session daemon when there is none and stops the one it started;
 * it creates one tracing session of its own and destroys it, however the run ends.
 */
#ifndef FD_PIPELINE_RECORD_H
#define FD_PIPELINE_RECORD_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/recording.h"

enum fd_detail {
	FD_DETAIL_SESSION,  /* sessions, hand-offs, notes */
	FD_DETAIL_IO,       /* + waits and bytes */
	FD_DETAIL_FUNCTION, /* + functions and scopes */
	FD_DETAIL_ALL       /* everything of provider flowdar, whatever its log level */
};

struct fd_record_options {
	const char *output;         /* the directory to make; must not exist or be empty */
	const char *library_dir;    /* where flowdar's preload libraries are */
	char *const *command;       /* NULL-terminated argv */
	enum fd_detail detail;
	uint64_t subbuffer_bytes;   /* per CPU, a power of two; 0 for the default, 1 MiB */
	unsigned subbuffer_count;   /* a power of two; 0 for the default, 8 */
	uint64_t duration_ns;       /* stop the server (SIGTERM) after this long; 0: until it ends */
	uint64_t grace_ns;          /* from SIGTERM to SIGKILL; 0 for the default, 5 s */
};

/* A look at the run while it goes on, some times a second, from the recording thread. */
struct fd_record_progress {
	uint64_t elapsed_ns;
	uint64_t trace_bytes;
	uint64_t discarded;
};

typedef void (*fd_record_progress_fn)(const struct fd_record_progress *progress, void *user);

/* Runs it. Blocks until the server has ended, was stopped by the duration, or *stop was set (by a
 * signal handler, say): then the server gets SIGTERM and the recording is finished as usual. On
 * success info is filled in (the caller clears it) and the recording stands in options->output. On
 * failure FALSE and error; whatever had been made is taken away again unless events were recorded.
 * progress may be NULL. */
gboolean fd_record_run(const struct fd_record_options *options, const volatile int *stop,
		       fd_record_progress_fn progress, void *user, struct fd_recording_info *info,
		       GError **error);

#endif
