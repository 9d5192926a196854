/*
 * Calls on another stack than the thread's own.
 *
 * Place in the house: under frames.c, for what is rare there. A signal's stack (sigaltstack) is known to the
 * kernel: what a handler calls on it lies above all that it interrupted, whatever the addresses say, and is gone when
 * a call begins on the thread's own stack. Other stacks are coroutines', which come and go in any
 * order: calls there are counted (LOST), and why, by process.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_ELSEWHERE_H
#define FDAR_INSTRUMENT_FUNCTIONS_ELSEWHERE_H

#include <stdbool.h>
#include <stdint.h>

#include "functions/threads.h"

static inline bool fdar_on_own_stack(const struct fdar_thread *thread, uintptr_t position)
{
	return position - thread->stack_low < thread->stack_bytes;
}

/* Whether places of both can be compared. */
static inline bool fdar_on_same_stack(const struct fdar_thread *thread, uintptr_t a, uintptr_t b)
{
	return fdar_on_own_stack(thread, a) == fdar_on_own_stack(thread, b);
}

/* A call begins at position, where that or what is open may be on another stack. Gives how many of the open calls
 * are on a stack below the one of position, and so cannot be compared with it. False: on a stack that is none of
 * a signal's; it is counted. */
bool fdar_elsewhere_begin(struct fdar_thread *thread, uintptr_t position, uint64_t *below);

#endif
