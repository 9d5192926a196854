/*
 * The timers: one a thread, on the thread's own processor time, whose signal takes a sample.
 *
 * Place in the house: part of libflowdar-ticks.so, above ring.h.
 *
 * Such a timer runs while its thread does, so its signal finds the thread on a processor. The kernel looks at
 * it when its own clock ticks and, since Linux 5.10 on x86, sends the signal when the thread comes back to its
 * program: no system call is ended early by it (EINTR), waits go on as they would, and the time that was
 * spent in the kernel is told right behind the call that it was spent in. What the kernel's tick is coarser than
 * is in the overrun: a sample stands for so many periods.
 *
 * The signal is a real-time one that has no handler when the process begins. Sets of all signals that the
 * server makes are without it, as they are without libc's own; resetting it changes nothing; a server that gives it a handler
 * has it, and no samples from then on (signals.c). Handlers run on the stack that the thread has for
 * signals, if it has one.
 */
#ifndef FDAR_INSTRUMENT_TICKS_TIMERS_H
#define FDAR_INSTRUMENT_TICKS_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

/* Chooses the signal. 0: none is free, which the ring is told. */
int fdar_timers_signal(void);

/* The one that was chosen, 0: none, or it was given up. */
int fdar_timers_own(void);

/* From here on, so many times a second of processor time. */
void fdar_timers_start(unsigned hz);

/* For the calling thread, until it ends. Nothing in a child that fdar_timers_forked() was not told of. */
void fdar_timers_arm(void);

/* No thread has one any more, or will, and the signal is the server's, for that reason (FDAR_TICKS_YIELDED ...).
 * Nothing in such a child: what it does is not its parent's. */
void fdar_timers_yield(uint32_t reason);

/* In a forked child, which has none: what is said from here on is of it. */
void fdar_timers_forked(void);

#endif
