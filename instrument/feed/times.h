/*
 * What the server's clocks show: the capture's time, and from it the deadlines of its waits.
 *
 * Place in the house: between the calls and the baton's clock.
 */
#ifndef FDAR_INSTRUMENT_FEED_TIMES_H
#define FDAR_INSTRUMENT_FEED_TIMES_H

#include <stdint.h>
#include <time.h>

/* How long a time is, in nanoseconds. */
uint64_t fdar_span_ns(const struct timespec *span);
/* The deadline, by the baton's clock, of a moment by one of the server's clocks. */
uint64_t fdar_moment_ns(clockid_t clock, const struct timespec *moment);

#endif
