#include "provider/lock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SPINS  200u
#define NAP_NS 100000L

uint32_t fdar_lock_tid(void)
{
	return (uint32_t)syscall(SYS_gettid);
}

void fdar_lock_nap(void)
{
	struct timespec time = { 0, NAP_NS };

	syscall(SYS_nanosleep, &time, NULL);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* until_ns 0: for ever. */
static enum fdar_lock_got take(uint32_t *lock, uint64_t until_ns)
{
	uint32_t tid = fdar_lock_tid();

	for (unsigned spins = 0;; spins++) {
		uint32_t free_value = 0;

		if (__atomic_compare_exchange_n(lock, &free_value, tid, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return FDAR_LOCK_TAKEN;
		if (free_value == tid)
			return FDAR_LOCK_MINE;
		if (spins <= SPINS)
			continue;
		if (until_ns && now_ns() > until_ns)
			return FDAR_LOCK_LATE;
		fdar_lock_nap();
	}
}

bool fdar_lock_take(uint32_t *lock)
{
	return take(lock, 0) == FDAR_LOCK_TAKEN;
}

enum fdar_lock_got fdar_lock_take_within(uint32_t *lock, unsigned ms)
{
	return take(lock, now_ns() + ms * UINT64_C(1000000));
}

void fdar_lock_give(uint32_t *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

bool fdar_lock_mine(const uint32_t *lock)
{
	return __atomic_load_n(lock, __ATOMIC_RELAXED) == fdar_lock_tid();
}
