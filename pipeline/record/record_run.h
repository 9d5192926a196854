/*
 * One run of the recorder, from the first check to recording.json: what its parts share.
 *
 * Place in the house: between record.c (following the server), record_begin.c, record_finish.c and
 * record_snapshot.c only.
 */
#ifndef FD_PIPELINE_RECORD_RUN_H
#define FD_PIPELINE_RECORD_RUN_H

#include "pipeline/server/attach.h"
#include "pipeline/server/control.h"
#include "pipeline/drain/drain.h"
#include "pipeline/record/keeper.h"
#include "pipeline/record/record.h"
#include "pipeline/record/record_count.h"
#include "pipeline/record/record_folder.h"
#include "pipeline/record/record_memory.h"
#include "pipeline/record/record_snapshot.h"
#include "pipeline/server/server.h"
#include "pipeline/lttng/tracing.h"

#define FD_RUN_LOOK_US 500000 /* between two looks at how things are */

/* Why a run ended by itself: fd_run.ended points to one of these, or is something else. */
extern const char fd_run_ended_daemon[], fd_run_ended_consumer[], fd_run_ended_disk[];
extern const char fd_run_ended_memory[], fd_run_ended_size[];

struct fd_run {
	const struct fd_record_options *options;
	const volatile int *stop;
	fd_record_progress_fn progress;
	void *user;
	char *name;
	struct fd_record_folder folder;
	struct fd_record_memory memory;
	struct fd_control_segment *control;
	struct fd_keeper *keeper;
	struct fd_tracing *tracing;
	struct fd_tracing_state state;
	struct fd_drain *drain; /* NULL with options->snapshot */
	struct fd_drain_state drained;
	struct fd_server *server;       /* one of the two */
	struct fd_attached *attached;   /* is not NULL */
	struct fd_snapshots *snapshots; /* with options->snapshot */
	struct fd_control_counts counts;
	struct fd_record_progress now;
	gint64 begin_us, look_us;
	gboolean stopped;       /* the tracing, not the server */
	gboolean server_ended;  /* by itself */
	gboolean others;        /* there was another recorder meanwhile */
	gint waiting;           /* atomic: the gate is closed */
	char *started;          /* wall clock, as in the info */
	const char *snapshot;   /* why one is being written; NULL: none is */
	const char *ended;      /* why, when it was not the server's own end */
	GPtrArray *warnings;    /* char * */
	guint lasting_warnings; /* the first so many are about the run, not about a snapshot */
	struct fd_record_count count; /* what was read back last */
	GArray *strangers; /* guint32 pids: processes of other recordings in it; or NULL */
};

void fd_run_warn(struct fd_run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);
void fd_run_tell(struct fd_run *run, enum fd_record_phase phase, const char *text);

/* Up to a server that runs. FALSE and error; what was made so far is in run, for fd_run_clear. */
gboolean fd_run_begin(struct fd_run *run, GError **error);

/* From tracing on to a trace that is whole on the disk, and no session of ours left. Does nothing the
 * second time. */
void fd_run_stop_tracing(struct fd_run *run);

/* Everything after the server has ended. */
gboolean fd_run_finish(struct fd_run *run, struct fd_recording_info *info, GError **error);

/* Fills in info: what the run knows now, of the recording in folder. */
void fd_run_describe(struct fd_run *run, const struct fd_record_folder *folder,
		     struct fd_recording_info *info);

/* Writes the recording.json of a recording that is not finished yet. FALSE and error. */
gboolean fd_run_describe_begin(struct fd_run *run, GError **error);

/* Why it ended, in the words of recording.json; the caller frees the result. */
char *fd_run_describe_end(const struct fd_run *run);

/* Counts what is in folder, fills in info and writes recording.json there. FALSE and error when nothing
 * in it can be read (G_IO_ERROR_NOT_FOUND), or it cannot be written. */
gboolean fd_run_seal(struct fd_run *run, const struct fd_record_folder *folder,
		     struct fd_recording_info *info, GError **error);

/* Bytes of LTTng's buffers, of all users that the server's processes are likely to run as. */
uint64_t fd_run_buffer_bytes(const struct fd_record_options *options);

/* The drain's bound: what the buffers leave of the recorder's memory. */
uint64_t fd_run_drain_bytes(const struct fd_record_options *options);

#endif
