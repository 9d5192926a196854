/*
 * Records: a thread's open calls into its buffer.
 *
 * Place in the house: over flush.h (a buffer that is full goes out as an event), under frames.c, which
 * tells of calls as they begin and end, and life.c, which writes out what threads have pending. Whoever
 * has the thread's state (threads.h) may call these.
 *
 * A call is in the records when it has ended, or when somebody wants to know what is open: written is
 * how many of the open calls, from the outermost, are in there as begun.
 *
 * records.c is compiled to use general registers only: frames.h tells why.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_RECORDS_H
#define FDAR_INSTRUMENT_FUNCTIONS_RECORDS_H

#include "functions/flush.h"
#include "functions/threads.h"

/* Room in the buffer for one more record. */
static inline void fdar_records_room(struct fdar_thread *thread)
{
	if (__builtin_expect(!fdar_writer_full(&thread->writer), 1))
		return;
	if (thread->vectors)
		fdar_thread_flush_quietly(thread);
	else
		fdar_thread_flush(thread, true);
}

void fdar_records_skipped_write(struct fdar_thread *thread, struct fdar_frame *frame, uint64_t at);

/* What was skipped in a call and is not told yet; at is now, or when the next call in it began. */
static inline void fdar_records_skipped(struct fdar_thread *thread, struct fdar_frame *frame,
					uint64_t at)
{
	if (__builtin_expect(frame->skipped != 0, 0))
		fdar_records_skipped_write(thread, frame, at);
}

/* The owner, inside already: if the stack is where it was when the thread went in, or above, that was left by
 * longjmp(), and what was being written is unsure: true, the buffer is empty. Else this is a signal's handler,
 * or what the tracer calls of the program. */
bool fdar_records_abandoned(struct fdar_thread *thread, uintptr_t position);

/* Open calls, the outer depth of them, as begun. */
void fdar_records_open(struct fdar_thread *thread, uint32_t depth, uint64_t now);

/* The innermost count calls, at least one, have been left: they end as UNWOUND. */
void fdar_records_unwind(struct fdar_thread *thread, uint32_t count);

/* The same, where they are not left but stand still: they end as if they returned. */
void fdar_records_pause(struct fdar_thread *thread, uint32_t count);

/* All that are open, as begun, and what was skipped in them: the next record is inside the innermost. */
void fdar_records_tell_open(struct fdar_thread *thread, uint64_t now, bool may_wait);

/* Writes out everything: open calls too. May wait at the gate if may_wait. */
void fdar_records_flush(struct fdar_thread *thread, uint64_t now, bool may_wait);

/* The owner, inside: it has been off the processor. Everything that is pending is written, and for how long
 * it was. */
void fdar_records_off(struct fdar_thread *thread);

/* The calling thread's, before it writes something else. */
void fdar_records_flush_own(void);

#endif
