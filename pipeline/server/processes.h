/*
 * Processes below this one: who they are, and how they are made to end.
 *
 * Place in the house: inside pipeline/, under the watchdog and the server. Nothing here is global but
 * the process tree itself: callers say which children are their own.
 */
#ifndef FDAR_PIPELINE_SERVER_PROCESSES_H
#define FDAR_PIPELINE_SERVER_PROCESSES_H

#include <glib.h>
#include <sys/types.h>

/* The pids (pid_t) of the living children of pid, in which a thread is left; zombies are left out. The caller
 * frees it. */
GArray *fdar_processes_children(pid_t pid);

/* The pids of all that live below root, parents before their children; zombies are left out. The caller frees it. */
GArray *fdar_processes_below(pid_t root);

/* All living processes by their parents: GINT_TO_POINTER(pid) -> GArray of the children's pid_t. The
 * caller frees it (g_hash_table_unref). */
GHashTable *fdar_processes_all(void);

/* Waits up to milliseconds for a child of ours to end; TRUE when it has, its status in *status (may
 * be NULL). It is reaped. */
gboolean fdar_process_wait(pid_t child, int milliseconds, int *status);

/* SIGTERM, up to milliseconds of patience, SIGKILL; reaped. Gives the wait status. */
int fdar_process_end(pid_t child, int milliseconds);

/* Prepares a process between fork and exec, or one that goes on by itself: default signals, none
 * blocked, and no descriptor from first on (-1: all are kept). */
void fdar_process_reset(int first);

/* Between fork and what follows, in the child: it gets SIGTERM when the thread that forked it, of process
 * parent, ends in whatever way (prctl(2), PR_SET_PDEATHSIG). FALSE: that is gone already. */
gboolean fdar_process_end_with(pid_t parent);

#endif
