/*
 * Timers: a heap of times, each with the object that wants to be woken then.
 *
 * Place in the house: the bottom of replay/, used by the driver's loop. Times are CLOCK_MONOTONIC
 * nanoseconds. An object embeds its struct fdar_timer, so nothing is allocated per timer.
 *
 * Setting a timer later than it stands is free: the heap keeps the old time, and the timer is put
 * back when that is reached. This matters because a busy session moves its time-out with each byte.
 */
#ifndef FDAR_REPLAY_PLAY_TIMERS_H
#define FDAR_REPLAY_PLAY_TIMERS_H

#include <glib.h>
#include <stdint.h>

#define FDAR_TIMER_NEVER UINT64_MAX

/* CLOCK_MONOTONIC. */
uint64_t fdar_now_ns(void);

struct fdar_timer {
	uint64_t wake_ns;  /* when it is wanted; FDAR_TIMER_NEVER: not at all */
	uint32_t position; /* private: its place in the heap + 1; 0: not in it */
};

struct fdar_timers;

struct fdar_timers *fdar_timers_new(void);
/* The timers themselves belong to their objects. */
void fdar_timers_free(struct fdar_timers *timers);

/* Zero a timer before its first use. FDAR_TIMER_NEVER takes it out of use. */
void fdar_timers_set(struct fdar_timers *timers, struct fdar_timer *timer, uint64_t wake_ns);

/* Must be called before the object goes away. */
void fdar_timers_remove(struct fdar_timers *timers, struct fdar_timer *timer);

/* A timer whose time has come, taken out of the heap; NULL when there is none. */
struct fdar_timer *fdar_timers_expired(struct fdar_timers *timers, uint64_t now_ns);

/* No timer is wanted before this; FDAR_TIMER_NEVER when there are none. */
uint64_t fdar_timers_next(const struct fdar_timers *timers);

#endif
