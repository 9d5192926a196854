/*
 * Returns: what the trampolines of run-time patching ask of the core that records calls, and what
 * unwinders need to see through returns that lead to the trampoline.
 *
 * Place in the house: between instrument/patching/ (trampoline.S calls, its unwind table reads) and
 * instrument/functions/ (defines the two functions below, keeps the stacks).
 *
 * A patched function calls the entry trampoline first. If fdar_calls_enter says so, the word on the
 * stack where its return address is ("slot") is overwritten with fdar_patch_return; when the function
 * returns there, fdar_calls_leave tells where it should have gone.
 *
 * Registers: the trampolines keep all general registers. They do not save vector or x87 registers,
 * which carry arguments and results: the core has to be compiled with -mgeneral-regs-only and must
 * call nothing else (libc, LTTng) but by fdar_vectors_call. That makes the usual call cheap.
 *
 * Unwinding: an unwinder (C++ exceptions, pthread_exit and cancellation, backtrace(3), libunwind,
 * gdb) that comes upon fdar_patch_return reads its unwind table, which is a little program in DWARF's
 * expressions. It walks the list fdar_returns_first for the innermost frame with that slot whose
 * address is not fdar_patch_return itself. So the core keeps its frames as told here.
 */
#ifndef FLOWDAR_RETURNS_H
#define FLOWDAR_RETURNS_H

#include <stdbool.h>
#include <stdint.h>

/* The first members of each frame of the core. */
struct fdar_return {
	void **slot;   /* where on the stack the return address was */
	void *address; /* what it was */
};

/* The frames of one thread: part of the core's own structure. Once in the list it is never taken
 * out or freed (a thread that ended: count = 0, and a new thread may take it over); frames may move
 * to another place if the old one stays readable. Frame i is at frames + i * frame_bytes; the
 * outermost is 0, and none has a higher slot than the one before it. A frame is filled in before count
 * includes it (a signal handler may unwind). */
struct fdar_returns {
	struct fdar_returns *next; /* set by fdar_returns_add */
	const char *frames;
	uint64_t count;
	uint64_t frame_bytes;
};

/* The list. Any thread may add, without a lock. */
extern struct fdar_returns *fdar_returns_first;
void fdar_returns_add(struct fdar_returns *returns);

/* The core's: function is about to run; *slot is its return address. True: slot and *slot are noted
 * in a frame; the trampoline overwrites *slot, and fdar_calls_leave will be called. False: the call is
 * not recorded. Where *slot is fdar_patch_return already, the caller made a tail call: its frame has
 * the same slot. errno is to be kept. */
bool fdar_calls_enter(uintptr_t function, void **slot);

/* The core's: the function whose return address was in slot has returned, maybe in another thread
 * than it began in (coroutines), maybe past others that never returned (longjmp). Gives what
 * fdar_calls_enter noted. May not fail: frames are kept until they are known to be dead. */
void *fdar_calls_leave(void **slot);

/* Where patched functions return to. Not a function to be called. */
extern const char fdar_patch_return[];

/* The same for the core, which so does not need the trampolines that need it; 0: nothing is patched.
 * Set once, by fdar_patch_open, before any function is. */
extern uintptr_t fdar_returns_landing;

/* Calls function(argument) with all vector and x87 registers saved around it, on an aligned stack.
 * Needs up to 3 KB of stack itself. */
void fdar_vectors_call(void (*function)(void *argument), void *argument);

/* Finds out what registers there are to save; fdar_patch_open does. */
void fdar_vectors_find(void);

#endif
