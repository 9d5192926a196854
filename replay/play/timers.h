/*
 * Timers: a heap of times, each with the object that wants to be woken then.
 *
 * Place in the house: the bottom of replay/, used by the driver's loop. Times are CLOCK_MONOTONIC
 * nanoseconds. An object embeds its struct fd_timer, so nothing is allocated per timer.
 *
 * Setting a timer later than it stands is free: the heap keeps the old time, and the timer is put
 * back when that is reached. This matters because a busy session moves its time-out with each byte.
 */
#ifndef FD_REPLAY_TIMERS_H
#define FD_REPLAY_TIMERS_H

#include <glib.h>
#include <stdint.h>

#define FD_TIMER_NEVER UINT64_MAX

struct fd_timer {
	uint64_t wake_ns;  /* when it is wanted; FD_TIMER_NEVER: not at all */
	uint32_t position; /* private: its place in the heap + 1; 0: not in it */
};

struct fd_timers;

struct fd_timers *fd_timers_new(void);
/* The timers themselves belong to their objects. */
void fd_timers_free(struct fd_timers *timers);

/* Zero a timer before its first use. FD_TIMER_NEVER takes it out of use. */
void fd_timers_set(struct fd_timers *timers, struct fd_timer *timer, uint64_t wake_ns);

/* Must be called before the object goes away. */
void fd_timers_remove(struct fd_timers *timers, struct fd_timer *timer);

/* A timer whose time has come, taken out of the heap; NULL when there is none. */
struct fd_timer *fd_timers_expired(struct fd_timers *timers, uint64_t now_ns);

/* No timer is wanted before this; FD_TIMER_NEVER when there are none. */
uint64_t fd_timers_next(const struct fd_timers *timers);

#endif
