/*
 * Calls as they begin and end: each thread's stack of open calls.
 *
 * Place in the house: the core of libflowdar-functions.so. hooks.c (compiler hooks) and patching/
 * (run-time patching) tell it of each call; it writes records into the thread's buffer (writer.h),
 * which threads.c sends off as one event.
 *
 * Any thread may call these at any time, in signal handlers and forked children too. They take no
 * memory but a mapping when a thread comes for the first time, no lock but then, and keep errno. A
 * signal handler that interrupts them is told "not recorded", and its calls are counted (LOST).
 *
 * A call is known by its place on the stack: where its return address is kept (patching), or the
 * stack pointer at its hook. Stacks grow down, so a call whose place is below that of a new one has
 * been left without a return: longjmp, an exception, a cancelled thread. It is closed as UNWOUND.
 * Only calls on the thread's own stack are recorded: on another one (sigaltstack, coroutines that
 * switch stacks) places cannot be compared, and those calls are counted as LOST.
 *
 * At most FD_FRAMES_MAX calls are open at once in a thread; deeper ones are LOST.
 */
#ifndef FD_FUNCTIONS_FRAMES_H
#define FD_FUNCTIONS_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FD_FRAMES_MAX 1024u

/* A call of the function at this address begins; slot is the word of the stack with its return
 * address. True: the call is recorded, *slot as it was is kept, and the caller may now put its own
 * return address there (fd_calls_return). False: not recorded; leave everything as it is. */
bool fd_calls_enter(uintptr_t function, void **slot);

/* The call with that slot returns: gives its return address as it was. Calls above it that did not
 * return end, too. A function that ended in a tail call gives fd_calls_return again: the slot has
 * then two calls to return from. NULL: there is no such call; nothing can be done about that. */
void *fd_calls_leave(void **slot);

/* The address that patching puts into slots, so that a tail call is known from a new call in the
 * place of one that was left. Set once, before the first fd_calls_enter. */
extern uintptr_t fd_calls_return;

/* The return address of the innermost call with that slot, NULL if there is none: for unwinding.
 * Of the calling thread. */
void *fd_calls_original(void **slot);

/* The compiler hooks: function and call site as the hook got them, from is where it was called,
 * stack and base are the stack and frame pointer of who called it. */
void fd_calls_hook_enter(uintptr_t function, uintptr_t call_site, uintptr_t from, uintptr_t stack,
			 uintptr_t base);
void fd_calls_hook_leave(uintptr_t function, uintptr_t call_site, uintptr_t stack, uintptr_t base);

#endif
