/*
 * A recording: the directory that `flowdar record` leaves, and its recording.json.
 *
 * Place in the house: record.h writes one, source.h and cli/ open one. Layout:
 *
 *	recording.json   what was run, how, on what host, and what was lost
 *	trace/           the CTF trace
 *	symbols/         function tables by build id (made by the caller of record.h; may be missing)
 *	replay.jsonl     what the replay driver did, a line a session (copied in by the user of both)
 *
 * recording.json is written last and renamed into place: a directory without it is unfinished. Its
 * members are the fields of struct fd_recording_info by the same names, plus "format" (the number
 * below; a reader refuses a higher one) and "generator". docs/recording.md has the whole of it.
 */
#ifndef FD_PIPELINE_RECORDING_H
#define FD_PIPELINE_RECORDING_H

#include <glib.h>
#include <stdint.h>

#define FD_RECORDING_FORMAT   1
#define FD_RECORDING_MAX_SIZE (1u << 20) /* bytes of recording.json */
#define FD_RECORDING_TRACE    "trace"

#define FD_RECORDING_ERROR fd_recording_error_quark()
GQuark fd_recording_error_quark(void);

enum fd_recording_error {
	FD_RECORDING_ERROR_MISSING, /* no recording.json */
	FD_RECORDING_ERROR_FORMAT   /* not one of ours, or of a later version */
};

struct fd_recording_info {
	char **command;       /* NULL-terminated argv of the server */
	char *host;           /* uname nodename, kernel and machine in one line */
	char *detail;         /* session, io, function or all */
	char *started;        /* ISO 8601, UTC */
	uint64_t duration_ns; /* wall clock, from tracing on to tracing off */
	uint64_t events;      /* in the trace, counted by reading it back */
	uint64_t discarded;   /* events that found the buffer full, as LTTng counted them */
	uint64_t packets_lost;
	uint64_t trace_bytes; /* on disk */
	int exit_status;      /* of the server, as a shell gives it: code, or 128 + signal */
	char *ended;          /* why: "server exited", "interrupted", "session daemon died", ... */
	char **warnings;      /* what the reader of the numbers should know; NULL: nothing */
	GArray *strangers;    /* guint32 pids: processes of other recordings whose events are in the
				* trace and do not belong to this one; NULL: none */
};

/* Frees what the fields own, not the struct; the struct is empty afterwards and may be reused. */
void fd_recording_info_clear(struct fd_recording_info *info);

/* Writes dir/recording.json atomically. */
gboolean fd_recording_info_save(const struct fd_recording_info *info, const char *dir,
				GError **error);

/* Reads dir/recording.json into info, which must be empty. FALSE and error, info still empty, when
 * it is missing or not ours; the message names the file and what was expected. */
gboolean fd_recording_info_load(const char *dir, struct fd_recording_info *info, GError **error);

/* The directory that holds the CTF trace: dir/trace for a recording, dir itself for a plain trace
 * (it, or a directory below it, holds a "metadata" file). NULL and error when neither. The caller
 * frees the result. */
char *fd_recording_trace_path(const char *dir, GError **error);

#endif
