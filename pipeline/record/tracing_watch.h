/*
 * A small tracing session beside the real one: the begins and ends of sessions alone, to be seen while
 * they go on.
 *
 * Place in the house: inside pipeline/, under record_snapshot.c. LTTng writes it into a folder in
 * memory, cut into chunks (rotation); each is read once and taken away. Sessions that are open are
 * remembered by process and key, FDAR_WATCH_OPEN_MAX of them; later ones are not watched.
 */
#ifndef FDAR_PIPELINE_RECORD_TRACING_WATCH_H
#define FDAR_PIPELINE_RECORD_TRACING_WATCH_H

#include <glib.h>
#include <stdint.h>

#define FDAR_WATCH_OPEN_MAX 100000

struct fdar_watch;

/* name: of the tracing session; folder: in memory, made if needed. NULL and error. */
struct fdar_watch *fdar_watch_start(const char *name, const char *folder, GError **error);

/* Takes a look, of some milliseconds as a rule. The longest that a session has lasted, of those that
 * are open or ended since the look before; each session is told once when it is longer than limit_ns. 0:
 * none is. */
uint64_t fdar_watch_look(struct fdar_watch *watch, uint64_t limit_ns);

/* Ends the tracing session. NULL is allowed. */
void fdar_watch_free(struct fdar_watch *watch);

/* What a look does with a chunk that was read: for tests. now_ns: the time of the look. */
struct fdar_event;
void fdar_watch_take(struct fdar_watch *watch, const struct fdar_event *event, uint64_t limit_ns);
uint64_t fdar_watch_longest(struct fdar_watch *watch, uint64_t now_ns, uint64_t limit_ns);
struct fdar_watch *fdar_watch_new(void);

#endif
