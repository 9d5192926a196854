/*
 * Whether LTTng has closed a stream file: it gives up a stream when it cannot write of it (no room in the
 * tmpfs at that very moment for the packet's line in the index), goes on with the others, and tells nobody.
 *
 * Place in the house: inside pipeline/, under the drain. By inotify(7), so that a moment that is over when
 * somebody looks is known all the same.
 */
#ifndef FDAR_PIPELINE_DRAIN_DRAIN_CLOSED_H
#define FDAR_PIPELINE_DRAIN_DRAIN_CLOSED_H

#include "pipeline/drain/drain_shared.h"

/* A descriptor to look at, -1 where the kernel has none left: then nothing is ever seen. The caller closes
 * it. */
int fdar_drain_closed_new(void);

/* From now on the file is looked at; whoever looks must not close a descriptor of it that can write. */
void fdar_drain_closed_add(int fd, const char *path);

/* Notes whether one that could write has been closed, until LTTng was about to be stopped. Any thread; the
 * lock is held. */
void fdar_drain_closed_look(struct fdar_drain *drain);

#endif
