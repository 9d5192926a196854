/*
 * When processes of the server end: watched by descriptors of them, or looked at now and then.
 *
 * Place in the house: inside pipeline/, under control_counters.c, which knows who they are. A process that is
 * watched is noticed at once by who waits for fdar_ends_fd(); of others is known that they came after a
 * listing, and have ended. Times are those of the trace's clock, as far as it is the monotonic one: since the
 * Unix epoch, with the difference of the two clocks as it was in the beginning (LTTng takes it when its session
 * is made).
 */
#ifndef FDAR_PIPELINE_SERVER_ENDS_H
#define FDAR_PIPELINE_SERVER_ENDS_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

#define FDAR_ENDS_WATCHED_MAX 256u /* at once; a descriptor each */
#define FDAR_ENDS_KNOWN_MAX   65536u

struct fdar_ends;

/* Never NULL. */
struct fdar_ends *fdar_ends_new(void);

/* NULL is allowed. */
void fdar_ends_free(struct fdar_ends *ends);

/* Readable when one of the watched has ended; -1: nothing can be watched. */
int fdar_ends_fd(const struct fdar_ends *ends);

/* A listing of who is there begins: who is not told of until the next one came after this one began. */
void fdar_ends_listing(struct fdar_ends *ends);

/* From now on, by a name of the caller's that no other process has had. pid 0: it cannot be watched. Nothing
 * when so many are known that were never taken: names of files that somebody made and took away. */
void fdar_ends_watch(struct fdar_ends *ends, const char *name, pid_t pid);

/* Whether it has been told of that name. */
gboolean fdar_ends_knows(const struct fdar_ends *ends, const char *name);

/* Looks which of the watched have ended since the last look. */
void fdar_ends_look(struct fdar_ends *ends);

/* Whether it was watched, and had ended by the last look: whoever has its number now is another. */
gboolean fdar_ends_ended(const struct fdar_ends *ends, const char *name);

/* Of one that has ended by now, and is forgotten: not later than ended_ns, and not more than within_ns before. */
void fdar_ends_take(struct fdar_ends *ends, const char *name, uint64_t *ended_ns,
		    uint64_t *within_ns);

#endif
