/*
 * Calls events, taken apart: one flowdar:calls event becomes the events of its calls.
 *
 * Place in the house: inside pipeline/, between the decoders, which deliver calls events raw (a tid
 * and bytes), and source.c. The format is instrument/wire/calls.h's. Remembers for every thread which
 * calls are open, so that an exit says of which function it is, and that a calls event which is
 * missing does not make the others pair wrongly.
 *
 *	ENTER      FUNC_ENTRY                          OPEN     FUNC_ENTRY, of an older time
 *	EXIT       FUNC_EXIT                           SKIPPED  FUNC_SKIPPED
 *	CALL       FUNC_ENTRY, FUNC_EXIT               UNWOUND  FUNC_UNWOUND
 *	CALL_OVER  FUNC_ENTRY, FUNC_SKIPPED, FUNC_EXIT LOST     FUNC_LOST
 *
 * Calls that are open although the header says that they are not: FUNC_UNWOUND first, at the base.
 * Exits, and UNWOUNDs, of calls that were never seen to begin give nothing.
 *
 * The events of a thread are in time order; none is after the calls event's own time. What cannot
 * be (times beyond that, before the thread's last call) is brought to the nearest that can. The
 * bytes are hostile: a calls event that is malformed gives what is before the place, and FUNC_LOST.
 *
 * Bounds: FD_CALLS_DEPTH_MAX open calls a thread whose address is known (deeper ones exit with
 * address 0), FD_CALLS_HELD_MAX of all threads, FD_CALLS_THREADS_MAX threads (then all are
 * forgotten: what is open is unknown). No memory is taken per event.
 */
#ifndef FD_PIPELINE_CALLS_H
#define FD_PIPELINE_CALLS_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/events/event.h"

#define FD_CALLS_DEPTH_MAX   (1u << 18)
#define FD_CALLS_HELD_MAX    (1u << 22)
#define FD_CALLS_THREADS_MAX (1u << 16)

struct fd_calls;

struct fd_calls *fd_calls_new(void);

/* NULL is allowed. */
void fd_calls_free(struct fd_calls *calls);

/* Begins with an event: its time, pid, tid and data count, and are not needed after the call. What
 * was not yet taken of the one before is gone. */
void fd_calls_begin(struct fd_calls *calls, const struct fd_event *event);

/* Fills batch with up to capacity events, and returns their number: fewer than capacity, there is
 * no more of this calls event. */
size_t fd_calls_take(struct fd_calls *calls, struct fd_event *batch, size_t capacity);

/* The thread has ended: none of its calls is open any more. */
void fd_calls_end_thread(struct fd_calls *calls, uint32_t pid, uint32_t tid);

/* Calls that were told to begin (FUNC_ENTRY), and calls events that were malformed. */
uint64_t fd_calls_count(const struct fd_calls *calls);
uint64_t fd_calls_broken(const struct fd_calls *calls);

#endif
