/*
 * The metadata of one folder of a trace that still grows.
 *
 * Place in the house: inside pipeline/, under the drain. LTTng writes text cut into packets, which may
 * end in the middle of a declaration, or, of CTF 2, fragments of JSON. Taken is what ends with a whole one, so that what is on the disk
 * can be read at any moment; at the end, all of it.
 */
#ifndef FDAR_PIPELINE_DRAIN_DRAIN_META_H
#define FDAR_PIPELINE_DRAIN_DRAIN_META_H

#include <glib.h>
#include <pthread.h>
#include <stdint.h>

#include "pipeline/drain/drain_count.h"

struct fdar_drain_meta {
	char *source, *target; /* folders */
	GString *text;         /* bytes of the file, taken so far; guarded by the drain's lock */
	struct fdar_drain_counter *counter; /* of that text, or NULL; guarded by the drain's lock */
	uint64_t source_bytes;              /* of the file when it was looked at last */
	pthread_mutex_t lock;               /* of what follows: whoever writes to the disk */
	uint64_t saved;                     /* bytes of the text on the disk */
	gboolean made;                      /* the target folder is there */
};

struct fdar_drain_meta *fdar_drain_meta_new(const char *source, const char *target);
void fdar_drain_meta_free(struct fdar_drain_meta *meta);

/* Looks at the file; whole: takes all of it. lock is taken when something has changed. TRUE when
 * the text has grown. */
gboolean fdar_drain_meta_look(struct fdar_drain_meta *meta, gboolean whole, pthread_mutex_t *lock);

/* Writes what is not on the disk yet, makes the target folder; lock guards the text. FALSE and error
 * (G_IO_ERROR) when that does not go. */
gboolean fdar_drain_meta_save(struct fdar_drain_meta *meta, pthread_mutex_t *lock, GError **error);

/* Waits until it is on the disk, with the names of the files beside it. */
gboolean fdar_drain_meta_sync(struct fdar_drain_meta *meta, GError **error);

#endif
