/*
 * The helper thread of a process: listens to the recorder.
 *
 * Place in the house: part of libflowdar.so. One thread a process, named "flowdar", with all signals
 * blocked and a small stack; it ends with the process. With a control segment it waits there for
 * changes (futex), a tenth of a second at most; without one it waits at the abstract Unix socket
 * "flowdar/PID" for a recorder that tells a segment's path. When the recorder has ended (its alive
 * stands still) it goes back to the socket.
 */
#ifndef FDAR_INSTRUMENT_PROVIDER_HELPER_H
#define FDAR_INSTRUMENT_PROVIDER_HELPER_H

/* Starts it. Nothing happens when there is one already or none can be had. */
void fdar_helper_start(void);

/* The process is about to end: the helper writes no event from now on; waits until it has none at hand,
 * 100 ms at most. Not from the helper itself. */
void fdar_helper_rest(void);

/* The process goes on after all. */
void fdar_helper_wake(void);

/* In a forked child: the parent's helper is not here. */
void fdar_helper_forget(void);

#endif
