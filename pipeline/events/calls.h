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
 *	CALL       FUNC_ENTRY, FUNC_EXIT (or FUNC_CALL) UNWOUND  FUNC_UNWOUND
 *	CALL_OVER  FUNC_ENTRY, FUNC_SKIPPED, FUNC_EXIT LOST     FUNC_LOST
 *
 * Marks, in a flowdar:packed event, become the events that they are, each between the calls where it stands.
 *
 * Calls that are open although the header says that they are not: FUNC_UNWOUND first, at the base.
 * Exits, and UNWOUNDs, of calls that were never seen to begin give nothing.
 *
 * The events of a thread are in time order; none is after the calls event's own time. What cannot
 * be (times beyond that, before the thread's last call) is brought to the nearest that can. The
 * bytes are hostile: a calls event that is malformed gives what is before the place, and FUNC_LOST.
 *
 * Bounds: FDAR_CALLS_DEPTH_MAX open calls a thread whose address is known (deeper ones exit with
 * address 0), FDAR_CALLS_HELD_MAX of all threads, FDAR_CALLS_THREADS_MAX threads (then all are
 * forgotten: what is open is unknown). No memory is taken per event.
 */
#ifndef FDAR_PIPELINE_EVENTS_CALLS_H
#define FDAR_PIPELINE_EVENTS_CALLS_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/events/event.h"
#include "pipeline/events/text.h"

#define FDAR_CALLS_DEPTH_MAX   (1u << 18)
#define FDAR_CALLS_HELD_MAX    (1u << 22)
#define FDAR_CALLS_THREADS_MAX (1u << 16)

struct fdar_calls;

/* texts: where the names of what is waited for go, which must outlive it; NULL: nowhere. */
struct fdar_calls *fdar_calls_new(struct fdar_texts *texts);

/* NULL is allowed. */
void fdar_calls_free(struct fdar_calls *calls);

/* From now on a CALL gives one FUNC_CALL instead of two events. */
void fdar_calls_join(struct fdar_calls *calls);

/* What was taken before this is not needed any more: the texts of requests, which its events point to. */
void fdar_calls_forget_texts(struct fdar_calls *calls);

/* Begins with an event: its kind, time, pid, tid and data count, and are not needed after the call. What
 * was not yet taken of the one before is gone. */
void fdar_calls_begin(struct fdar_calls *calls, const struct fdar_event *event);

/* Fills batch with up to capacity events, and returns their number: fewer than capacity, there is
 * no more of this calls event. */
size_t fdar_calls_take(struct fdar_calls *calls, struct fdar_event *batch, size_t capacity);

/* The thread has ended: none of its calls is open any more. */
void fdar_calls_end_thread(struct fdar_calls *calls, uint32_t pid, uint32_t tid);

/* Calls that were told to begin (FUNC_ENTRY), and calls events that were malformed. */
uint64_t fdar_calls_count(const struct fdar_calls *calls);
uint64_t fdar_calls_broken(const struct fdar_calls *calls);

#endif
