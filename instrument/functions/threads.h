/*
 * Threads: each one's open calls and buffer, and how others get at them.
 *
 * Place in the house: the list that lies under all of functions/. flush.h and records.h write out what
 * a thread has pending, life.h makes and ends its state, frames.c changes it with each call.
 *
 * Whose state it is. A thread says in busy that it is inside (where its stack was), and then looks at
 * attention. Who wants another thread's state sets FDAR_THREAD_TAKEN in attention, makes all
 * processors see that (membarrier), and waits until busy is 0: from then on the owner waits before it
 * goes in, until the bit is gone. So the owner pays for a store and a load, no atomic instruction and
 * no fence. Where there is no membarrier the bit FDAR_THREAD_FENCED makes each owner pay for a fence.
 * Takers hold the list's lock; owners take it only when they come, end or fork.
 *
 * Memory: a mapping of about 64 KiB a thread, of which what is used is touched. It is never given
 * back, as unwinders may look at it at any time, but kept for the next thread when one ends. The kernel
 * empties the buffer in a child (MADV_WIPEONFORK), which resets it; in one that nobody announced, it is how
 * its own records are told from its parent's.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_THREADS_H
#define FDAR_INSTRUMENT_FUNCTIONS_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "functions/counting.h"
#include "functions/writer.h"
#include "patching/returns.h"

#define FDAR_FRAMES_MAX 1024u /* open calls of a thread; deeper ones are LOST */

enum fdar_thread_attention {
	FDAR_THREAD_TAKEN = 1,
	FDAR_THREAD_FENCED = 2,
	FDAR_THREAD_RESTART =
		4, /* another recording: what is open is as if it had never been told */
};

/* An open call: struct fdar_return (patching/returns.h), and more. Positions of patched functions are 8
 * modulo 16, those of hooks 0, so one is never taken for the other. */
struct fdar_frame {
	uintptr_t position; /* on the stack: of the return address, or the hook's */
	uintptr_t site;     /* the return address */
	uintptr_t function;
	uintptr_t from; /* where the hook was called; 0: run-time patching, position is the slot */
	uint64_t begin; /* ticks */
	uint64_t skipped_ticks;
	uint32_t skipped; /* calls inside that were too short */
	uint32_t number;  /* in the counters; 0: not counted */
};

/* What a function was called, by this thread; read by others at any time. */
struct fdar_count {
	uint64_t calls;
	uint64_t ticks;
	uint64_t longest;
};

struct fdar_thread {
	struct fdar_returns returns; /* count: open calls. Stays when the thread has ended */
	uintptr_t busy;     /* atomic: where the owner's stack was when it went in; 0: outside */
	uint32_t attention; /* atomic: enum fdar_thread_attention */
	uint32_t
		vectors; /* 1: its records are written out of patched functions; 0: out of hooks; */
#define FDAR_THREAD_VECTORS_UNKNOWN 2u /* it has called no function */
	uint32_t named;     /* an event of its own has told the thread's name in this recording */
	uint32_t written;   /* of the open calls, the outer ones that are in the records */
	uint32_t inherited; /* of these, the outer ones that began before the recording */
	uint32_t tid;
	uint32_t off;          /* atomic: the thread's name is not wanted */
	uint32_t probes;       /* nobody's: what it records is not written (price.h) */
	uintptr_t stack_low;   /* the thread's own stack; if not known: all */
	uintptr_t stack_bytes; /* from there */
	uintptr_t
		alone_bytes; /* stack_bytes, while no signal's or coroutine's stack is known; else 0 */
	uintptr_t signal_low; /* the signal's (sigaltstack), as it was seen last; elsewhere.h */
	uintptr_t signal_bytes;
	uintptr_t coroutine_low; /* the coroutine's that it switched to (swapcontext); contexts.c */
	uintptr_t coroutine_bytes;
	uint64_t elsewhere;      /* calls on stacks that are neither, ever */
	uint64_t told_elsewhere; /* of these, in the control segment */
	uint32_t module;         /* where the last function was found: selection.h */
	uint32_t over; /* calls of the innermost call's function, inside it, not recorded */
	struct fdar_count *counts; /* atomic; by number, NULL: not counted. Stays, too */
	uint64_t skipped;          /* outside of all open calls */
	uint64_t skipped_ticks;
	uint64_t lost; /* atomic: not yet told */
	struct fdar_counting counting;
	/* since the last event, for the control segment */
	uint64_t told_skipped;
	uint64_t told_unwound;
	uint64_t flushes;     /* events written, ever */
	uint64_t write_ticks; /* that the last took, for the control segment */
	uint64_t write_least; /* that any took */
	struct fdar_thread *next;
	struct fdar_thread *previous;
	unsigned ending; /* rounds of the thread's end */
	struct fdar_writer writer;
	struct fdar_frame frames[FDAR_FRAMES_MAX];
};

/* What frames.c looks at in every call; changed by the helper, each by itself. */
struct fdar_calls_settings {
	uint64_t minimum_ticks; /* atomic */
	uint32_t depth_max;     /* atomic */
};

extern struct fdar_calls_settings fdar_calls_settings;

extern __thread struct fdar_thread *fdar_thread_self __attribute__((tls_model("initial-exec")));

/* The process whose memory this is: not that of a child of vfork(). */
extern int fdar_threads_pid;

/* The owner, inside, while attention is not 0. */
void fdar_thread_attend(struct fdar_thread *thread, uintptr_t position);

/* Once, before any thread comes. */
void fdar_threads_init(void);

/* For life.c: a state that is nobody's, NULL: no memory (price.c has one, which stays so); into the list, newcomer is called under its lock
 * (false: it cannot be had; the state and its slot are the next thread's), and out of it. Whether the caller has that lock. */
struct fdar_thread *fdar_threads_new(void);
bool fdar_threads_add(struct fdar_thread *thread, void (*newcomer)(struct fdar_thread *thread));
void fdar_threads_remove(struct fdar_thread *thread);
bool fdar_threads_mine(void);

/* For forking.c: the list's lock, false: not in that time, or it is the caller's already. */
bool fdar_threads_lock_within(unsigned ms);
void fdar_threads_unlock(void);

/* For forking.c: in a forked child, where no other thread is. Not whole: the list may have been half
 * changed, and what is in it is left alone. */
void fdar_threads_forked(bool whole);

/* In a child that nobody announced: whether the calling thread has records that its parent has not. */
bool fdar_threads_pending(void);

/* All threads' attention. */
void fdar_threads_restart(void);

/* Takes the state of each thread but the caller's that is wanted, and calls act with it. wanted looks from
 * outside: what it reads must be atomic. One that stays inside is left out. */
void fdar_threads_others(bool (*wanted)(const struct fdar_thread *thread, uint64_t data),
			 void (*act)(struct fdar_thread *thread), uint64_t data);

/* Calls visit for each thread, under the list's lock: what it reads must be atomic. */
void fdar_threads_each(void (*visit)(struct fdar_thread *thread, void *data), void *data);

/* The same, and for those that no thread has any more. */
void fdar_threads_each_kept(void (*visit)(struct fdar_thread *thread, void *data), void *data);

/* Calls act under the list's lock. */
void fdar_threads_locked(void (*act)(void *data), void *data);

/* Waits until no thread is inside that was when it was called: what they had in hand then may be
 * freed. False: one stayed inside (it waits at the gate, say). */
bool fdar_threads_grace(void);

#endif
