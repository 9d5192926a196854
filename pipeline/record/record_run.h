/*
 * One run of the recorder, from the first check to recording.json: what its parts share.
 *
 * Place in the house: between record.c (following the server), record_begin.c, record_finish.c and
 * record_snapshot.c only.
 */
#ifndef FDAR_PIPELINE_RECORD_RECORD_RUN_H
#define FDAR_PIPELINE_RECORD_RECORD_RUN_H

#include "pipeline/record/pressure.h"
#include "pipeline/server/attach.h"
#include "pipeline/server/control.h"
#include "pipeline/drain/drain.h"
#include "pipeline/record/watchdog.h"
#include "pipeline/record/record.h"
#include "pipeline/record/record_count.h"
#include "pipeline/record/record_folder.h"
#include "pipeline/record/record_keys.h"
#include "pipeline/record/record_memory.h"
#include "pipeline/record/record_missing.h"
#include "pipeline/record/record_snapshot.h"
#include "pipeline/server/server.h"
#include "pipeline/lttng/tracing.h"
#include "pipeline/samples/sampler.h"

#define FDAR_RUN_LOOK_US 500000 /* between two looks at how things are */

/* Why a run ended by itself: fdar_run.ended points to one of these, or is something else. */
extern const char fdar_run_ended_daemon[], fdar_run_ended_consumer[], fdar_run_ended_disk[];
extern const char fdar_run_ended_memory[], fdar_run_ended_size[];

struct fdar_run {
	const struct fdar_record_options *options;
	const volatile int *stop;
	fdar_record_progress_fn progress;
	void *user;
	char *name;
	struct fdar_record_folder folder;
	struct fdar_record_memory memory;
	struct fdar_record_keys keys;
	struct fdar_control_segment *control;
	struct fdar_watchdog *watchdog;
	struct fdar_tracing *tracing;
	struct fdar_tracing_state state;
	struct fdar_drain *drain; /* NULL with options->tracing.snapshot */
	struct fdar_drain_state drained;
	struct fdar_server *server;       /* one of the two */
	struct fdar_attached *attached;   /* is not NULL */
	struct fdar_snapshots *snapshots; /* with options->tracing.snapshot */
	struct fdar_control_counts counts;
	struct fdar_record_progress now;
	gint64 begin_us, look_us;
	struct fdar_pressure pressure;
	gboolean stopped;       /* the tracing, not the server */
	gboolean server_ended;  /* by itself */
	gboolean died;          /* the server could not begin */
	gboolean damaged;       /* the end is missing, or it cannot be read to its end */
	gboolean others;        /* there was another recorder meanwhile */
	gint waiting;           /* atomic: the gate is closed */
	char *started;          /* wall clock, as in the info */
	const char *snapshot;   /* why one is being written; NULL: none is */
	const char *ended;      /* why, when it was not the server's own end */
	const char *dead;       /* of LTTng's daemons, as it would be said of ended; NULL: none */
	GPtrArray *warnings;    /* char * */
	gboolean unmet_told;    /* of rules that no function fits */
	guint lasting_warnings; /* the first so many are about the run, not about a snapshot */
	struct fdar_record_count count; /* what was read back last */
	GArray *said;    /* struct fdar_control_process, before tracing stopped; or NULL */
	GArray *young;   /* the same, while LTTng did not know them all (attached); or NULL */
	GArray *ends;    /* struct fdar_recording_end, by then; or NULL */
	gint64 known_us; /* since when it does; 0: not yet */
	struct fdar_record_missing missing;
	struct fdar_unwinder *unwinder; /* the sampler's */
	struct fdar_sampler *sampler;   /* NULL: no samples were asked for */
	char *ticks; /* where the server's processes put samples of themselves; NULL: the kernel has them */
	uint64_t samples, samples_lost;
	GArray *strangers; /* guint32 pids: processes of other recordings in it; or NULL */
};

void fdar_run_warn(struct fdar_run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);
void fdar_run_tell(struct fdar_run *run, enum fdar_record_phase phase, const char *text);

/* Up to a server that runs. FALSE and error; what was made so far is in run, for fdar_run_clear. */
gboolean fdar_run_begin(struct fdar_run *run, GError **error);

/* Tells of rules that fit no function, once the server has looked; again at the end. */
void fdar_run_tell_unmet(struct fdar_run *run, gboolean end);

/* From tracing on to a trace that is whole on the disk, and no session of ours left. Does nothing the
 * second time. */
void fdar_run_stop_tracing(struct fdar_run *run);

/* Begins to take samples, if they were asked for: before the server is started. FALSE and error. */
gboolean fdar_run_start_samples(struct fdar_run *run, GError **error);

/* Writes them into the recording, once the trace is whole. Does nothing where there are none. */
void fdar_run_keep_samples(struct fdar_run *run);

/* Everything after the server has ended. */
gboolean fdar_run_finish(struct fdar_run *run, struct fdar_recording_info *info, GError **error);

/* Fills in info: what the run knows now, of the recording in folder. */
void fdar_run_describe(struct fdar_run *run, const struct fdar_record_folder *folder,
		       struct fdar_recording_info *info);

/* Of these: what recording took, where there was a budget. */
void fdar_run_fill_budget(const struct fdar_control_counts *counts,
			  struct fdar_recording_info *info);

/* Writes the recording.json of a recording that is not finished yet. FALSE and error. */
gboolean fdar_run_describe_begin(struct fdar_run *run, GError **error);

/* Why it ended, in the words of recording.json; the caller frees the result. */
char *fdar_run_describe_end(const struct fdar_run *run);

/* Counts what is in folder, fills in info and writes recording.json there. FALSE and error when nothing
 * in it can be read (G_IO_ERROR_NOT_FOUND), or it cannot be written. */
gboolean fdar_run_seal(struct fdar_run *run, const struct fdar_record_folder *folder,
		       struct fdar_recording_info *info, GError **error);

/* What this user's limits may have to do with a failure, to be said behind it; NULL: nothing. The caller
 * frees it. */
char *fdar_run_limits(void);

/* Tells the caller that the recording in folder is written. */
void fdar_run_done(struct fdar_run *run, const struct fdar_record_folder *folder,
		   const struct fdar_recording_info *info);

/* Bytes of LTTng's buffers, of all users that the server's processes are likely to run as. */
uint64_t fdar_run_buffer_bytes(const struct fdar_record_options *options);

/* The drain's bound: what the buffers leave of the recorder's memory. */
uint64_t fdar_run_drain_bytes(const struct fdar_record_options *options);

#endif
