/*
 * Condition variables, semaphores, barriers: a thread waits until another one tells it to go on.
 *
 * Place in the house: part of libflowdar-io.so (wait.h says by which rules).
 */
#include <threads.h>

#include "io/wait.h"

FDAR_WRAPPER int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	FDAR_WRAP_WAIT(int, "pthread_cond_wait", FDAR_WAIT_COND, -1,
		       fdar_next()->pthread_cond_wait(cond, mutex));
}

FDAR_WRAPPER int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
					const struct timespec *until)
{
	FDAR_WRAP_WAIT(int, "pthread_cond_timedwait", FDAR_WAIT_COND, -1,
		       fdar_next()->pthread_cond_timedwait(cond, mutex, until));
}

FDAR_WRAPPER int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
					clockid_t clock, const struct timespec *until)
{
	FDAR_WRAP_WAIT(int, "pthread_cond_clockwait", FDAR_WAIT_COND, -1,
		       fdar_next()->pthread_cond_clockwait(cond, mutex, clock, until));
}

FDAR_WRAPPER int cnd_wait(cnd_t *cond, mtx_t *mutex)
{
	FDAR_WRAP_WAIT(int, "cnd_wait", FDAR_WAIT_COND, -1, fdar_next()->cnd_wait(cond, mutex));
}

FDAR_WRAPPER int cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex,
			       const struct timespec *restrict until)
{
	FDAR_WRAP_WAIT(int, "cnd_timedwait", FDAR_WAIT_COND, -1,
		       fdar_next()->cnd_timedwait(cond, mutex, until));
}

FDAR_WRAPPER int pthread_barrier_wait(pthread_barrier_t *barrier)
{
	FDAR_WRAP_WAIT(int, "pthread_barrier_wait", FDAR_WAIT_OTHER, -1,
		       fdar_next()->pthread_barrier_wait(barrier));
}

/* Takes the semaphore if that needs no wait. The waiting functions are cancellation points even
 * then, sem_trywait() is not. */
static bool semaphore_taken(sem_t *semaphore)
{
	int before = errno;

	pthread_testcancel();
	if (sem_trywait(semaphore) == 0)
		return true;
	errno = before;
	return false;
}

FDAR_WRAPPER int sem_wait(sem_t *semaphore)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (!FDAR_WATCHED())
		return next->sem_wait(semaphore);
	if (semaphore_taken(semaphore))
		return 0;
	FDAR_WAIT_AROUND(result, "sem_wait", FDAR_WAIT_COND, -1, next->sem_wait(semaphore));
	return result;
}

FDAR_WRAPPER int sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
	const struct fdar_next *next = fdar_next();
	int result;

	/* A time that is none is an error even where there is nothing to wait for. */
	if (!FDAR_WATCHED() || until->tv_nsec < 0 || until->tv_nsec >= 1000000000)
		return next->sem_timedwait(semaphore, until);
	if (semaphore_taken(semaphore))
		return 0;
	FDAR_WAIT_AROUND(result, "sem_timedwait", FDAR_WAIT_COND, -1,
			 next->sem_timedwait(semaphore, until));
	return result;
}

FDAR_WRAPPER int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (!FDAR_WATCHED() || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) ||
	    until->tv_nsec < 0 || until->tv_nsec >= 1000000000)
		return next->sem_clockwait(semaphore, clock, until);
	if (semaphore_taken(semaphore))
		return 0;
	FDAR_WAIT_AROUND(result, "sem_clockwait", FDAR_WAIT_COND, -1,
			 next->sem_clockwait(semaphore, clock, until));
	return result;
}
