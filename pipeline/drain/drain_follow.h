/*
 * The follower of the drain: the thread that knows what is in the folder.
 *
 * Place in the house: inside pipeline/, under drain.c.
 */
#ifndef FD_PIPELINE_DRAIN_FOLLOW_H
#define FD_PIPELINE_DRAIN_FOLLOW_H

#include "pipeline/drain/drain_shared.h"

/* The thread: user is the struct fd_drain. */
void *fd_drain_follow_run(void *user);

#endif
