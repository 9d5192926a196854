/*
 * Condition variables, semaphores, barriers: a thread waits until another one tells it to go on.
 *
 * Place in the house: part of libflowdar-io.so (wait.h says by which rules).
 */
#include <threads.h>

#include "io/wait.h"

FD_WRAPPER int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	FD_WRAP_WAIT(int, "pthread_cond_wait", FD_WAIT_COND, -1,
		     fd_next()->pthread_cond_wait(cond, mutex));
}

FD_WRAPPER int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
				      const struct timespec *until)
{
	FD_WRAP_WAIT(int, "pthread_cond_timedwait", FD_WAIT_COND, -1,
		     fd_next()->pthread_cond_timedwait(cond, mutex, until));
}

FD_WRAPPER int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
				      const struct timespec *until)
{
	FD_WRAP_WAIT(int, "pthread_cond_clockwait", FD_WAIT_COND, -1,
		     fd_next()->pthread_cond_clockwait(cond, mutex, clock, until));
}

FD_WRAPPER int cnd_wait(cnd_t *cond, mtx_t *mutex)
{
	FD_WRAP_WAIT(int, "cnd_wait", FD_WAIT_COND, -1, fd_next()->cnd_wait(cond, mutex));
}

FD_WRAPPER int cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex,
			     const struct timespec *restrict until)
{
	FD_WRAP_WAIT(int, "cnd_timedwait", FD_WAIT_COND, -1,
		     fd_next()->cnd_timedwait(cond, mutex, until));
}

FD_WRAPPER int pthread_barrier_wait(pthread_barrier_t *barrier)
{
	FD_WRAP_WAIT(int, "pthread_barrier_wait", FD_WAIT_OTHER, -1,
		     fd_next()->pthread_barrier_wait(barrier));
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

FD_WRAPPER int sem_wait(sem_t *semaphore)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED())
		return next->sem_wait(semaphore);
	if (semaphore_taken(semaphore))
		return 0;
	FD_WAIT_AROUND(result, "sem_wait", FD_WAIT_COND, -1, next->sem_wait(semaphore));
	return result;
}

FD_WRAPPER int sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
	const struct fd_next *next = fd_next();
	int result;

	/* A time that is none is an error even where there is nothing to wait for. */
	if (!FD_WATCHED() || until->tv_nsec < 0 || until->tv_nsec >= 1000000000)
		return next->sem_timedwait(semaphore, until);
	if (semaphore_taken(semaphore))
		return 0;
	FD_WAIT_AROUND(result, "sem_timedwait", FD_WAIT_COND, -1,
		       next->sem_timedwait(semaphore, until));
	return result;
}

FD_WRAPPER int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED() || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) ||
	    until->tv_nsec < 0 || until->tv_nsec >= 1000000000)
		return next->sem_clockwait(semaphore, clock, until);
	if (semaphore_taken(semaphore))
		return 0;
	FD_WAIT_AROUND(result, "sem_clockwait", FD_WAIT_COND, -1,
		       next->sem_clockwait(semaphore, clock, until));
	return result;
}
