/*
 * Recording: runs a server with flowdar's libraries in it and keeps what it says.
 *
 * Place in the house: the upper end of pipeline/; cli/cmd_record.c is its one caller. Drives LTTng
 * through liblttng-ctl. It starts a session daemon when there is none and stops the one it started;
 * it creates one tracing session of its own and destroys it, however the run ends. The parts: the
 * watchdog (watchdog.h: the daemon, and cleaning up after a recorder that was killed), the folder in memory
 * (record_memory.h) that the tracing session (tracing.h) writes to, the drain from there to the folder
 * on disk (drain.h, record_folder.h), the server's processes (server.h, attach.h), what they are told
 * (control.h), and snapshots (record_snapshot.h).
 */
#ifndef FDAR_PIPELINE_RECORD_RECORD_H
#define FDAR_PIPELINE_RECORD_RECORD_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

#include "pipeline/lttng/tracing.h"
#include "pipeline/recording/recording.h"
#include "pipeline/server/control.h"

struct fdar_source;
struct fdar_event;

/* Gets the recording's events while they are read back to be counted, batch by batch. */
typedef void (*fdar_record_events_fn)(const struct fdar_source *source,
				      const struct fdar_event *batch, size_t count, void *user);

/* Gets the recording when it is written, and each snapshot, a recording of its own. dir is where more may
 * be written into it, now: it keeps to the directory, whatever becomes of its name, which is shown. */
typedef void (*fdar_record_done_fn)(const char *dir, const char *shown,
				    const struct fdar_recording_info *info, void *user);

/* Asked when *stop is set: how the recording ended, for recording.json. A constant, not freed; NULL: it was
 * interrupted. */
typedef const char *(*fdar_record_why_fn)(void *user);

struct fdar_record_options {
	const char *output;      /* the directory to make; must not exist or be empty */
	const char *library_dir; /* where flowdar's preload libraries are */
	char *const *command;    /* NULL-terminated argv; or NULL, and: */
	const pid_t *attach;     /* servers that run already, with flowdar's libraries in them */
	size_t attach_count;
	const char *user;  /* run the command as this user; NULL: as who we are */
	gboolean tls_keys; /* keep the secrets of the server's TLS connections: record_keys.h */
	struct fdar_tracing_options tracing;
	struct fdar_control_settings settings; /* what the libraries are to do */
	unsigned sample_hz;                    /* samples a second of each processor; 0: none */
	gboolean uncounted;                    /* beside samples: no page faults and migrations */
	uint64_t trigger_ns; /* tracing.snapshot: when a session lasts longer than that; 0: never */
	uint64_t max_bytes;  /* end when so much is on disk; 0: never */
	uint64_t duration_ns; /* stop the server (SIGTERM) after this long; 0: until it ends */
	uint64_t grace_ns;    /* from SIGTERM to SIGKILL; 0 for the default, 5 s */
	const volatile int *snapshots_wanted; /* counts up, by a signal handler say; or NULL */
	fdar_record_events_fn events;         /* may be NULL; gets the same user as the progress */
	fdar_record_done_fn done;             /* may be NULL; the same */
	fdar_record_why_fn why;               /* may be NULL; the same */
};

/* In this order; BACKGROUND is left out unless the server goes there by itself. */
enum fdar_record_phase {
	FDAR_RECORD_WARNING,    /* before it starts: text is what the user should know now */
	FDAR_RECORD_STARTED,    /* the server runs, or was attached to: told once */
	FDAR_RECORD_RUNNING,    /* told some times a second */
	FDAR_RECORD_BACKGROUND, /* what was started has ended and left processes that run on: once */
	FDAR_RECORD_SNAPSHOT,   /* one is being written; text says why */
	FDAR_RECORD_STOPPING,   /* the server gets SIGTERM, or is left alone: once */
	FDAR_RECORD_DRAINING,   /* what is in memory goes to the disk: once */
	FDAR_RECORD_COUNTING    /* the trace is read back: some times a second */
};

/* A look at the run while it goes on, from the thread that called fdar_record_run. */
struct fdar_record_progress {
	enum fdar_record_phase phase;
	const char *text;     /* of WARNING and SNAPSHOT */
	pid_t server;         /* in the background: one of its processes */
	uint64_t elapsed_ns;  /* since the start */
	uint64_t trace_bytes; /* on disk */
	uint64_t memory_bytes;
	uint64_t discarded; /* events that found the buffers full */
	uint64_t dropped;   /* events that the recorder dropped */
	uint64_t calls;     /* that the libraries in the server have recorded */
	uint64_t sessions;  /* that have begun in the server */
	uint64_t counted;   /* events read back */
	double events_per_s, memory_bytes_per_s, disk_bytes_per_s; /* of LTTng's events; in, out */
	gboolean waiting; /* lossless: the server is made to wait */
};

typedef void (*fdar_record_progress_fn)(const struct fdar_record_progress *progress, void *user);

/* Whether the options fit together. FALSE and error (G_IO_ERROR_INVALID_ARGUMENT) that says which do
 * not, and why. fdar_record_run asks it first. */
gboolean fdar_record_options_check(const struct fdar_record_options *options, GError **error);

/* Runs it. Blocks until the server has ended (all of its processes, if it went to the background),
 * was stopped by the duration, the size or a full disk, or *stop was set (by a signal handler, say):
 * then the server gets SIGTERM, unless it was attached to, and the recording is finished as usual. If
 * this process is killed meanwhile, the watchdog ends the server and the tracing session, and brings what
 * is in memory to the disk. On success info (empty before; the caller clears it) is filled in and the
 * recording stands in options->output; or in numbered folders in it, if options->tracing.snapshot, and info is
 * that of the last one. On failure FALSE and error; whatever had been made is taken away again unless
 * events were recorded. progress may be NULL.
 *
 * Forks, and reaps every child of the process that ends meanwhile: not for a process that has
 * children of its own to wait for. */
gboolean fdar_record_run(const struct fdar_record_options *options, const volatile int *stop,
			 fdar_record_progress_fn progress, void *user,
			 struct fdar_recording_info *info, GError **error);

#endif
