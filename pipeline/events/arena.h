/*
 * Bytes that live as long as a batch of events: what struct fdar_event's data points to.
 *
 * Place in the house: inside pipeline/, one a decoder. Memory is taken in blocks, which are kept
 * and used again; it is bounded by what one batch carries.
 */
#ifndef FDAR_PIPELINE_EVENTS_ARENA_H
#define FDAR_PIPELINE_EVENTS_ARENA_H

#include <stddef.h>

struct fdar_arena;

struct fdar_arena *fdar_arena_new(void);

/* NULL is allowed. */
void fdar_arena_free(struct fdar_arena *arena);

/* Room for length bytes and a NUL after them, which is written. Valid until fdar_arena_reset. */
char *fdar_arena_alloc(struct fdar_arena *arena, size_t length);

/* Bytes given out since the last reset. */
size_t fdar_arena_used(const struct fdar_arena *arena);

/* Forgets everything that was given out. */
void fdar_arena_reset(struct fdar_arena *arena);

#endif
