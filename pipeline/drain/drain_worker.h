/*
 * The workers of the drain: count, compress, append, give the memory back.
 *
 * Place in the house: inside pipeline/, under drain.c. A worker takes the oldest packet of all
 * streams, with a ticket of its stream; what is written to a stream's file is written in the order
 * of tickets, so that several workers may have packets of one stream.
 */
#ifndef FDAR_PIPELINE_DRAIN_DRAIN_WORKER_H
#define FDAR_PIPELINE_DRAIN_DRAIN_WORKER_H

#include "pipeline/drain/drain_shared.h"

/* The thread: user is the struct fdar_drain. */
void *fdar_drain_worker_run(void *user);

/* After the workers have ended: writes the gaps at the streams' ends and syncs. FALSE and error when
 * that does not go. */
gboolean fdar_drain_worker_close(struct fdar_drain *drain, GError **error);

#endif
