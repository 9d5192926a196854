/*
 * The keeper: a small process beside the recorder that cleans up after it, whatever happens to it.
 *
 * Place in the house: inside pipeline/, under record.c. It starts a session daemon when this user has
 * none, and stops the one it started when the last recorder is done (daemon_lock.h) and nobody else
 * has a tracing session in it. If the recorder dies without saying that it is done, the keeper opens the
 * server's gate, ends the server (one that was attached to goes on), destroys the recorder's tracing
 * session, brings what is in memory to the disk, says in recording.json that the recorder was killed, and
 * takes the folder in memory away.
 */
#ifndef FD_PIPELINE_KEEPER_H
#define FD_PIPELINE_KEEPER_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

struct fd_keeper;

/* What there is to clean up. The keeper copies it. */
struct fd_keeper_charge {
	const char *session; /* the name of the tracing session to be */
	const char *memory;  /* the folder in memory (record_memory.h) */
	const char *control; /* path of the control segment */
	const char *folder;  /* of the recording */
	const char *trace;   /* in it: where what is in memory goes to */
	uint64_t memory_bytes;
	gboolean snapshot; /* what is in memory has to be asked of LTTng */
	gboolean recover;  /* LTTng's buffers are in files: if its daemons died, read them */
};

/* Starts it, and waits until there is a session daemon. Best called before there are threads. NULL and
 * error when there is no daemon and none can be started. */
struct fd_keeper *fd_keeper_start(const struct fd_keeper_charge *charge, GError **error);

pid_t fd_keeper_pid(const struct fd_keeper *keeper);

/* Whether the session daemon was started by this keeper. */
gboolean fd_keeper_owns_daemon(const struct fd_keeper *keeper);

/* Tells which process group to end when the recorder dies; 0: none any more, or none at all. To be called
 * when the recording begins. */
void fd_keeper_watch(struct fd_keeper *keeper, pid_t group);

/* The session daemon does not answer: when it was started by a keeper of ours it is killed. Before
 * fd_keeper_done. */
void fd_keeper_daemon_stuck(struct fd_keeper *keeper);

/* Says that all is done, waits until a daemon that nobody needs any more is gone (20 s at most), and
 * frees. NULL is allowed. */
void fd_keeper_done(struct fd_keeper *keeper);

#endif
