/*
 * Returns: what the trampolines of run-time patching ask of the core that records calls, and what
 * unwinders need to see through returns that lead to the trampoline.
 *
 * Place in the house: between instrument/patching/ (trampoline.S calls, its unwind table reads) and
 * instrument/functions/ (defines the two functions below, keeps the stacks).
 *
 * A patched function calls the entry trampoline first. If fd_calls_enter says so, the word on the
 * stack where its return address is ("slot") is overwritten with fd_patch_return; when the function
 * returns there, fd_calls_leave tells where it should have gone.
 *
 * Registers: the trampolines keep all general registers. They do not save vector or x87 registers,
 * which carry arguments and results: the core has to be compiled with -mgeneral-regs-only and must
 * call nothing else (libc, LTTng) but by fd_vectors_call. That makes the usual call cheap.
 *
 * Unwinding: an unwinder (C++ exceptions, pthread_exit and cancellation, backtrace(3), libunwind,
 * gdb) that comes upon fd_patch_return reads its unwind table, which is a little program in DWARF's
 * expressions. It walks the list fd_returns_first for the innermost frame with that slot whose
 * address is not fd_patch_return itself. So the core keeps its frames as told here.
 */
#ifndef FLOWDAR_RETURNS_H
#define FLOWDAR_RETURNS_H

#include <stdbool.h>
#include <stdint.h>

/* The first members of each frame of the core. */
struct fd_return {
	void **slot;   /* where on the stack the return address was */
	void *address; /* what it was */
};

/* The frames of one thread: part of the core's own structure. Once in the list it is never taken
 * out or freed (a thread that ended: count = 0, and a new thread may take it over); frames may move
 * to another place if the old one stays readable. Frame i is at frames + i * frame_bytes; the
 * outermost is 0, and none has a higher slot than the one before it. A frame is filled in before count
 * includes it (a signal handler may unwind). */
struct fd_returns {
	struct fd_returns *next; /* set by fd_returns_add */
	const char *frames;
	uint64_t count;
	uint64_t frame_bytes;
};

/* The list. Any thread may add, without a lock. */
extern struct fd_returns *fd_returns_first;
void fd_returns_add(struct fd_returns *returns);

/* The core's: function is about to run; *slot is its return address. True: slot and *slot are noted
 * in a frame; the trampoline overwrites *slot, and fd_calls_leave will be called. False: the call is
 * not recorded. Where *slot is fd_patch_return already, the caller made a tail call: its frame has
 * the same slot. errno is to be kept. */
bool fd_calls_enter(uintptr_t function, void **slot);

/* The core's: the function whose return address was in slot has returned, maybe in another thread
 * than it began in (coroutines), maybe past others that never returned (longjmp). Gives what
 * fd_calls_enter noted. May not fail: frames are kept until they are known to be dead. */
void *fd_calls_leave(void **slot);

/* Where patched functions return to. Not a function to be called. */
extern const char fd_patch_return[];

/* Calls function(argument) with all vector and x87 registers saved around it, on an aligned stack.
 * Needs up to 3 KB of stack itself. */
void fd_vectors_call(void (*function)(void *argument), void *argument);

/* Finds out what registers there are to save; fd_patch_open does. */
void fd_vectors_find(void);

#endif
