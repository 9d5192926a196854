/*
 * What the drain's threads share.
 *
 * Place in the house: inside pipeline/, for drain.c and drain_*.c only. One lock guards what says so;
 * it is never held while files are read or written. Threads: the follower (drain_follow.h) knows the
 * folder, takes packets into the streams' lists and drops them; the workers (drain_worker.h) take the
 * oldest and bring them to the disk.
 */
#ifndef FDAR_PIPELINE_DRAIN_DRAIN_SHARED_H
#define FDAR_PIPELINE_DRAIN_DRAIN_SHARED_H

#include <glib.h>
#include <pthread.h>
#include <stdint.h>

#include "pipeline/drain/drain.h"
#include "pipeline/drain/drain_stream.h"

#define FDAR_DRAIN_THREADS_MAX 64u
#define FDAR_DRAIN_ITEM_BYTES  (sizeof(struct fdar_drain_item) + sizeof(GList))

enum fdar_drain_phase {
	FDAR_DRAIN_RUNNING,
	FDAR_DRAIN_ENDING, /* no more is written into the folder: take all of it */
	FDAR_DRAIN_STOPPED /* after the packets in hand */
};

struct fdar_drain {
	struct fdar_drain_options options;
	char *source, *target;
	gboolean resuming; /* the target held something */

	pthread_mutex_t lock;
	pthread_cond_t work;    /* for workers: a packet came, or the phase changed */
	pthread_cond_t turned;  /* for workers: a stream's turn went on */
	pthread_cond_t grown;   /* for workers: metadata came, the phase or the pressure changed */
	pthread_cond_t follow;  /* for the follower: the phase changed */
	pthread_cond_t settled; /* for whoever finishes: all was taken, and nothing waits */

	/* guarded by the lock */
	enum fdar_drain_phase phase;
	GPtrArray *streams;             /* struct fdar_drain_stream *: only the follower adds */
	guint in_hand;                  /* packets that workers have */
	gboolean taken_all;             /* the follower, after the phase became ENDING */
	gboolean last_told;             /* LTTng may close its files, which is no news */
	gboolean given_up;              /* it had closed one before (drain_closed.h) */
	uint64_t own_bytes;             /* buffers of the threads */
	uint64_t items;                 /* in all streams' lists */
	uint64_t write_ns, compress_ns; /* per packet, of the last few */
	struct fdar_drain_state state;
	GError *error;   /* not told yet */
	gboolean failed; /* there was an error: nothing more is written */

	/* the follower's */
	GPtrArray *metas;     /* struct fdar_drain_meta * */
	GHashTable *known;    /* paths of the stream files; values: nothing */
	uint64_t other_bytes; /* of the folder: what is no stream file */
	uint64_t high_bytes, low_bytes;
	int closed;         /* drain_closed.h */
	gboolean was_short; /* at some look the tmpfs had hardly any room, or others had of ours */
	uint8_t *buffer;
	size_t buffer_bytes;

	pthread_t follower;
	pthread_t workers[FDAR_DRAIN_THREADS_MAX];
	guint threads;
	gboolean joined;
};

/* Nanoseconds of a clock. */
uint64_t fdar_drain_clock(clockid_t clock);

/* Waits for the condition, at most for ns nanoseconds; the lock is held. */
void fdar_drain_wait(struct fdar_drain *drain, pthread_cond_t *condition, uint64_t ns);

/* Notes what is to be told to the caller, who then knows once; takes the error. The lock is held. */
void fdar_drain_fail(struct fdar_drain *drain, GError *error);

/* Makes the buffer hold bytes at least, and counts it. */
void fdar_drain_reserve(struct fdar_drain *drain, uint8_t **buffer, size_t *size, size_t bytes);

#endif
