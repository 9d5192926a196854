/*
 * The sorter: packets that were written late, put where their times say.
 *
 * Place in the house: private to capture.h. Kernels and card queues write packets out of order by
 * micro- or milliseconds, and writers of several interfaces block by block. A packet waits until
 * one that is a second younger has been read, or until too many wait. A clock that goes back
 * further was set: all that waits goes first.
 *
 * Who sent several packets from one port to another sent them in the order in which they were written:
 * where that says otherwise, the clock was set, if by little. Directions are looked at only while
 * packets come late.
 *
 * Input that is in order costs a place in a ring; only what is late is put into a heap.
 */
#ifndef FDAR_REPLAY_SORTER_H
#define FDAR_REPLAY_SORTER_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/capture.h"
#include "replay/capture/stream.h"

#define FDAR_SORTER_NS      ((uint64_t)1000000000)
#define FDAR_SORTER_PACKETS 16384u
#define FDAR_SORTER_BYTES   ((size_t)8 * 1024 * 1024)

/* A packet that waits, and what keeps its bytes where they are. */
struct fdar_sorted {
	struct fdar_packet packet;
	struct fdar_stream *stream;
	struct fdar_block *block;
	uint64_t order; /* in which they came */
};

struct fdar_sorter;

struct fdar_sorter *fdar_sorter_new(void);

/* Takes a packet, with its block. */
void fdar_sorter_put(struct fdar_sorter *sorter, struct fdar_sorted *one);

/* Gives the first packet that need not wait any longer; with all, the first there is. FALSE when
 * there is none. The caller lets go of its block. */
gboolean fdar_sorter_take(struct fdar_sorter *sorter, gboolean all, struct fdar_sorted *one);

/* How many were put behind later ones. */
uint64_t fdar_sorter_late(const struct fdar_sorter *sorter);

/* Lets go of all that waits. NULL is allowed. */
void fdar_sorter_free(struct fdar_sorter *sorter);

#endif
