/*
 * The follower of the drain: the thread that knows what is in the folder.
 *
 * Place in the house: inside pipeline/, under drain.c.
 */
#ifndef FDAR_PIPELINE_DRAIN_DRAIN_FOLLOW_H
#define FDAR_PIPELINE_DRAIN_DRAIN_FOLLOW_H

#include "pipeline/drain/drain_shared.h"

/* The thread: user is the struct fdar_drain. */
void *fdar_drain_follow_run(void *user);

#endif
