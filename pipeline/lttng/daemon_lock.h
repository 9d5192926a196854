/*
 * Who uses the LTTng session daemon of this user: a lock file shared by all recorders.
 *
 * Place in the house: inside pipeline/, under watchdog.h. A session daemon that a recorder started must
 * go when the last recorder is done, not when the first is. So each recorder holds the lock shared
 * while it works, and the watchdog of the daemon stops it when it gets the lock alone. The locks are
 * the kernel's (fcntl(2), open file description locks): whoever dies, lets go.
 */
#ifndef FDAR_PIPELINE_LTTNG_DAEMON_LOCK_H
#define FDAR_PIPELINE_LTTNG_DAEMON_LOCK_H

#include <glib.h>

struct fdar_daemon_lock;

/* The folder in which LTTng keeps this user's sockets. The caller frees it. */
char *fdar_daemon_folder(void);

/* Takes the lock shared, making the file and its folder when needed. Waits while somebody has it
 * alone (a daemon being stopped), 20 s at most. NULL and error. */
struct fdar_daemon_lock *fdar_daemon_lock_share(GError **error);

/* Opens the lock that another process of ours holds shared, without taking it. NULL: it is gone. */
struct fdar_daemon_lock *fdar_daemon_lock_open(void);

/* Takes it alone: at once or not at all, or, with wait, when nobody else holds it any more. FALSE
 * when it was not taken. */
gboolean fdar_daemon_lock_alone(struct fdar_daemon_lock *lock, gboolean wait);

/* Waits, 20 s at most, until the file is gone or nobody has it alone. */
void fdar_daemon_lock_await(void);

/* Gives back what fdar_daemon_lock_alone took. */
void fdar_daemon_lock_release(struct fdar_daemon_lock *lock);

/* Only one process at a time may look for a daemon and start one. Blocks. */
void fdar_daemon_lock_start_begin(struct fdar_daemon_lock *lock);
void fdar_daemon_lock_start_end(struct fdar_daemon_lock *lock);

/* Takes the file away; only while it is held alone. */
void fdar_daemon_lock_remove(struct fdar_daemon_lock *lock);

/* Lets go of everything. NULL is allowed. */
void fdar_daemon_lock_close(struct fdar_daemon_lock *lock);

#endif
