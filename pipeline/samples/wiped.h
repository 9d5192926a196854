/*
 * Bytes of which no copy stays: where they need more room they move, and the old place is overwritten, which
 * realloc() does not do.
 *
 * Place in the house: under perf.c and intake.c, whose records hold stacks, and these what clients sent.
 */
#ifndef FDAR_PIPELINE_SAMPLES_WIPED_H
#define FDAR_PIPELINE_SAMPLES_WIPED_H

#include <glib.h>

struct fdar_wiped {
	GByteArray *bytes; /* to be appended to by fdar_wiped_append() only */
	gsize room;        /* bytes, without moving */
};

/* Empty. The caller clears it (fdar_wiped_clear), or overwrites and frees bytes himself. */
struct fdar_wiped fdar_wiped_new(void);

void fdar_wiped_append(struct fdar_wiped *wiped, const void *data, gsize length);

/* Overwritten; it is empty afterwards, and keeps its room. */
void fdar_wiped_empty(struct fdar_wiped *wiped);

/* The same, and freed. */
void fdar_wiped_clear(struct fdar_wiped *wiped);

#endif
