/*
 * Calls on the wire: how many calls of one thread travel in one event, flowdar:calls.
 *
 * Place in the house: the writer is instrument/functions/, the reader pipeline/events/calls.h. With events.h
 * and control.h this is what the rest of the house may include of instrument/.
 *
 * An event of LTTng costs about as much for one number as for a thousand bytes, so a thread collects
 * what its functions do and writes it in one go: when the buffer is full, before any other event of
 * the thread (its order stays true), and when the recording stops. What the event's tid says is the
 * thread that made the calls; another one may have written the event.
 *
 * The data is a header and records until its end. Numbers are unsigned LEB128 (seven bits a byte, the
 * lowest first, at most ten bytes); "delta" is a function's address less the one before it in this
 * event (the first: less 0), modulo 2^64, zigzag coded. Times are nanoseconds.
 *
 *	header   number depth   open calls of the thread that were written and not yet closed
 *	         number age     from the base to the event's own time: base = event time - age
 *	record   byte           the low 3 bits: enum fdar_calls_op; the high 5: dt, if less than 31
 *	         number         dt - 31, if the high 5 bits are 31
 *	         the op's own numbers, see below
 *
 * dt is the time since the record before (the first: since the base). A CALL's time is its begin, and
 * the record after it counts from its end.
 *
 *	op        numbers                        meaning
 *	ENTER     delta                          a call begins
 *	EXIT      -                              the innermost open call ends
 *	CALL      delta, duration                a whole call, with nothing recorded inside
 *	CALL_OVER delta, duration, count, ns     a CALL, with so many calls inside that were too short,
 *	                                         of ns together
 *	OPEN      delta, age                     a call that began age before, already open: the
 *	                                         thread was in it when the recording began
 *	SKIPPED   count, ns                      so many calls directly or indirectly inside the
 *	                                         innermost open one were too short to be recorded
 *	UNWOUND   count                          the innermost so many open calls ended without
 *	                                         returning (longjmp, an exception, a stack that was left)
 *	LOST      count                          so many calls are missing here
 *
 * The ns of calls that were too short count each moment once: the time of the outermost of them.
 * SKIPPED and LOST may also come while no call is open.
 *
 * Marks. An event flowdar:packed has the same data, and there a LOST of 0 is none, but one of the marks that are
 * an event each otherwise (events.def): behind the 0 come a number, enum fdar_calls_mark, and what that kind
 * of mark has, in this order:
 *
 *	key      a session's less the key before it in this event (the first: less 0), modulo 2^64, zigzag
 *	small    a wait's kind, an operation
 *	fd       zigzag
 *	result   zigzag
 *	text     its length in bytes, at most FDAR_TEXT_MAX, and the bytes
 *
 * Only what other threads of the process need not know of in time is told this way: a thread's marks come up to a
 * tenth of a second late, as its calls do.
 *
 * A reader that finds another depth than it counted has missed an event: open calls that are too many
 * are closed, ones that are too few are unknown, and their EXITs close nothing.
 */
#ifndef FLOWDAR_CALLS_H
#define FLOWDAR_CALLS_H

#define FDAR_CALLS_BYTES_MAX 4096u /* of one event's data */
#define FDAR_CALLS_MARK      0u    /* the count of a LOST that is a mark */

enum fdar_calls_op {
	FDAR_CALLS_ENTER = 0,
	FDAR_CALLS_EXIT = 1,
	FDAR_CALLS_CALL = 2,
	FDAR_CALLS_CALL_OVER = 3,
	FDAR_CALLS_OPEN = 4,
	FDAR_CALLS_SKIPPED = 5,
	FDAR_CALLS_UNWOUND = 6,
	FDAR_CALLS_LOST = 7
};

enum fdar_calls_mark {
	FDAR_CALLS_NO_MARK = 0,
	FDAR_CALLS_RESUME = 1,        /* key */
	FDAR_CALLS_SUSPEND = 2,       /* key */
	FDAR_CALLS_REQUEST_BEGIN = 3, /* key, text */
	FDAR_CALLS_REQUEST_END = 4,   /* key, result */
	FDAR_CALLS_WAIT_BEGIN = 5,    /* small, fd, text */
	FDAR_CALLS_WAIT_END = 6,      /* result */
	FDAR_CALLS_IO = 7,            /* small, fd, result */
	FDAR_CALLS_MARKS
};

/* What they have, by enum fdar_calls_mark. */
enum fdar_calls_mark_has {
	FDAR_CALLS_HAS_KEY = 1,
	FDAR_CALLS_HAS_SMALL = 2,
	FDAR_CALLS_HAS_FD = 4,
	FDAR_CALLS_HAS_RESULT = 8,
	FDAR_CALLS_HAS_TEXT = 16
};
#define FDAR_CALLS_MARKS_HAVE                                                             \
	{                                                                                 \
		[FDAR_CALLS_RESUME] = FDAR_CALLS_HAS_KEY,                                 \
		[FDAR_CALLS_SUSPEND] = FDAR_CALLS_HAS_KEY,                                \
		[FDAR_CALLS_REQUEST_BEGIN] = FDAR_CALLS_HAS_KEY | FDAR_CALLS_HAS_TEXT,    \
		[FDAR_CALLS_REQUEST_END] = FDAR_CALLS_HAS_KEY | FDAR_CALLS_HAS_RESULT,    \
		[FDAR_CALLS_WAIT_BEGIN] =                                                 \
			FDAR_CALLS_HAS_SMALL | FDAR_CALLS_HAS_FD | FDAR_CALLS_HAS_TEXT,   \
		[FDAR_CALLS_WAIT_END] = FDAR_CALLS_HAS_RESULT,                            \
		[FDAR_CALLS_IO] =                                                         \
			FDAR_CALLS_HAS_SMALL | FDAR_CALLS_HAS_FD | FDAR_CALLS_HAS_RESULT, \
	}

#endif
