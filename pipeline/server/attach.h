/*
 * Servers that run already, with flowdar's libraries in them: found, told to be recorded, watched.
 *
 * Place in the house: inside pipeline/, under the recorder; server.h is for those it starts itself. A
 * process with libflowdar.so in it that is not being recorded listens (instrument/wire/control.h); with each
 * process its children are told, too, and theirs, also those that come later. Nothing is ever done to
 * a process but that: they go on when the recording ends.
 */
#ifndef FDAR_PIPELINE_SERVER_ATTACH_H
#define FDAR_PIPELINE_SERVER_ATTACH_H

#include <glib.h>
#include <sys/types.h>

#define FDAR_ATTACH_MAX          4096 /* processes that are told and watched */
#define FDAR_ATTACH_WARNINGS_MAX 8

struct fdar_attached;

/* Tells the processes, and all below them, where the control segment is. NULL and error when one of
 * them is not there, or neither it nor any process below it listens: the message says why. */
struct fdar_attached *fdar_attached_start(const pid_t *pids, size_t count, const char *control,
					  GError **error);

/* The first process that was told, and so will be heard of. */
pid_t fdar_attached_first(const struct fdar_attached *attached);

/* Waits up to milliseconds for the last of the processes to end, or for the descriptor also (-1: none) to be
 * readable, then looks for new ones. FALSE when all have ended. Comes back early on a signal. */
gboolean fdar_attached_wait(struct fdar_attached *attached, int milliseconds, int also);

/* What the user should know: processes in whose place somebody else listens (control.h), and processes
 * that were told and are not among those that were heard of (struct fdar_control_process). Texts; the
 * caller frees the result. */
GPtrArray *fdar_attached_warnings(const struct fdar_attached *attached, const GArray *heard);

/* NULL is allowed. */
void fdar_attached_free(struct fdar_attached *attached);

#endif
