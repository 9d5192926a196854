/*
 * Recording: runs a server with flowdar's libraries in it and keeps what it says.
 *
 * Place in the house: the upper end of pipeline/; cli/cmd_record.c is its one caller. Drives LTTng
 * through liblttng-ctl. It starts a session daemon when there is none and stops the one it started;
 * it creates one tracing session of its own and destroys it, however the run ends. The parts: the
 * keeper (keeper.h: the daemon, and cleaning up after a recorder that was killed), the tracing
 * session (tracing.h), the server's processes (server.h), the folder (record_folder.h).
 */
#ifndef FD_PIPELINE_RECORD_H
#define FD_PIPELINE_RECORD_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

#include "pipeline/recording.h"

enum fd_detail {
	FD_DETAIL_SESSION,  /* sessions, hand-offs, notes */
	FD_DETAIL_IO,       /* + waits and bytes */
	FD_DETAIL_FUNCTION, /* + functions and scopes */
	FD_DETAIL_ALL       /* everything of provider flowdar, whatever its log level */
};

struct fd_source;
struct fd_event;

/* Gets the recording's events while they are read back to be counted, batch by batch. */
typedef void (*fd_record_events_fn)(const struct fd_source *source, const struct fd_event *batch,
				    size_t count, void *user);

struct fd_record_options {
	const char *output;      /* the directory to make; must not exist or be empty */
	const char *library_dir; /* where flowdar's preload libraries are */
	char *const *command;    /* NULL-terminated argv */
	const char *user;        /* run the command as this user; NULL: as who we are */
	enum fd_detail detail;
	uint64_t subbuffer_bytes; /* per CPU, a power of two; 0 for the default, 1 MiB */
	unsigned subbuffer_count; /* a power of two; 0 for the default, 8 */
	uint64_t duration_ns;     /* stop the server (SIGTERM) after this long; 0: until it ends */
	fd_record_events_fn events; /* may be NULL; gets the same user as the progress */
	uint64_t grace_ns;          /* from SIGTERM to SIGKILL; 0 for the default, 5 s */
};

/* In this order; BACKGROUND is left out unless the server goes there by itself. */
enum fd_record_phase {
	FD_RECORD_STARTED,    /* the server runs: told once */
	FD_RECORD_RUNNING,    /* told some times a second */
	FD_RECORD_BACKGROUND, /* what was started has ended and left processes that run on: once */
	FD_RECORD_STOPPING,   /* the server gets SIGTERM: once */
	FD_RECORD_COUNTING    /* the trace is read back: some times a second */
};

/* A look at the run while it goes on, from the thread that called fd_record_run. */
struct fd_record_progress {
	enum fd_record_phase phase;
	pid_t server;         /* in the background: one of its processes */
	uint64_t elapsed_ns;  /* since the start */
	uint64_t trace_bytes; /* on disk */
	uint64_t discarded;
	uint64_t counted; /* events read back */
};

typedef void (*fd_record_progress_fn)(const struct fd_record_progress *progress, void *user);

/* "session", "io", "function" or "all". FALSE when the text is none of them. */
gboolean fd_detail_parse(const char *text, enum fd_detail *detail);
const char *fd_detail_name(enum fd_detail detail);

/* Runs it. Blocks until the server has ended (all of its processes, if it went to the background),
 * was stopped by the duration, or *stop was set (by a signal handler, say): then the server gets
 * SIGTERM and the recording is finished as usual. If this process is killed meanwhile, the keeper
 * ends the server and the tracing session: what was recorded can be read. On success info (empty before; the caller clears it) is filled in and the recording stands
 * in options->output. On failure FALSE and error; whatever had been made is taken away again unless
 * events were recorded. progress may be NULL.
 *
 * Forks, and reaps every child of the process that ends meanwhile: not for a process that has
 * children of its own to wait for. */
gboolean fd_record_run(const struct fd_record_options *options, const volatile int *stop,
		       fd_record_progress_fn progress, void *user, struct fd_recording_info *info,
		       GError **error);

#endif
