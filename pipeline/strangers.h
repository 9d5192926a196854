/*
 * The processes of other recordings that go on at the same time.
 *
 * Place in the house: inside pipeline/, under record.c. A session daemon serves everybody, and a
 * tracing session takes an event from whatever process says it: when two recorders run at once, each
 * trace has the events of both servers. So while there is another recorder, the processes below it
 * are noted, again and again; a reader of the recording leaves their events out (recording.h).
 */
#ifndef FD_PIPELINE_STRANGERS_H
#define FD_PIPELINE_STRANGERS_H

#include <glib.h>
#include <sys/types.h>

#define FD_STRANGERS_MAX 65536 /* processes that are remembered */

struct fd_strangers;

struct fd_strangers *fd_strangers_new(void);

/* NULL is allowed. */
void fd_strangers_free(struct fd_strangers *strangers);

/* Notes the processes below each of the recorders now, and those below this process, which are none.
 * Does nothing when count is 0 and always was. */
void fd_strangers_look(struct fd_strangers *strangers, const pid_t *recorders, size_t count);

/* All that were seen (guint32 pids, ascending). The caller frees it. */
GArray *fd_strangers_list(const struct fd_strangers *strangers);

#endif
