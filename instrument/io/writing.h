/*
 * While the tracer writes an event, what it calls is not the server's: no event tells of it.
 *
 * Place in the house: under wait.h and session.h, which write events; a thread's own, no locks.
 */
#ifndef FDAR_INSTRUMENT_IO_WRITING_H
#define FDAR_INSTRUMENT_IO_WRITING_H

/* How deep this thread is in what must write no events: +1 and -1 around the writing of one. A
 * signal handler that comes in between leaves it as it was. */
extern __thread volatile int fdar_writing_depth
	__attribute__((tls_model("initial-exec"), visibility("hidden")));
static inline void fdar_writing(int change)
{
	fdar_writing_depth += change;
}

#endif
