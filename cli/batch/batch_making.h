/*
 * Where a batch's profiles are while they are made: a folder of its own in the output, so that what a killed batch
 * left is known for that, and goes with the next one.
 *
 * Place in the house: for batch_run.c. The folder is locked by who works in it (flock): only who finds nobody there
 * takes away what is in it. It is gone when the last one is done.
 */
#ifndef FDAR_CLI_BATCH_BATCH_MAKING_H
#define FDAR_CLI_BATCH_BATCH_MAKING_H

#include <glib.h>

#define FDAR_BATCH_MAKING ".flowdar-batch"

struct fdar_batch_making;

/* In the folder output, which is there. NULL and error when it cannot be made. The caller ends it
 * (fdar_batch_making_end). */
struct fdar_batch_making *fdar_batch_making_begin(const char *output, GError **error);

/* The batch's own file for that name in it. The caller frees it. */
char *fdar_batch_making_path(const struct fdar_batch_making *making, const char *name);

/* From there to where it belongs. FALSE and error. */
gboolean fdar_batch_making_move(const struct fdar_batch_making *making, const char *name,
				const char *to, GError **error);

/* NULL is allowed. */
void fdar_batch_making_end(struct fdar_batch_making *making);

#endif
