/*
 * A recording: the directory that `flowdar record` leaves, and its recording.json.
 *
 * Place in the house: record.h writes one, source.h and cli/ open one. Layout:
 *
 *	recording.json   what was run, how, on what host, and what was lost
 *	trace/           the CTF trace
 *	symbols/         function tables by build id (made by the caller of record.h; may be missing)
 *	tls.keys         secrets of the server's TLS connections, with --tls-keys (record_keys.h)
 *	manifest         sizes and check sums of all files, written last (manifest.h)
 *	replay.jsonl     what the replay driver did, a line a session (copied in by the user of both)
 *
 * recording.json is written when the recording begins, "unfinished", and renamed into its own place when
 * it has ended. A recording that stays unfinished is one whose recorder was killed; the watchdog says so in
 * it, unless it was killed, too. Its members are the fields of struct fdar_recording_info by the same names, plus "format" (the number
 * below; a reader refuses a higher one) and "generator". docs/recording.md has the whole of it.
 */
#ifndef FDAR_PIPELINE_RECORDING_RECORDING_H
#define FDAR_PIPELINE_RECORDING_RECORDING_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/recording/recording_lists.h"

#define FDAR_RECORDING_FORMAT 1
/* Bytes of recording.json. Its longest lists, as they are written, of the longest numbers: 65,536 strangers
 * (16 bytes each: 1,024 KiB), FDAR_RECORDING_ENDS_MAX ends (150: 293 KiB) and FDAR_RECORDING_LOSSES_MAX
 * losses (200: 196 KiB); a quarter is left for texts. No stranger may be left out of the list: his events
 * would be taken for the recording's. */
#define FDAR_RECORDING_MAX_SIZE (2u << 20)
#define FDAR_RECORDING_FILE     "recording.json"
#define FDAR_RECORDING_TRACE    "trace"
#define FDAR_RECORDING_SYMBOLS  "symbols"
#define FDAR_RECORDING_SAMPLES  "samples" /* pipeline/samples/samples.h */
#define FDAR_RECORDING_TLS_KEYS "tls.keys"
#define FDAR_RECORDING_JOURNAL  "replay.jsonl"

/* Values of ended: of a server that ended by itself (how the second begins), and while a recording is unfinished. */
#define FDAR_RECORDING_EXITED     "server exited"
#define FDAR_RECORDING_SIGNALLED  "server was killed by signal "
#define FDAR_RECORDING_UNFINISHED "not yet, or the recorder and its watchdog were killed"
#define FDAR_RECORDING_KILLED     "the recorder was killed"

#define FDAR_RECORDING_ERROR fdar_recording_error_quark()
GQuark fdar_recording_error_quark(void);

enum fdar_recording_error {
	FDAR_RECORDING_ERROR_MISSING, /* no recording.json */
	FDAR_RECORDING_ERROR_FORMAT,  /* not one of ours, or damaged */
	FDAR_RECORDING_ERROR_LATER,   /* made by a later version */
	FDAR_RECORDING_ERROR_LONG     /* longer than what is read */
};

/* What is in one stream of the trace. */
struct fdar_recording_stream {
	char *path;      /* of its first file, below the recording */
	uint64_t events; /* as in the file, whosever they are */
	uint64_t calls;  /* told by its calls events, as fdar_recording_info.calls_found */
};

#define FDAR_RECORDING_STREAMS_MAX 100000u

struct fdar_recording_info {
	/* 1: the recorder has not come to its end. Counts are 0 then, for not known; so are duration_ns and
	 * trace_bytes while ended is FDAR_RECORDING_UNFINISHED. */
	uint64_t unfinished;
	uint64_t manifest; /* 1: a manifest (manifest.h) is written when all else is */
	char *name;     /* what its processes call themselves in their process events (control.h);
			       * NULL: made before there was one */
	char **command; /* NULL-terminated argv of the server; empty when attached */
	char *host;     /* uname nodename, kernel and machine in one line */
	char *detail;   /* session, io, function or all */
	char *started;  /* ISO 8601, UTC */
	uint64_t duration_ns; /* wall clock, from tracing on to tracing off */
	uint64_t events;      /* in the trace, counted by reading it back */
	uint64_t discarded;   /* events that found the buffer full, as LTTng counted them */
	uint64_t packets_lost;
	uint64_t trace_bytes; /* on disk */
	int exit_status;      /* of the server, as a shell gives it: code, or 128 + signal */
	char *ended;          /* why: "server exited", "interrupted", "session daemon died", ... */
	uint64_t died;        /* 1: the server ended by itself, badly, before it had begun */
	uint64_t
		damaged; /* 1: something that it knows of kept the recorder from writing all, or it could
			       * not be read back to its end */
	char **warnings;   /* what the reader of the numbers should know; NULL: nothing */
	GArray *strangers; /* guint32 pids: processes of other recordings whose events are in the
				* trace and do not belong to this one; NULL: none */

	/* What was asked for; 0 and NULL: not, or no limit. */
	char **functions;         /* rules in order, as the user wrote them */
	uint64_t depth;           /* calls nested deeper are not recorded */
	uint64_t min_duration_ns; /* shorter calls are counted only */
	uint64_t budget_ppm;      /* of the server's processor time, for recording calls */
	uint64_t io_sessions;     /* 1: accepted connections are sessions */
	uint64_t io_bytes;        /* so many bytes of each buffer that is read or written */
	uint64_t lossless;        /* 1: the server waits rather than that an event is lost */
	uint64_t memory_bytes;    /* the recorder's bound, buffers and all */
	uint64_t max_bytes;       /* on disk */
	uint64_t snapshot;        /* 1: what the buffers held when it was triggered */
	GArray *attached;         /* guint32 pids of servers that ran already; NULL: none */

	/* What came of it, as the libraries in the server and the recorder counted. */
	uint64_t dropped;       /* events that the recorder dropped to keep to its memory */
	uint64_t calls;         /* recorded, each once */
	uint64_t calls_skipped; /* shorter than min_duration_ns */
	uint64_t calls_unwound; /* ended without returning */
	uint64_t calls_lost;    /* not recorded because something was in the way */
	uint64_t calls_found;   /* in the trace's calls events, counted by reading it back */
	uint64_t calls_missing; /* of calls: those that are not in the trace */
	uint64_t
		events_missing; /* events but calls that the libraries wrote, and that neither are in the
				  * trace nor are among discarded and dropped */
	uint64_t functions_seen; /* that could be recorded, each counted once a process */
	uint64_t functions_live; /* of these: that were, at the end */
	uint64_t budget_off;     /* switched off to keep to the budget */
	/* What recording took while there was a budget, as the libraries reckon: parts of the server's processor
	 * time, of all that is recorded, and of that without calls. */
	uint64_t budget_spent_ppm;
	uint64_t budget_others_ppm;
	uint64_t waited_ns; /* that threads of the server waited for the recorder */
	uint64_t
		cpu_pressure_ppm; /* of the machine's fullest moment: in so much of it somebody waited for
				    * a processor; 0: not known (pipeline/record/pressure.h) */
	/* The price of recording a call, as the server's libraries measured it while it was recorded, ps: in
	 * the call's own time, and in its caller's; how much it varied (a standard deviation of both
	 * together); in how many measurements, 0: in none. */
	uint64_t price_inner_ps, price_outer_ps, price_spread_ps, price_measured;
	uint64_t sample_hz;        /* samples a second of each processor; 0: none were asked for */
	uint64_t samples;          /* that were kept */
	uint64_t samples_lost;     /* that were not */
	uint64_t processes_known;  /* of the server, that loaded the libraries or were forked */
	uint64_t processes_silent; /* of these: that LTTng never got to record */
	uint64_t processes_late;   /* of these: that LTTng came to record after they had gone on */
	uint64_t processes_killed; /* of these: that ended without writing their last calls */
	GArray *ends;              /* struct fdar_recording_end, by time; NULL: none */
	GArray *losses;  /* struct fdar_recording_loss, by time: where discarded and dropped events
			 * are missing; NULL: nothing is known to be missing */
	GArray *streams; /* struct fdar_recording_stream; for the manifest, and not in
			  * recording.json; NULL: not known */
};

/* An empty list of struct fdar_recording_stream, which owns its paths. */
GArray *fdar_recording_streams_new(void);

/* Frees what the fields own, not the struct; the struct is empty afterwards and may be reused. */
void fdar_recording_info_clear(struct fdar_recording_info *info);

/* Whether all that was asked for is in the recording, as far as its recorder knew. */
gboolean fdar_recording_info_whole(const struct fdar_recording_info *info);

/* Writes dir/recording.json atomically. FALSE and error, and what was there stays, when it cannot be
 * written, or would be longer than what fdar_recording_info_load reads. */
gboolean fdar_recording_info_save(const struct fdar_recording_info *info, const char *dir,
				  GError **error);

/* Reads dir/recording.json into info, which must be empty. FALSE and error, info still empty, when
 * it is missing or not ours; the message names the file and what was expected. */
gboolean fdar_recording_info_load(const char *dir, struct fdar_recording_info *info,
				  GError **error);

/* The recording whose trace path is, or is in: a folder "trace" beside a recording.json, of the path as it is
 * written. The caller frees it; NULL: none. */
char *fdar_recording_around(const char *path);

/* The directory that holds the CTF trace: dir/trace for a recording, dir itself for a plain trace
 * (it, or a directory below it, holds a "metadata" file). NULL and error when neither. The caller
 * frees the result. */
char *fdar_recording_trace_path(const char *dir, GError **error);

#endif
