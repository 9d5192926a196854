/* Threads: one at a time, and what they wait for of each other. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "feed/baton.h"
#include "feed/next.h"
#include "feed/script.h"
#include "feed/times.h"

#define THREADS_MAX 4096
#define TRIES_MAX   100000

/* glibc's: a condition variable's clock is told by this bit of __wrefs. */
#define COND_MONOTONIC 2u

struct made {
	pthread_t thread;
	struct fdar_member *member; /* NULL: joined, or free */
};

/* Whoever has the baton. */
static struct made made[THREADS_MAX];

/* ---- beginning and end ---- */

struct start {
	void *(*run)(void *argument);
	void *argument;
	struct fdar_member *member;
};

static void leave(void *member)
{
	fdar_baton_leave(member);
}

static void *run_member(void *user)
{
	struct start start = *(struct start *)user;
	void *result;

	fdar_baton_enter(start.member);
	free(user);
	pthread_cleanup_push(leave, start.member);
	result = start.run(start.argument);
	pthread_cleanup_pop(1);
	return result;
}

static void remember(pthread_t thread, struct fdar_member *member)
{
	for (unsigned i = 0; i < THREADS_MAX; i++)
		if (!made[i].member) {
			made[i] = (struct made){ thread, member };
			return;
		}
	fdar_feed_refuse("more than %d threads", THREADS_MAX);
}

FDAR_FEED_CALL int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
				  void *(*run)(void *), void *argument)
{
	struct fdar_member *member;
	struct start *start;
	int result;

	if (!fdar_feed_header() || fdar_feed_is_tracer((const void *)run) ||
	    fdar_feed_is_tracer(__builtin_return_address(0)))
		return FDAR_NEXT(pthread_create)(thread, attributes, run, argument);
	fdar_baton_join();
	start = malloc(sizeof(*start));
	if (!start)
		return EAGAIN;
	member = fdar_baton_make();
	if (!member)
		fdar_feed_refuse("out of memory");
	*start = (struct start){ run, argument, member };
	result = FDAR_NEXT(pthread_create)(thread, attributes, run_member, start);
	if (result != 0)
		fdar_feed_refuse("a thread cannot be made");
	remember(*thread, member);
	return 0;
}

static bool is_over(void *user)
{
	return fdar_baton_is_over(((const struct made *)user)->member);
}

FDAR_FEED_CALL int pthread_join(pthread_t thread, void **result)
{
	for (unsigned i = 0; fdar_baton_has() && i < THREADS_MAX; i++)
		if (made[i].member && pthread_equal(made[i].thread, thread)) {
			fdar_baton_wait(is_over, &made[i], FDAR_NEVER, false);
			made[i].member = NULL;
			break;
		}
	return FDAR_NEXT(pthread_join)(thread, result);
}

/* ---- locks ---- */

/* A peek: whoever is asked must not take it. */
static bool is_free(void *user)
{
	const pthread_mutex_t *mutex = user;

	return __atomic_load_n(&mutex->__data.__lock, __ATOMIC_ACQUIRE) == 0;
}

static int lock(pthread_mutex_t *mutex, uint64_t deadline_ns)
{
	int result;

	while ((result = FDAR_NEXT(pthread_mutex_trylock)(mutex)) == EBUSY) {
		if (fdar_baton_wait(is_free, mutex, deadline_ns, false) == FDAR_WAKE_TIMEOUT)
			return ETIMEDOUT;
	}
	return result;
}

FDAR_FEED_CALL int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	return fdar_baton_has() ? lock(mutex, FDAR_NEVER) : FDAR_NEXT(pthread_mutex_lock)(mutex);
}

FDAR_FEED_CALL int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until)
{
	return fdar_baton_has() ? lock(mutex, fdar_moment_ns(CLOCK_REALTIME, until))
				: FDAR_NEXT(pthread_mutex_timedlock)(mutex, until);
}

/* Of a lock for readers and writers it cannot be seen who waits: it is tried again and again. */
static int insist(int (*attempt)(pthread_rwlock_t *), pthread_rwlock_t *rwlock)
{
	int result;

	for (unsigned tries = 0; (result = attempt(rwlock)) == EBUSY; tries++) {
		if (tries == TRIES_MAX)
			fdar_feed_refuse("a thread waits for a read-write lock whose holder waits, "
					 "too: that cannot be followed");
		fdar_baton_yield();
	}
	return result;
}

FDAR_FEED_CALL int pthread_rwlock_rdlock(pthread_rwlock_t *rwlock)
{
	return fdar_baton_has() ? insist(FDAR_NEXT(pthread_rwlock_tryrdlock), rwlock)
				: FDAR_NEXT(pthread_rwlock_rdlock)(rwlock);
}

FDAR_FEED_CALL int pthread_rwlock_wrlock(pthread_rwlock_t *rwlock)
{
	return fdar_baton_has() ? insist(FDAR_NEXT(pthread_rwlock_trywrlock), rwlock)
				: FDAR_NEXT(pthread_rwlock_wrlock)(rwlock);
}

/* ---- conditions ---- */

/* Those who wait, the first that came first. */
struct waiter {
	const pthread_cond_t *cond;
	bool told;
	struct waiter *next;
};

static struct waiter *waiters;

static void add(struct waiter *waiter)
{
	struct waiter **at = &waiters;

	while (*at)
		at = &(*at)->next;
	*at = waiter;
}

static void drop(struct waiter *waiter)
{
	struct waiter **at = &waiters;

	while (*at && *at != waiter)
		at = &(*at)->next;
	if (*at)
		*at = waiter->next;
}

static bool is_told(void *user)
{
	return ((const struct waiter *)user)->told;
}

static int wait_told(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t deadline_ns)
{
	struct waiter waiter = { .cond = cond };

	add(&waiter);
	pthread_mutex_unlock(mutex);
	fdar_baton_wait(is_told, &waiter, deadline_ns, false);
	drop(&waiter);
	lock(mutex, FDAR_NEVER);
	return waiter.told ? 0 : ETIMEDOUT;
}

FDAR_FEED_CALL int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	return fdar_baton_has() ? wait_told(cond, mutex, FDAR_NEVER)
				: FDAR_NEXT(pthread_cond_wait)(cond, mutex);
}

FDAR_FEED_CALL int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
					  const struct timespec *until)
{
	clockid_t clock = cond->__data.__wrefs & COND_MONOTONIC ? CLOCK_MONOTONIC : CLOCK_REALTIME;

	return fdar_baton_has() ? wait_told(cond, mutex, fdar_moment_ns(clock, until))
				: FDAR_NEXT(pthread_cond_timedwait)(cond, mutex, until);
}

FDAR_FEED_CALL int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
					  clockid_t clock, const struct timespec *until)
{
	return fdar_baton_has() ? wait_told(cond, mutex, fdar_moment_ns(clock, until))
				: FDAR_NEXT(pthread_cond_clockwait)(cond, mutex, clock, until);
}

FDAR_FEED_CALL int pthread_cond_signal(pthread_cond_t *cond)
{
	if (fdar_baton_has())
		for (struct waiter *one = waiters; one; one = one->next)
			if (one->cond == cond && !one->told) {
				one->told = true;
				return 0;
			}
	return FDAR_NEXT(pthread_cond_signal)(cond);
}

FDAR_FEED_CALL int pthread_cond_broadcast(pthread_cond_t *cond)
{
	if (fdar_baton_has())
		for (struct waiter *one = waiters; one; one = one->next)
			one->told |= one->cond == cond;
	return FDAR_NEXT(pthread_cond_broadcast)(cond);
}

/* ---- semaphores ---- */

static bool has_one(void *user)
{
	int value = 0;

	return sem_getvalue(user, &value) == 0 && value > 0;
}

static int take_one(sem_t *semaphore, uint64_t deadline_ns)
{
	while (sem_trywait(semaphore) != 0) {
		enum fdar_wake wake = FDAR_WAKE_READY;

		if (errno == EAGAIN)
			wake = fdar_baton_wait(has_one, semaphore, deadline_ns, true);
		else if (errno != EINTR)
			return -1;
		if (wake != FDAR_WAKE_READY) {
			errno = wake == FDAR_WAKE_SIGNAL ? EINTR : ETIMEDOUT;
			return -1;
		}
	}
	return 0;
}

FDAR_FEED_CALL int sem_wait(sem_t *semaphore)
{
	return fdar_baton_has() ? take_one(semaphore, FDAR_NEVER) : FDAR_NEXT(sem_wait)(semaphore);
}

FDAR_FEED_CALL int sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
	return fdar_baton_has() ? take_one(semaphore, fdar_moment_ns(CLOCK_REALTIME, until))
				: FDAR_NEXT(sem_timedwait)(semaphore, until);
}

/* ---- signals ---- */

static bool is_pending(void *user)
{
	const sigset_t *wanted = user;
	sigset_t pending;

	sigpending(&pending);
	for (int number = 1; number < NSIG; number++)
		if (sigismember(wanted, number) == 1 && sigismember(&pending, number) == 1)
			return true;
	return false;
}

FDAR_FEED_CALL int sigwait(const sigset_t *set, int *number)
{
	sigset_t wanted = *set;

	if (fdar_baton_has())
		fdar_baton_wait(is_pending, &wanted, FDAR_NEVER, false);
	return FDAR_NEXT(sigwait)(set, number);
}

FDAR_FEED_CALL int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	sigset_t wanted = *set;

	if (fdar_baton_has())
		fdar_baton_wait(is_pending, &wanted, FDAR_NEVER, false);
	return FDAR_NEXT(sigwaitinfo)(set, info);
}

FDAR_FEED_CALL int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *span)
{
	struct timespec none = { 0, 0 };
	sigset_t wanted = *set;

	if (!fdar_baton_has())
		return FDAR_NEXT(sigtimedwait)(set, info, span);
	fdar_baton_wait(is_pending, &wanted, fdar_clock_ns() + fdar_span_ns(span), false);
	return FDAR_NEXT(sigtimedwait)(set, info, &none);
}

static bool never(void *user)
{
	(void)user;
	return false;
}

FDAR_FEED_CALL int pause(void)
{
	if (!fdar_baton_has())
		return FDAR_NEXT(pause)();
	fdar_baton_wait(never, NULL, FDAR_NEVER, true);
	errno = EINTR;
	return -1;
}

FDAR_FEED_CALL int sigsuspend(const sigset_t *mask)
{
	sigset_t wanted;

	if (!fdar_baton_has())
		return FDAR_NEXT(sigsuspend)(mask);
	sigemptyset(&wanted);
	for (int number = 1; number < NSIG; number++)
		if (sigismember(mask, number) == 0)
			sigaddset(&wanted, number);
	if (fdar_baton_wait(is_pending, &wanted, FDAR_NEVER, true) == FDAR_WAKE_READY)
		return FDAR_NEXT(sigsuspend)(mask); /* which lets it in */
	errno = EINTR;
	return -1;
}

/* ---- processes ---- */

static void refuse_children(const char *call)
{
	if (fdar_feed_header())
		fdar_feed_refuse("the server makes another process (%s): one is fed; nginx has "
				 "`master_process off; daemon off;` for that",
				 call);
}

FDAR_FEED_CALL pid_t fork(void)
{
	if (fdar_baton_has())
		refuse_children("fork");
	return FDAR_NEXT(fork)();
}

FDAR_FEED_CALL int daemon(int stay, int keep)
{
	refuse_children("daemon");
	return FDAR_NEXT(daemon)(stay, keep);
}

/* liburing's, which ask the kernel past libc; before they do. */
int io_uring_queue_init(unsigned entries, void *ring, unsigned flags);
int io_uring_queue_init_params(unsigned entries, void *ring, void *parameters);

static int refuse_ring(void)
{
	if (fdar_feed_header())
		fdar_feed_refuse("the server uses io_uring: its reads and writes cannot be seen");
	return -ENOSYS;
}

FDAR_FEED_CALL int io_uring_queue_init(unsigned entries, void *ring, unsigned flags)
{
	(void)entries, (void)ring, (void)flags;
	return refuse_ring();
}

FDAR_FEED_CALL int io_uring_queue_init_params(unsigned entries, void *ring, void *parameters)
{
	(void)entries, (void)ring, (void)parameters;
	return refuse_ring();
}
