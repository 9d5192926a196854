/*
 * The clock of the calls: ticks, and how many nanoseconds they are.
 *
 * Place in the house: used by the functions core. Ticks are those of the processor's time stamp
 * counter where it runs at a constant rate, else nanoseconds of CLOCK_MONOTONIC. A calls event says
 * its times relative to its own time, which LTTng takes, so only the rate has to be right; it is
 * measured against CLOCK_MONOTONIC when the library is loaded, and again and again after that.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_CLOCK_H
#define FDAR_INSTRUMENT_FUNCTIONS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct fdar_clock {
	uint64_t scale; /* nanoseconds a tick, times 2^32; atomic */
	bool counter;   /* ticks are the processor's */
};

extern struct fdar_clock fdar_clock;

/* Chooses the clock and measures for 0.2 ms. Once, before any thread uses it. */
void fdar_clock_init(void);

/* Measures again, over the time since the first measurement or a part of it. One thread only. */
void fdar_clock_adjust(void);

uint64_t fdar_clock_monotonic_ns(void);

static inline uint64_t fdar_clock_ticks(void)
{
#if defined(__x86_64__)
	if (__builtin_expect(fdar_clock.counter, 1))
		return __builtin_ia32_rdtsc();
#endif
	return fdar_clock_monotonic_ns();
}

static inline uint64_t fdar_clock_scale(void)
{
	return __atomic_load_n(&fdar_clock.scale, __ATOMIC_RELAXED);
}

static inline uint64_t fdar_clock_ns(uint64_t ticks, uint64_t scale)
{
	return (uint64_t)(((unsigned __int128)ticks * scale) >> 32);
}

/* How many ticks a span is, by the scale as it is now. */
static inline uint64_t fdar_clock_ticks_of(uint64_t ns)
{
	return (uint64_t)(((unsigned __int128)ns << 32) / fdar_clock_scale());
}

#endif
