/*
 * The drain's bound: how much memory is in use, what is dropped to keep it, and who is told.
 *
 * Place in the house: inside pipeline/, under drain_follow.h, whose thread calls it.
 */
#ifndef FDAR_PIPELINE_DRAIN_DRAIN_BOUND_H
#define FDAR_PIPELINE_DRAIN_DRAIN_BOUND_H

#include "pipeline/drain/drain_shared.h"

/* Sets the marks, from the options and the threads' own buffers. */
void fdar_drain_bound_init(struct fdar_drain *drain);

/* Measures; drops as long as there is too much; tells pressure. After new packets were taken in. */
void fdar_drain_bound_keep(struct fdar_drain *drain);

#endif
