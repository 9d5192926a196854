/*
 * Signals: what the server does with the one that is ours has no effect, unless it wants it for itself.
 *
 * Place in the house: part of libflowdar-ticks.so; stands in front of libc's sigaction, signal (by both of its
 * names), sigfillset, sigprocmask and pthread_sigmask.
 */

#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "instrument/wire/ticks.h"
#include "ticks/next.h"
#include "ticks/timers.h"

#define FRONT __attribute__((visibility("default")))

typedef void (*handler_fn)(int number);
typedef handler_fn (*signal_fn)(int number, handler_fn handler);
typedef int (*sigfillset_fn)(sigset_t *set);
typedef int (*mask_fn)(int how, const sigset_t *set, sigset_t *old);

static struct {
	fdar_sigaction_fn sigaction;
	signal_fn signal, __sysv_signal;
	sigfillset_fn sigfillset;
	mask_fn sigprocmask, pthread_sigmask;
} next;

/* Threads that come here at once all store the same values. */
#define NEXT(name)                                                   \
	do {                                                         \
		void *found_;                                        \
		if (!next.name) {                                    \
			found_ = dlsym(RTLD_NEXT, #name);            \
			memcpy(&next.name, &found_, sizeof(found_)); \
		}                                                    \
	} while (0)

__attribute__((constructor(101))) static void resolve(void)
{
	NEXT(sigaction);
	NEXT(signal);
	NEXT(__sysv_signal);
	NEXT(sigfillset);
	NEXT(sigprocmask);
	NEXT(pthread_sigmask);
}

static bool is_own(int number)
{
	return number > 0 && number == fdar_timers_own();
}

static bool is_reset(const struct sigaction *action)
{
	return !(action->sa_flags & SA_SIGINFO) &&
	       (action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN);
}

/* What is told of it is what the server would find without us. */
FRONT int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	NEXT(sigaction);
	if (!is_own(number))
		return next.sigaction(number, action, old);
	if (old) {
		memset(old, 0, sizeof(*old));
		old->sa_handler = SIG_DFL;
	}
	if (!action || is_reset(action))
		return 0;
	fdar_timers_yield(FDAR_TICKS_YIELDED);
	return next.sigaction(number, action, NULL);
}

static handler_fn set_handler(signal_fn set, int number, handler_fn handler)
{
	if (!is_own(number))
		return set(number, handler);
	if (handler == SIG_DFL || handler == SIG_IGN)
		return SIG_DFL;
	fdar_timers_yield(FDAR_TICKS_YIELDED);
	return set(number, handler) == SIG_ERR ? SIG_ERR : SIG_DFL;
}

FRONT handler_fn signal(int number, handler_fn handler)
{
	NEXT(signal);
	return set_handler(next.signal, number, handler);
}

/* signal() of programs that are compiled for ISO C or POSIX alone. */
FRONT handler_fn __sysv_signal(int number, handler_fn handler)
{
	NEXT(__sysv_signal);
	return set_handler(next.__sysv_signal, number, handler);
}

/* ---- sets ---- */

FRONT int sigfillset(sigset_t *set)
{
	int result;

	NEXT(sigfillset);
	result = next.sigfillset(set);
	if (result == 0 && fdar_timers_own())
		sigdelset(set, fdar_timers_own());
	return result;
}

/* The set that is to be blocked, without ours; kept is where it is. */
static const sigset_t *without_own(int how, const sigset_t *set, sigset_t *kept)
{
	int own = fdar_timers_own();

	if (!set || !own || how == SIG_UNBLOCK || sigismember(set, own) != 1)
		return set;
	*kept = *set;
	sigdelset(kept, own);
	return kept;
}

FRONT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t kept;

	NEXT(sigprocmask);
	return next.sigprocmask(how, without_own(how, set, &kept), old);
}

FRONT int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t kept;

	NEXT(pthread_sigmask);
	return next.pthread_sigmask(how, without_own(how, set, &kept), old);
}
