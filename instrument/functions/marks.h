/*
 * Marks among the calls: sessions, requests, waits and reads that a thread tells, packed into its buffer of
 * calls (instrument/wire/calls.h) instead of an event each, which costs several times as much.
 *
 * Place in the house: beside frames.c, over records.h; libflowdar.so asks before it writes an event
 * (provider/control.h, mark).
 *
 * Which ones. What is packed is read up to a tenth of a second late, so it must be nothing that another thread's
 * events depend on. Waits are their thread's own; where other threads tell of sessions, what is pending is written
 * when one begins that may end what the thread did for a session, or begin it. What is about sessions is packed only as long as one thread
 * alone of the process tells of sessions, and the events that begin, end or hand over sessions never are: they
 * are written after what the thread has pending. When a second thread comes, what the first has pending is written, and from then on
 * the process writes an event each; so it does once it has locked itself in (provider/processor.h).
 *
 * A thread's first mark is an event of its own as well: that has the thread's name.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_MARKS_H
#define FDAR_INSTRUMENT_FUNCTIONS_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "provider/control.h"

/* Takes over whether marks are packed at all: where that is said, and changes. NULL: they are not. From the helper
 * thread. */
void fdar_marks_settings(const uint32_t *switched);

/* In a forked child: its thread is the only one. */
void fdar_marks_forked(void);

/* struct fdar_control_user's mark. Keeps errno. */
bool fdar_marks_put(const struct fdar_mark *mark);

#endif
