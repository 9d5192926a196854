/*
 * Counting a thread's calls where the recorder sees them, also when the process is killed.
 *
 * Place in the house: under threads.h, of whose state it is a part. The counters of a process
 * (instrument/wire/control.h) have calls once their event is written; a slot there, the thread's own, has
 * them from the moment that their begin is in the thread's buffer, for one plain store a call. What the
 * two differ by is what a process that is killed takes along.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_COUNTING_H
#define FDAR_INSTRUMENT_FUNCTIONS_COUNTING_H

#include <stdint.h>

#include "instrument/wire/control.h"

struct fdar_counting {
	uint64_t calls;                 /* that are in the buffer, or were */
	uint64_t written;               /* of these: that are in written events */
	uint64_t *shown;                /* where others see calls: in slot, or nowhere */
	struct fdar_control_slot *slot; /* NULL: none */
	uint64_t nowhere;
	uint64_t marks;                       /* packed, ever */
	uint64_t events[FDAR_CONTROL_EVENTS]; /* that are in the buffer: of each kind */
};

/* Without a slot. Never gives one back: in a forked child it is the parent's. */
void fdar_counting_init(struct fdar_counting *counting);

/* A slot of the process's counters as they are now, instead of what it had; where there is none it counts
 * for itself, and the counters say so. What was not written is forgotten. */
void fdar_counting_begin(struct fdar_counting *counting);

/* The thread ends: its slot is the next one's. */
void fdar_counting_end(struct fdar_counting *counting);

/* A call is in the buffer. */
static inline void fdar_counting_call(struct fdar_counting *counting)
{
	__atomic_store_n(counting->shown, ++counting->calls, __ATOMIC_RELAXED);
}

/* A mark is in the buffer. */
static inline void fdar_counting_mark(struct fdar_counting *counting, enum fdar_control_events kind)
{
	counting->events[kind]++;
	counting->marks++;
	if (counting->slot)
		__atomic_store_n(&counting->slot->marks, counting->marks, __ATOMIC_RELAXED);
}

/* The marks in the buffer are never written. */
void fdar_counting_marks_drop(struct fdar_counting *counting);

/* What is in the buffer is written: gives how many calls that were, or is never written: the same. */
static inline uint64_t fdar_counting_wrote(struct fdar_counting *counting)
{
	uint64_t calls = counting->calls - counting->written;

	counting->written = counting->calls;
	return calls;
}

static inline uint64_t fdar_counting_drop(struct fdar_counting *counting)
{
	uint64_t calls = counting->calls - counting->written;

	counting->calls = counting->written;
	__atomic_store_n(counting->shown, counting->calls, __ATOMIC_RELAXED);
	return calls;
}

#endif
