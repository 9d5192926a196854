/*
 * One LTTng tracing session of ours: its channels, its events, and how it ends.
 *
 * Place in the house: inside pipeline/, under record.c; the one user of liblttng-ctl besides the
 * watchdog. A session daemon must be there (watchdog.h). Three channels, so that a flood of function
 * events cannot push out the few that say whose they are:
 *
 *	channel    events                                             contexts
 *	sessions   flowdar:session_*, request_*, handoff_*, note,     vpid, vtid, procname
 *	           thread_*, wait_*, io, bytes
 *	functions  flowdar:calls, func_*, scope_*, and                vpid, vtid
 *	           lttng_ust_cyg_profile*
 *	modules    flowdar:process, switched; what is loaded, from    vpid
 *	           where, with which build id
 *
 * Buffers are per user id and CPU; an event that finds them full is discarded and counted, or, if
 * options->lossless, waits (LTTng drops it all the same when another thread was interrupted in the
 * middle of the event that is in the way, and counts it: buffers of 1 MiB make that rare). With
 * options->snapshot new events push out the oldest instead, and nothing is written until
 * fdar_tracing_snapshot.
 */
#ifndef FDAR_PIPELINE_LTTNG_TRACING_H
#define FDAR_PIPELINE_LTTNG_TRACING_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/recording/detail.h"

struct fdar_tracing;

#define FDAR_TRACING_MEMORY_DEFAULT (UINT64_C(256) << 20) /* twice as much when lossless */

/* What is asked of LTTng. */
struct fdar_tracing_options {
	enum fdar_detail detail;
	gboolean lossless;   /* the server waits when there is no room for an event */
	gboolean crash_safe; /* LTTng's buffers can be read after its daemons have died */
	gboolean
		marks_packed; /* processes may tell marks with their calls (instrument/wire/calls.h) */
	gboolean snapshot;    /* keep the last events in memory; write them when told */
	uint64_t memory_bytes;    /* the bound of all that is in memory, buffers too; 0: default */
	uint64_t subbuffer_bytes; /* per CPU, a power of two; 0: 1 MiB, 4 if lossless */
	unsigned subbuffer_count; /* a power of two; 0 for the default, 8 */
};

#define FDAR_TRACING_RECORDERS_MAX 16

/* How things are with the session daemon. */
struct fdar_tracing_state {
	uint64_t discarded; /* by our session, so far */
	uint64_t packets_lost;
	size_t recorders; /* other recorders that have a session there now */
	pid_t recorder_pids[FDAR_TRACING_RECORDERS_MAX];
};

/* A name that no other session has. The caller frees it. */
char *fdar_tracing_name(void);

/* Makes the session, with its output in out (absolute; a folder of ours), and starts it. The sizes of
 * options are those of the functions channel. buffers: where LTTng's buffers are to be, so that they
 * outlive its daemons (options->crash_safe). NULL and error; then the session is gone again. */
struct fdar_tracing *fdar_tracing_start(const char *name, const char *out, const char *buffers,
					const struct fdar_tracing_options *options, GError **error);

/* Writes what the buffers hold below path (made by LTTng). Only with options->snapshot. FALSE and
 * error, G_IO_ERROR_NOT_FOUND when they hold nothing. */
gboolean fdar_tracing_snapshot(struct fdar_tracing *tracing, const char *path, GError **error);

/* Whether the daemon knows all these processes (as they call themselves): only then can they be
 * recorded. One that was there before the daemon may take some seconds to come. */
gboolean fdar_tracing_knows(struct fdar_tracing *tracing, const pid_t *pids, size_t count);

/* Asks the session daemon. FALSE when it or its consumer daemon is gone, or it does not answer in
 * 15 s; then state is as it was. */
gboolean fdar_tracing_look(struct fdar_tracing *tracing, struct fdar_tracing_state *state);

/* Whether there is a session daemon, when fdar_tracing_look has failed: then it is its consumer daemon
 * that died, and it must be killed as well. */
gboolean fdar_tracing_has_daemon(const struct fdar_tracing *tracing);

/* Whether the session daemon is there but did not answer: it must be killed. */
gboolean fdar_tracing_is_stuck(const struct fdar_tracing *tracing);

/* Stops, waits until everything is on disk, takes the last state and destroys the session. FALSE and
 * error when a daemon died, the consumer daemon too, however long ago, or some step took too long: then
 * the trace may lack its end. */
gboolean fdar_tracing_stop(struct fdar_tracing *tracing, struct fdar_tracing_state *state,
			   GError **error);

/* Whether fdar_tracing_look or fdar_tracing_stop found the session daemon without its consumer daemon: it must be killed. */
gboolean fdar_tracing_consumer_died(const struct fdar_tracing *tracing);

/* Destroys the session if fdar_tracing_stop was not called, and frees. NULL is allowed. */
void fdar_tracing_free(struct fdar_tracing *tracing);

/* Names the other active sessions of this daemon that record events of ours too, each event then
 * costs twice. NULL: none. The caller frees it. */
char *fdar_tracing_concurrent(const char *name, enum fdar_detail detail);

/* The bound that options stand for, after the default. */
uint64_t fdar_tracing_memory(const struct fdar_tracing_options *options);

/* The functions channel's buffers of each CPU, after defaults, in bytes and number. */
void fdar_tracing_buffers(const struct fdar_tracing_options *options, uint64_t *bytes,
			  unsigned *count);

/* Bytes of all channels' buffers on all CPUs, for one user of the server. */
uint64_t fdar_tracing_buffer_bytes(const struct fdar_tracing_options *options);

#endif
