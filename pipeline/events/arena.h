/*
 * Bytes that live as long as a batch of events: what struct fd_event's data points to.
 *
 * Place in the house: inside pipeline/, one a decoder. Memory is taken in blocks, which are kept
 * and used again; it is bounded by what one batch carries.
 */
#ifndef FD_PIPELINE_ARENA_H
#define FD_PIPELINE_ARENA_H

#include <stddef.h>

struct fd_arena;

struct fd_arena *fd_arena_new(void);

/* NULL is allowed. */
void fd_arena_free(struct fd_arena *arena);

/* Room for length bytes and a NUL after them, which is written. Valid until fd_arena_reset. */
char *fd_arena_alloc(struct fd_arena *arena, size_t length);

/* Bytes given out since the last reset. */
size_t fd_arena_used(const struct fd_arena *arena);

/* Forgets everything that was given out. */
void fd_arena_reset(struct fd_arena *arena);

#endif
