/*
 * The keeper: a small process beside the recorder that cleans up after it, whatever happens to it.
 *
 * Place in the house: inside pipeline/, under record.c. It starts a session daemon when this user has
 * none, and stops the one it started when the last recorder is done (daemon_lock.h) and nobody else
 * has a tracing session in it. If the recorder dies without saying that it is done, the keeper ends
 * the server and destroys the recorder's tracing session, so that what was recorded gets to the disk.
 */
#ifndef FD_PIPELINE_KEEPER_H
#define FD_PIPELINE_KEEPER_H

#include <glib.h>
#include <sys/types.h>

struct fd_keeper;

/* Starts it, and waits until there is a session daemon. session is the name of the tracing session
 * to be. NULL and error when there is no daemon and none can be started. */
struct fd_keeper *fd_keeper_start(const char *session, GError **error);

pid_t fd_keeper_pid(const struct fd_keeper *keeper);

/* Whether the session daemon was started by this keeper. */
gboolean fd_keeper_owns_daemon(const struct fd_keeper *keeper);

/* Tells which process group to end when the recorder dies; 0: none any more. */
void fd_keeper_watch(struct fd_keeper *keeper, pid_t group);

/* The session daemon does not answer: when it was started by a keeper of ours it is killed. Before
 * fd_keeper_done. */
void fd_keeper_daemon_stuck(struct fd_keeper *keeper);

/* Says that all is done, waits until a daemon that nobody needs any more is gone (20 s at most), and
 * frees. NULL is allowed. */
void fd_keeper_done(struct fd_keeper *keeper);

#endif
