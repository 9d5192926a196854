/*
 * Condition variables, semaphores, sleeps. Mutexes are left alone: a lock costs 10 ns, an event
 * 100.
 *
 * Place in the house: part of libflowdar-io.so (wait.h says by which rules).
 */
#include "io/wait.h"

FD_WRAPPER int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED())
		return next->pthread_cond_wait(cond, mutex);
	FD_WAIT_AROUND(result, "pthread_cond_wait", FD_WAIT_COND, -1,
		       next->pthread_cond_wait(cond, mutex));
	return result;
}

FD_WRAPPER int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
				      const struct timespec *until)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED())
		return next->pthread_cond_timedwait(cond, mutex, until);
	FD_WAIT_AROUND(result, "pthread_cond_timedwait", FD_WAIT_COND, -1,
		       next->pthread_cond_timedwait(cond, mutex, until));
	return result;
}

FD_WRAPPER int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
				      const struct timespec *until)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED())
		return next->pthread_cond_clockwait(cond, mutex, clock, until);
	FD_WAIT_AROUND(result, "pthread_cond_clockwait", FD_WAIT_COND, -1,
		       next->pthread_cond_clockwait(cond, mutex, clock, until));
	return result;
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

FD_WRAPPER int nanosleep(const struct timespec *span, struct timespec *left)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED())
		return next->nanosleep(span, left);
	FD_WAIT_AROUND(result, "nanosleep", FD_WAIT_SLEEP, -1, next->nanosleep(span, left));
	return result;
}

FD_WRAPPER int clock_nanosleep(clockid_t clock, int flags, const struct timespec *span,
			       struct timespec *left)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED())
		return next->clock_nanosleep(clock, flags, span, left);
	FD_WAIT_AROUND(result, "clock_nanosleep", FD_WAIT_SLEEP, -1,
		       next->clock_nanosleep(clock, flags, span, left));
	return result;
}

FD_WRAPPER int usleep(useconds_t span_us)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED())
		return next->usleep(span_us);
	FD_WAIT_AROUND(result, "usleep", FD_WAIT_SLEEP, -1, next->usleep(span_us));
	return result;
}

FD_WRAPPER unsigned sleep(unsigned span_s)
{
	const struct fd_next *next = fd_next();
	unsigned result;

	if (!FD_WATCHED())
		return next->sleep(span_s);
	FD_WAIT_AROUND(result, "sleep", FD_WAIT_SLEEP, -1, next->sleep(span_s));
	return result;
}
