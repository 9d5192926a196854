/*
 * A source that a thread of its own reads, some batches ahead of who takes them: decoding on one
 * processor, what comes of it on another.
 *
 * Place in the house: around source.h, for readers with much to do. What comes out is what
 * fdar_source_read gives, event for event and batch for batch, whether there is a thread or not.
 *
 * While there is one, the source is its: nobody else may ask the source anything, texts come from here.
 * It ends when it has read all, when reading fails, and in fdar_source_ahead_free. Only our own decoder
 * is read ahead: the others' processes end with the thread that began them.
 *
 * Forks. A child made while the thread is at work may find locks that nobody will ever open: whoever
 * forks meanwhile holds the thread (fdar_source_ahead_hold).
 *
 * Bounds: FDAR_SOURCE_AHEAD_BATCHES batches, and what their data takes.
 */
#ifndef FDAR_PIPELINE_SOURCE_SOURCE_AHEAD_H
#define FDAR_PIPELINE_SOURCE_SOURCE_AHEAD_H

#include <glib.h>

#include "pipeline/source/source.h"

#define FDAR_SOURCE_AHEAD_BATCHES 16u
/* Events of a batch: as many as fit into the processor's nearest cache. */
#define FDAR_SOURCE_AHEAD_EVENTS 512u

struct fdar_source_ahead;

/* threads: from 2 on, one is made. The source must outlive the result, which the caller owns. */
struct fdar_source_ahead *fdar_source_ahead_new(struct fdar_source *source, unsigned threads);

/* Whether there is a thread: others may help, too. */
gboolean fdar_source_ahead_has_thread(const struct fdar_source_ahead *ahead);

/* The next batch, valid with its data until the next call; then as fdar_source_read. */
gssize fdar_source_ahead_read(struct fdar_source_ahead *ahead, const struct fdar_event **events,
			      GError **error);

/* As fdar_source_text, of the source that is read; ahead as const void *. Of the names in events that were
 * taken; valid until the source is closed. */
const char *fdar_source_ahead_text(const void *ahead, uint32_t name);

/* As fdar_source_namespace, likewise. */
uint32_t fdar_source_ahead_namespace(const void *ahead, uint16_t home);

/* The id of the process that events have this number of (struct fdar_source_process.pid). */
uint32_t fdar_source_ahead_pid(const void *ahead, uint32_t pid);

/* Between these two, the thread does nothing; ahead as void *. */
void fdar_source_ahead_hold(void *ahead);
void fdar_source_ahead_release(void *ahead);

/* NULL is allowed. The source can be asked and closed afterwards, and once all was read. */
void fdar_source_ahead_free(struct fdar_source_ahead *ahead);
typedef struct fdar_source_ahead fdar_source_ahead;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_source_ahead, fdar_source_ahead_free)

#endif
