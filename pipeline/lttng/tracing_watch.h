/*
 * A small tracing session beside the real one: the begins and ends of sessions alone, to be seen while
 * they go on.
 *
 * Place in the house: inside pipeline/, under record_snapshot.c. LTTng writes it into a folder in
 * memory, cut into chunks (rotation); each is read once and taken away. Sessions that are open are
 * remembered by process and key, FD_WATCH_OPEN_MAX of them; later ones are not watched.
 */
#ifndef FD_PIPELINE_TRACING_WATCH_H
#define FD_PIPELINE_TRACING_WATCH_H

#include <glib.h>
#include <stdint.h>

#define FD_WATCH_OPEN_MAX 100000

struct fd_watch;

/* name: of the tracing session; folder: in memory, made if needed. NULL and error. */
struct fd_watch *fd_watch_start(const char *name, const char *folder, GError **error);

/* Takes a look, of some milliseconds as a rule. The longest that a session has lasted, of those that
 * are open or ended since the look before; each session is told once when it is longer than limit_ns. 0:
 * none is. */
uint64_t fd_watch_look(struct fd_watch *watch, uint64_t limit_ns);

/* Ends the tracing session. NULL is allowed. */
void fd_watch_free(struct fd_watch *watch);

/* What a look does with a chunk that was read: for tests. now_ns: the time of the look. */
struct fd_event;
void fd_watch_take(struct fd_watch *watch, const struct fd_event *event, uint64_t limit_ns);
uint64_t fd_watch_longest(struct fd_watch *watch, uint64_t now_ns, uint64_t limit_ns);
struct fd_watch *fd_watch_new(void);

#endif
