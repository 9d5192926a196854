/*
 * Calls on another stack than the thread's own.
 *
 * Place in the house: under frames.c, for what is rare there. A signal's stack (sigaltstack) is known to the
 * kernel: what a handler calls on it lies above all that it interrupted, whatever the addresses say, and is gone when
 * a call begins on the thread's own stack. A coroutine's stack is known where it is switched to by swapcontext()
 * or setcontext() (contexts.c): what is called there lies above what the thread has open on its own, as long as it
 * runs. When it is switched away its open calls end; they get their return addresses back, and are kept on its own stack,
 * in the frame of the switch, until it goes on, in this thread or another: then they begin again. So nothing of a
 * coroutine is kept anywhere that does not run, and one that never goes on leaves nothing behind. Calls on stacks
 * that are switched to by other means, and near the end of a coroutine's, are counted (LOST), and why, by process.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_ELSEWHERE_H
#define FDAR_INSTRUMENT_FUNCTIONS_ELSEWHERE_H

#include <stdbool.h>
#include <stdint.h>

#include "functions/threads.h"

#define FDAR_KEPT_MAX \
	64u /* calls of a coroutine that begin again; those inside are their callers' time */

/* Where a stack lies: what is on a later one is above what is on an earlier. */
enum fdar_stack { FDAR_STACK_OWN, FDAR_STACK_COROUTINE, FDAR_STACK_SIGNAL, FDAR_STACK_OTHER };

/* An open call that stands still. */
struct fdar_kept {
	uintptr_t position, site, function, from;
	uint32_t number;
};

static inline bool fdar_on_own_stack(const struct fdar_thread *thread, uintptr_t position)
{
	return position - thread->stack_low < thread->stack_bytes;
}

static inline enum fdar_stack fdar_stack_of(const struct fdar_thread *thread, uintptr_t position)
{
	if (fdar_on_own_stack(thread, position))
		return FDAR_STACK_OWN;
	if (position - thread->coroutine_low < thread->coroutine_bytes)
		return FDAR_STACK_COROUTINE;
	return position - thread->signal_low < thread->signal_bytes ? FDAR_STACK_SIGNAL
								    : FDAR_STACK_OTHER;
}

/* Whether places of both can be compared. */
static inline bool fdar_on_same_stack(const struct fdar_thread *thread, uintptr_t a, uintptr_t b)
{
	return fdar_stack_of(thread, a) == fdar_stack_of(thread, b);
}

/* A call begins at position, where that or what is open may be on another stack. Gives how many of the open calls
 * are on a stack below the one of position, and so cannot be compared with it. False: it is not recorded, but
 * counted. */
bool fdar_elsewhere_begin(struct fdar_thread *thread, uintptr_t position, uint64_t *below);

/* Calls that a switch would have to keep; 0: none, or nothing of this thread is recorded. */
uint32_t fdar_elsewhere_open(void);

/* The calling thread is about to switch to a stack (bytes 0: its own, or not known). What is open on others than its
 * own ends; the outer ones are kept, room at most: how many. */
uint32_t fdar_elsewhere_switch(struct fdar_kept *kept, uint32_t room, uintptr_t low,
			       uintptr_t bytes);

/* It goes on, on a stack that lies there, maybe in another thread: count calls begin again. Not needed where none
 * were kept. */
void fdar_elsewhere_resume(const struct fdar_kept *kept, uint32_t count, uintptr_t low,
			   uintptr_t bytes);

#endif
