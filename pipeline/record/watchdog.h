/*
 * The watchdog: a small process beside the recorder that cleans up after it, whatever happens to it.
 *
 * Place in the house: inside pipeline/, under record.c. It starts a session daemon when this user has
 * none, and stops the one it started when the last recorder is done (daemon_lock.h) and nobody else
 * has a tracing session in it. If the recorder dies without saying that it is done, the watchdog opens the
 * server's gate, ends the server (one that was attached to goes on), destroys the recorder's tracing
 * session, brings what is in memory to the disk, says in recording.json that the recorder was killed, and
 * takes the folder in memory away.
 */
#ifndef FDAR_PIPELINE_RECORD_WATCHDOG_H
#define FDAR_PIPELINE_RECORD_WATCHDOG_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

struct fdar_watchdog;

/* What there is to clean up. The watchdog copies it. */
struct fdar_watchdog_charge {
	const char *session; /* the name of the tracing session to be */
	const char *memory;  /* the folder in memory (record_memory.h) */
	const char *control; /* path of the control segment */
	const char *folder;  /* of the recording */
	const char *trace;   /* in it: where what is in memory goes to */
	int folder_fd;       /* what folder goes through (record_folder.h); -1: it is a name */
	uint64_t memory_bytes;
	gboolean snapshot; /* what is in memory has to be asked of LTTng */
	gboolean recover;  /* LTTng's buffers are in files: if its daemons died, read them */
};

/* Starts it, and waits until there is a session daemon. Best called before there are threads. NULL and
 * error when there is no daemon and none can be started. */
struct fdar_watchdog *fdar_watchdog_start(const struct fdar_watchdog_charge *charge,
					  GError **error);

pid_t fdar_watchdog_pid(const struct fdar_watchdog *watchdog);

/* Tells which process group to end when the recorder dies; 0: none any more, or none at all. To be called
 * when the recording begins. */
void fdar_watchdog_watch(struct fdar_watchdog *watchdog, pid_t group);

/* The session daemon does not answer: when it was started by a watchdog of ours it is killed. Before
 * fdar_watchdog_done. */
void fdar_watchdog_daemon_stuck(struct fdar_watchdog *watchdog);

/* Says that all is done, waits until a daemon that nobody needs any more is gone (20 s at most), and
 * frees. NULL is allowed. */
void fdar_watchdog_done(struct fdar_watchdog *watchdog);

#endif
