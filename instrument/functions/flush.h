/*
 * Writing out: what is in a thread's buffer, as one event.
 *
 * Place in the house: over threads.h, under records.h, which puts records into the buffer. Whoever has
 * the thread's state (threads.h) may call these.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_FLUSH_H
#define FDAR_INSTRUMENT_FUNCTIONS_FLUSH_H

#include "functions/threads.h"

/* Writes what is in the buffer as one event. May wait at the gate if may_wait. */
void fdar_thread_flush(struct fdar_thread *thread, bool may_wait);

/* Out of a patched function, whose vector registers are to be kept. */
void fdar_thread_attend_quietly(struct fdar_thread *thread, uintptr_t position);
void fdar_thread_flush_quietly(struct fdar_thread *thread);

#endif
