/*
 * Mutexes and read-write locks: only those that somebody else holds are a wait.
 *
 * Place in the house: part of libflowdar-io.so (wait.h says by which rules). A lock that is free
 * costs 10 ns and an event 100, so a watched lock is tried first and nothing is written if that
 * succeeds; one that is not watched costs a test and a jump more than libc's alone.
 */
#include <sched.h>
#include <threads.h>

#include "io/wait.h"

/* A try that failed for any reason but that the lock is taken is the result. */
#define LOCK(what, attempt, call)                                          \
	do {                                                               \
		int result_;                                               \
                                                                           \
		if (!FDAR_WATCHED())                                       \
			return call;                                       \
		result_ = attempt;                                         \
		if (result_ != EBUSY)                                      \
			return result_;                                    \
		FDAR_WAIT_AROUND(result_, what, FDAR_WAIT_LOCK, -1, call); \
		return result_;                                            \
	} while (0)

/* A mutex that is locked while the next functions are being looked up: an allocator's. */
static int lock_without_next(pthread_mutex_t *mutex)
{
	int result;

	while ((result = pthread_mutex_trylock(mutex)) == EBUSY)
		sched_yield();
	return result;
}

static FDAR_APART int mutex_lock_watched(pthread_mutex_t *mutex, const void *caller)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (!next->pthread_mutex_lock)
		return lock_without_next(mutex);
	if (!FLOWDAR_ENABLED(wait_begin) || !fdar_wait_wanted(caller))
		return next->pthread_mutex_lock(mutex);
	result = pthread_mutex_trylock(mutex);
	if (result != EBUSY)
		return result;
	FDAR_WAIT_AROUND(result, "pthread_mutex_lock", FDAR_WAIT_LOCK, -1,
			 next->pthread_mutex_lock(mutex));
	return result;
}

/* What nearly every server calls most: nothing is done here that is not needed. */
FDAR_WRAPPER int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	int (*lock)(pthread_mutex_t *) = fdar_next_table.pthread_mutex_lock;

	if (__builtin_expect(lock != NULL, 1) && !FLOWDAR_ENABLED(wait_begin))
		return lock(mutex);
	return mutex_lock_watched(mutex, __builtin_return_address(0));
}

/* A time that is none is an error only where there is something to wait for, of a mutex; a read-write
 * lock may tell at once, and does. */
static bool is_time(const struct timespec *time)
{
	return time && time->tv_nsec >= 0 && time->tv_nsec < 1000000000;
}

static bool is_clock(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC;
}

FDAR_WRAPPER int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until)
{
	LOCK("pthread_mutex_timedlock", pthread_mutex_trylock(mutex),
	     fdar_next()->pthread_mutex_timedlock(mutex, until));
}

FDAR_WRAPPER int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
					 const struct timespec *until)
{
	LOCK("pthread_mutex_clocklock", is_clock(clock) ? pthread_mutex_trylock(mutex) : EBUSY,
	     fdar_next()->pthread_mutex_clocklock(mutex, clock, until));
}

FDAR_WRAPPER int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
	LOCK("pthread_rwlock_rdlock", pthread_rwlock_tryrdlock(lock),
	     fdar_next()->pthread_rwlock_rdlock(lock));
}

FDAR_WRAPPER int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
	LOCK("pthread_rwlock_wrlock", pthread_rwlock_trywrlock(lock),
	     fdar_next()->pthread_rwlock_wrlock(lock));
}

FDAR_WRAPPER int pthread_rwlock_timedrdlock(pthread_rwlock_t *restrict lock,
					    const struct timespec *restrict until)
{
	LOCK("pthread_rwlock_timedrdlock", is_time(until) ? pthread_rwlock_tryrdlock(lock) : EBUSY,
	     fdar_next()->pthread_rwlock_timedrdlock(lock, until));
}

FDAR_WRAPPER int pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict lock,
					    const struct timespec *restrict until)
{
	LOCK("pthread_rwlock_timedwrlock", is_time(until) ? pthread_rwlock_trywrlock(lock) : EBUSY,
	     fdar_next()->pthread_rwlock_timedwrlock(lock, until));
}

FDAR_WRAPPER int pthread_rwlock_clockrdlock(pthread_rwlock_t *restrict lock, clockid_t clock,
					    const struct timespec *restrict until)
{
	LOCK("pthread_rwlock_clockrdlock",
	     is_clock(clock) && is_time(until) ? pthread_rwlock_tryrdlock(lock) : EBUSY,
	     fdar_next()->pthread_rwlock_clockrdlock(lock, clock, until));
}

FDAR_WRAPPER int pthread_rwlock_clockwrlock(pthread_rwlock_t *restrict lock, clockid_t clock,
					    const struct timespec *restrict until)
{
	LOCK("pthread_rwlock_clockwrlock",
	     is_clock(clock) && is_time(until) ? pthread_rwlock_trywrlock(lock) : EBUSY,
	     fdar_next()->pthread_rwlock_clockwrlock(lock, clock, until));
}

FDAR_WRAPPER int mtx_lock(mtx_t *mutex)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (!FDAR_WATCHED())
		return next->mtx_lock(mutex);
	result = mtx_trylock(mutex);
	if (result != thrd_busy)
		return result;
	FDAR_WAIT_AROUND(result, "mtx_lock", FDAR_WAIT_LOCK, -1, next->mtx_lock(mutex));
	return result;
}

FDAR_WRAPPER int mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict until)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (!FDAR_WATCHED())
		return next->mtx_timedlock(mutex, until);
	result = mtx_trylock(mutex);
	if (result != thrd_busy)
		return result;
	FDAR_WAIT_AROUND(result, "mtx_timedlock", FDAR_WAIT_LOCK, -1,
			 next->mtx_timedlock(mutex, until));
	return result;
}

/* ---- files ---- */

FDAR_WRAPPER int flock(int fd, int operation)
{
	const struct fdar_next *next = fdar_next();
	int before = errno, result;

	if (!FDAR_WATCHED() || operation & LOCK_NB || operation & LOCK_UN)
		return next->flock(fd, operation);
	result = next->flock(fd, operation | LOCK_NB);
	if (result == 0 || errno != EWOULDBLOCK)
		return result;
	errno = before;
	FDAR_WAIT_AROUND(result, "flock", FDAR_WAIT_LOCK, fd, next->flock(fd, operation));
	return result;
}
