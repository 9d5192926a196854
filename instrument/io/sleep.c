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

FD_WRAPPER int nanosleep(const struct timespec *span, struct timespec *left)
{
	FD_WRAP_WAIT(int, "nanosleep", FD_WAIT_SLEEP, -1, fd_next()->nanosleep(span, left));
}

FD_WRAPPER int clock_nanosleep(clockid_t clock, int flags, const struct timespec *span,
			       struct timespec *left)
{
	FD_WRAP_WAIT(int, "clock_nanosleep", FD_WAIT_SLEEP, -1,
		     fd_next()->clock_nanosleep(clock, flags, span, left));
}

FD_WRAPPER int usleep(useconds_t span_us)
{
	FD_WRAP_WAIT(int, "usleep", FD_WAIT_SLEEP, -1, fd_next()->usleep(span_us));
}

FD_WRAPPER unsigned sleep(unsigned span_s)
{
	FD_WRAP_WAIT(unsigned, "sleep", FD_WAIT_SLEEP, -1, fd_next()->sleep(span_s));
}

FD_WRAPPER int thrd_sleep(const struct timespec *span, struct timespec *left)
{
	FD_WRAP_WAIT(int, "thrd_sleep", FD_WAIT_SLEEP, -1, fd_next()->thrd_sleep(span, left));
}

/* ---- children ---- */

/* Whether a child that can be waited for is there already, or an error: then that is the result. */
#define CHILD(what, attempt, call)                                      \
	do {                                                            \
		pid_t result_;                                          \
                                                                        \
		if (!FD_WATCHED())                                      \
			return call;                                    \
		result_ = attempt;                                      \
		if (result_ != 0)                                       \
			return result_;                                 \
		FD_WAIT_AROUND(result_, what, FD_WAIT_OTHER, -1, call); \
		return result_;                                         \
	} while (0)

FD_WRAPPER pid_t wait(int *status)
{
	CHILD("wait", fd_next()->waitpid(-1, status, WNOHANG), fd_next()->wait(status));
}

FD_WRAPPER pid_t waitpid(pid_t pid, int *status, int options)
{
	if (options & WNOHANG)
		return fd_next()->waitpid(pid, status, options);
	CHILD("waitpid", fd_next()->waitpid(pid, status, options | WNOHANG),
	      fd_next()->waitpid(pid, status, options));
}

FD_WRAPPER pid_t wait3(int *status, int options, struct rusage *usage)
{
	if (options & WNOHANG)
		return fd_next()->wait3(status, options, usage);
	CHILD("wait3", fd_next()->wait3(status, options | WNOHANG, usage),
	      fd_next()->wait3(status, options, usage));
}

FD_WRAPPER pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	if (options & WNOHANG)
		return fd_next()->wait4(pid, status, options, usage);
	CHILD("wait4", fd_next()->wait4(pid, status, options | WNOHANG, usage),
	      fd_next()->wait4(pid, status, options, usage));
}

FD_WRAPPER int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED() || options & WNOHANG)
		return next->waitid(type, id, info, options);
	FD_WAIT_AROUND(result, "waitid", FD_WAIT_OTHER, -1, next->waitid(type, id, info, options));
	return result;
}

/* ---- threads ---- */

/* The joining functions are cancellation points even where there is nothing to wait for. */
static int joined(pthread_t thread, void **value)
{
	pthread_testcancel();
	return pthread_tryjoin_np(thread, value);
}

FD_WRAPPER int pthread_join(pthread_t thread, void **value)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED())
		return next->pthread_join(thread, value);
	result = joined(thread, value);
	if (result != EBUSY)
		return result;
	FD_WAIT_AROUND(result, "pthread_join", FD_WAIT_OTHER, -1,
		       next->pthread_join(thread, value));
	return result;
}

FD_WRAPPER int pthread_timedjoin_np(pthread_t thread, void **value, const struct timespec *until)
{
	FD_WRAP_WAIT(int, "pthread_timedjoin_np", FD_WAIT_OTHER, -1,
		     fd_next()->pthread_timedjoin_np(thread, value, until));
}

FD_WRAPPER int pthread_clockjoin_np(pthread_t thread, void **value, clockid_t clock,
				    const struct timespec *until)
{
	FD_WRAP_WAIT(int, "pthread_clockjoin_np", FD_WAIT_OTHER, -1,
		     fd_next()->pthread_clockjoin_np(thread, value, clock, until));
}

FD_WRAPPER int thrd_join(thrd_t thread, int *value)
{
	FD_WRAP_WAIT(int, "thrd_join", FD_WAIT_OTHER, -1, fd_next()->thrd_join(thread, value));
}

/* ---- signals ---- */

FD_WRAPPER int pause(void)
{
	FD_WRAP_WAIT(int, "pause", FD_WAIT_OTHER, -1, fd_next()->pause());
}

FD_WRAPPER int sigsuspend(const sigset_t *mask)
{
	FD_WRAP_WAIT(int, "sigsuspend", FD_WAIT_OTHER, -1, fd_next()->sigsuspend(mask));
}

FD_WRAPPER int sigwait(const sigset_t *restrict set, int *restrict number)
{
	FD_WRAP_WAIT(int, "sigwait", FD_WAIT_OTHER, -1, fd_next()->sigwait(set, number));
}

FD_WRAPPER int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
	FD_WRAP_WAIT(int, "sigwaitinfo", FD_WAIT_OTHER, -1, fd_next()->sigwaitinfo(set, info));
}

FD_WRAPPER int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info,
			    const struct timespec *restrict span)
{
	FD_WRAP_WAIT(int, "sigtimedwait", FD_WAIT_OTHER, -1,
		     fd_next()->sigtimedwait(set, info, span));
}

/* ---- names, disks ---- */

/* Whom the resolver asks, it asks by libc's inner calls, which nobody can stand in front of. */
FD_WRAPPER int getaddrinfo(const char *restrict node, const char *restrict service,
			   const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
	FD_WRAP_WAIT(int, "getaddrinfo", FD_WAIT_OTHER, -1,
		     fd_next()->getaddrinfo(node, service, hints, found));
}

FD_WRAPPER int fsync(int fd)
{
	FD_WRAP_WAIT(int, "fsync", FD_WAIT_IO, fd, fd_next()->fsync(fd));
}

FD_WRAPPER int fdatasync(int fd)
{
	FD_WRAP_WAIT(int, "fdatasync", FD_WAIT_IO, fd, fd_next()->fdatasync(fd));
}
