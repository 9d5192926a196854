/*
 * Sleeps, and waits for children, signals, threads' ends, names and disks.
 *
 * Place in the house: part of libflowdar-io.so (wait.h says by which rules).
 */
#include <netdb.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <threads.h>

#include "io/wait.h"

/* ---- time ---- */

FDAR_WRAPPER int nanosleep(const struct timespec *span, struct timespec *left)
{
	FDAR_WRAP_WAIT(int, "nanosleep", FDAR_WAIT_SLEEP, -1, fdar_next()->nanosleep(span, left));
}

FDAR_WRAPPER int clock_nanosleep(clockid_t clock, int flags, const struct timespec *span,
				 struct timespec *left)
{
	FDAR_WRAP_WAIT(int, "clock_nanosleep", FDAR_WAIT_SLEEP, -1,
		       fdar_next()->clock_nanosleep(clock, flags, span, left));
}

FDAR_WRAPPER int usleep(useconds_t span_us)
{
	FDAR_WRAP_WAIT(int, "usleep", FDAR_WAIT_SLEEP, -1, fdar_next()->usleep(span_us));
}

FDAR_WRAPPER unsigned sleep(unsigned span_s)
{
	FDAR_WRAP_WAIT(unsigned, "sleep", FDAR_WAIT_SLEEP, -1, fdar_next()->sleep(span_s));
}

FDAR_WRAPPER int thrd_sleep(const struct timespec *span, struct timespec *left)
{
	FDAR_WRAP_WAIT(int, "thrd_sleep", FDAR_WAIT_SLEEP, -1, fdar_next()->thrd_sleep(span, left));
}

/* ---- children ---- */

/* Whether a child that can be waited for is there already, or an error: then that is the result. */
#define CHILD(what, attempt, call)                                          \
	do {                                                                \
		pid_t result_;                                              \
                                                                            \
		if (!FDAR_WATCHED())                                        \
			return call;                                        \
		result_ = attempt;                                          \
		if (result_ != 0)                                           \
			return result_;                                     \
		FDAR_WAIT_AROUND(result_, what, FDAR_WAIT_OTHER, -1, call); \
		return result_;                                             \
	} while (0)

FDAR_WRAPPER pid_t wait(int *status)
{
	CHILD("wait", fdar_next()->waitpid(-1, status, WNOHANG), fdar_next()->wait(status));
}

FDAR_WRAPPER pid_t waitpid(pid_t pid, int *status, int options)
{
	if (options & WNOHANG)
		return fdar_next()->waitpid(pid, status, options);
	CHILD("waitpid", fdar_next()->waitpid(pid, status, options | WNOHANG),
	      fdar_next()->waitpid(pid, status, options));
}

FDAR_WRAPPER pid_t wait3(int *status, int options, struct rusage *usage)
{
	if (options & WNOHANG)
		return fdar_next()->wait3(status, options, usage);
	CHILD("wait3", fdar_next()->wait3(status, options | WNOHANG, usage),
	      fdar_next()->wait3(status, options, usage));
}

FDAR_WRAPPER pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	if (options & WNOHANG)
		return fdar_next()->wait4(pid, status, options, usage);
	CHILD("wait4", fdar_next()->wait4(pid, status, options | WNOHANG, usage),
	      fdar_next()->wait4(pid, status, options, usage));
}

FDAR_WRAPPER int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (!FDAR_WATCHED() || options & WNOHANG)
		return next->waitid(type, id, info, options);
	FDAR_WAIT_AROUND(result, "waitid", FDAR_WAIT_OTHER, -1,
			 next->waitid(type, id, info, options));
	return result;
}

/* ---- threads ---- */

/* The joining functions are cancellation points even where there is nothing to wait for. */
static int joined(pthread_t thread, void **value)
{
	pthread_testcancel();
	return pthread_tryjoin_np(thread, value);
}

FDAR_WRAPPER int pthread_join(pthread_t thread, void **value)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (!FDAR_WATCHED())
		return next->pthread_join(thread, value);
	result = joined(thread, value);
	if (result != EBUSY)
		return result;
	FDAR_WAIT_AROUND(result, "pthread_join", FDAR_WAIT_OTHER, -1,
			 next->pthread_join(thread, value));
	return result;
}

FDAR_WRAPPER int pthread_timedjoin_np(pthread_t thread, void **value, const struct timespec *until)
{
	FDAR_WRAP_WAIT(int, "pthread_timedjoin_np", FDAR_WAIT_OTHER, -1,
		       fdar_next()->pthread_timedjoin_np(thread, value, until));
}

FDAR_WRAPPER int pthread_clockjoin_np(pthread_t thread, void **value, clockid_t clock,
				      const struct timespec *until)
{
	FDAR_WRAP_WAIT(int, "pthread_clockjoin_np", FDAR_WAIT_OTHER, -1,
		       fdar_next()->pthread_clockjoin_np(thread, value, clock, until));
}

FDAR_WRAPPER int thrd_join(thrd_t thread, int *value)
{
	FDAR_WRAP_WAIT(int, "thrd_join", FDAR_WAIT_OTHER, -1,
		       fdar_next()->thrd_join(thread, value));
}

/* ---- signals ---- */

FDAR_WRAPPER int pause(void)
{
	FDAR_WRAP_WAIT(int, "pause", FDAR_WAIT_OTHER, -1, fdar_next()->pause());
}

FDAR_WRAPPER int sigsuspend(const sigset_t *mask)
{
	FDAR_WRAP_WAIT(int, "sigsuspend", FDAR_WAIT_OTHER, -1, fdar_next()->sigsuspend(mask));
}

FDAR_WRAPPER int sigwait(const sigset_t *restrict set, int *restrict number)
{
	FDAR_WRAP_WAIT(int, "sigwait", FDAR_WAIT_OTHER, -1, fdar_next()->sigwait(set, number));
}

FDAR_WRAPPER int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
	FDAR_WRAP_WAIT(int, "sigwaitinfo", FDAR_WAIT_OTHER, -1,
		       fdar_next()->sigwaitinfo(set, info));
}

FDAR_WRAPPER int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info,
			      const struct timespec *restrict span)
{
	FDAR_WRAP_WAIT(int, "sigtimedwait", FDAR_WAIT_OTHER, -1,
		       fdar_next()->sigtimedwait(set, info, span));
}

/* ---- names, disks ---- */

/* Whom the resolver asks, it asks by libc's inner calls, which nobody can stand in front of. */
FDAR_WRAPPER int getaddrinfo(const char *restrict node, const char *restrict service,
			     const struct addrinfo *restrict hints,
			     struct addrinfo **restrict found)
{
	FDAR_WRAP_WAIT(int, "getaddrinfo", FDAR_WAIT_OTHER, -1,
		       fdar_next()->getaddrinfo(node, service, hints, found));
}

FDAR_WRAPPER int fsync(int fd)
{
	FDAR_WRAP_WAIT(int, "fsync", FDAR_WAIT_IO, fd, fdar_next()->fsync(fd));
}

FDAR_WRAPPER int fdatasync(int fd)
{
	FDAR_WRAP_WAIT(int, "fdatasync", FDAR_WAIT_IO, fd, fdar_next()->fdatasync(fd));
}
