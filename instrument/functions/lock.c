#include "functions/lock.h"

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

bool fdar_lock_take(uint32_t *lock)
{
	uint32_t tid = fdar_lock_tid();

	for (unsigned spins = 0;; spins++) {
		uint32_t free_value = 0;

		if (__atomic_compare_exchange_n(lock, &free_value, tid, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
		if (free_value == tid)
			return false;
		if (spins > SPINS)
			fdar_lock_nap();
	}
}

void fdar_lock_give(uint32_t *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

bool fdar_lock_mine(const uint32_t *lock)
{
	return __atomic_load_n(lock, __ATOMIC_RELAXED) == fdar_lock_tid();
}
