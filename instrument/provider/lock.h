/*
 * A lock that is safe where the C library's are not: it knows who has it.
 *
 * Place in the house: in libflowdar.so and libflowdar-functions.so, each with its own. The number is 0, or the tid of who has it; waiting is by
 * short naps. The C library's mutexes may be somebody else's (instrument/io/ stands before them).
 */
#ifndef FDAR_INSTRUMENT_PROVIDER_LOCK_H
#define FDAR_INSTRUMENT_PROVIDER_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* How a lock could be had. */
enum fdar_lock_got {
	FDAR_LOCK_LATE, /* not in the time that there was */
	FDAR_LOCK_MINE, /* the calling thread has it already (a signal handler interrupted it there) */
	FDAR_LOCK_TAKEN, /* it is to be given back */
};

/* False: the calling thread has it already. */
bool fdar_lock_take(uint32_t *lock);
enum fdar_lock_got fdar_lock_take_within(uint32_t *lock, unsigned ms);
void fdar_lock_give(uint32_t *lock);
bool fdar_lock_mine(const uint32_t *lock);

/* The calling thread's, asked of the kernel. */
uint32_t fdar_lock_tid(void);

/* A tenth of a millisecond. */
void fdar_lock_nap(void);

#endif
