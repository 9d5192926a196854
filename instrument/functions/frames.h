/*
 * Calls as they begin and end: each thread's stack of open calls.
 *
 * Place in the house: the core of libflowdar-functions.so. hooks.c (compiler hooks) and patching/
 * (run-time patching) tell it of each call; it writes records into the thread's buffer (writer.h,
 * records.h), which flush.c sends off as one event.
 *
 * Any thread may call these at any time, in signal handlers and forked children too. They take no
 * memory but a mapping when a thread comes for the first time, no lock but then, and keep errno. A
 * signal handler that interrupts them is told "not recorded", and its calls are counted (LOST).
 *
 * A call is known by its place on the stack: where its return address is kept (patching), or the
 * stack pointer at its hook. Stacks grow down, so a call whose place is below that of a new one has
 * been left without a return: longjmp, an exception, a cancelled thread. It is closed as UNWOUND.
 * Calls on the thread's own stack are recorded, and those of handlers on the signal's (sigaltstack), which lie above
 * what they interrupted, and on those that swapcontext() switches to; on others places cannot be compared, and those
 * calls are counted as LOST (elsewhere.h).
 *
 * frames.c, records.c and writer.c are compiled to use general registers only, and call others by way of
 * fdar_vectors_call() when they come from a patched function: its arguments and results are in vector
 * registers that nobody has saved.
 *
 * At most FDAR_FRAMES_MAX calls are open at once in a thread; deeper ones are LOST.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_FRAMES_H
#define FDAR_INSTRUMENT_FUNCTIONS_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "patching/returns.h"

/* For patched functions, fdar_calls_enter() and fdar_calls_leave(): patching/returns.h. A function that
 * ends in a tail call leaves two calls with one slot, which return one after the other. */

/* The compiler hooks: function and call site as the hook got them, from is where it was called,
 * stack and base are the stack and frame pointer of who called it. A compiler may make the exit hook
 * a function's tail call: then from is the call site, and the function's place on the stack is free. */
void fdar_calls_hook_enter(uintptr_t function, uintptr_t call_site, uintptr_t from, uintptr_t stack,
			   uintptr_t base);
void fdar_calls_hook_leave(uintptr_t function, uintptr_t call_site, uintptr_t from, uintptr_t stack,
			   uintptr_t base);

#endif
