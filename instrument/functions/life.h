/*
 * The life of a thread's state: how it comes with the thread's first call, is written out now and then
 * by the helper thread, and ends with the thread.
 *
 * Place in the house: over threads.h (the list of them) and records.h, under frames.c and library.c.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_LIFE_H
#define FDAR_INSTRUMENT_FUNCTIONS_LIFE_H

#include "functions/threads.h"

/* Once, before any thread comes. newcomer is told of each that does, under the list's lock. */
void fdar_life_init(void (*newcomer)(struct fdar_thread *thread));

/* The calling thread's state when it has none yet; NULL if it is not to have one. */
struct fdar_thread *fdar_thread_begin(void);

/* The calling thread is not recorded from now on (true), or may be again; only while it has no state. */
void fdar_thread_never(bool never);

/* Other threads' and the caller's pending records, from any thread that is not inside: all of them,
 * or of those whose oldest is older than some ticks. */
void fdar_life_flush(void);
void fdar_life_flush_stale(uint64_t ticks);

#endif
