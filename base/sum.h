/*
 * Sums of what a trace says: whatever that is, they stay at the end of 64 bits, and do not come round.
 */
#ifndef FDAR_BASE_SUM_H
#define FDAR_BASE_SUM_H

#include <stdint.h>

static inline uint64_t fdar_sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

#endif
