/* Waiting for descriptors: until one is ready, or the clock of the capture says that it was long enough. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

#include "feed/baton.h"
#include "feed/next.h"

#define MS_NS ((uint64_t)1000000)

static uint64_t after(uint64_t span_ns)
{
	return fdar_clock_ns() + span_ns;
}

static uint64_t deadline_of(const struct timespec *timeout)
{
	return timeout ? after((uint64_t)timeout->tv_sec * 1000000000 + (uint64_t)timeout->tv_nsec)
		       : FDAR_NEVER;
}

static uint64_t deadline_of_ms(int timeout_ms)
{
	return timeout_ms < 0 ? FDAR_NEVER : after((uint64_t)timeout_ms * MS_NS);
}

/* Of a wait that was interrupted: a signal that only the wait's mask lets in comes now. */
static int with_mask(int result, const sigset_t *mask)
{
	const struct timespec none = { 0, 0 };

	if (result < 0 && errno == EINTR && mask) {
		FDAR_NEXT(ppoll)(NULL, 0, &none, mask);
		errno = EINTR;
	}
	return result;
}

/* A wait of no time: the others go first. */
static void look_around(bool (*is_any)(void *user), void *user)
{
	fdar_baton_yield();
	fdar_baton_look(is_any(user));
}

/* ---- poll ---- */

struct polled {
	struct pollfd *fds;
	nfds_t count;
};

/* The events found are written anew at each look: nobody but the caller reads them. */
static bool is_any(void *user)
{
	const struct polled *polled = user;

	return FDAR_NEXT(poll)(polled->fds, polled->count, 0) != 0;
}

static int wait_poll(struct pollfd *fds, nfds_t count, uint64_t deadline_ns)
{
	struct polled polled = { fds, count };

	if (deadline_ns <= fdar_clock_ns())
		look_around(is_any, &polled);
	else if (fdar_baton_wait(is_any, &polled, deadline_ns, true) == FDAR_WAKE_SIGNAL) {
		errno = EINTR;
		return -1;
	}
	return FDAR_NEXT(poll)(fds, count, 0);
}

FDAR_FEED_CALL int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	return fdar_baton_has() ? wait_poll(fds, count, deadline_of_ms(timeout_ms))
				: FDAR_NEXT(poll)(fds, count, timeout_ms);
}

FDAR_FEED_CALL int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
			 const sigset_t *mask)
{
	return fdar_baton_has() ? with_mask(wait_poll(fds, count, deadline_of(timeout)), mask)
				: FDAR_NEXT(ppoll)(fds, count, timeout, mask);
}

int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room);

FDAR_FEED_CALL int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room)
{
	if (count > room / sizeof(*fds))
		abort();
	return poll(fds, count, timeout_ms);
}

/* ---- select ---- */

struct selected {
	int count;
	const fd_set *sets[3]; /* as they were given; NULL: none */
};

static int look(const struct selected *selected, fd_set found[3])
{
	struct timeval none = { 0, 0 };
	fd_set *sets[3];

	for (int i = 0; i < 3; i++) {
		if (selected->sets[i])
			found[i] = *selected->sets[i];
		sets[i] = selected->sets[i] ? &found[i] : NULL;
	}
	return FDAR_NEXT(select)(selected->count, sets[0], sets[1], sets[2], &none);
}

static bool is_any_set(void *user)
{
	fd_set found[3];

	return look(user, found) != 0;
}

static int wait_select(int count, fd_set *sets[3], uint64_t deadline_ns)
{
	struct selected selected = { count, { sets[0], sets[1], sets[2] } };
	fd_set found[3];
	int ready;

	if (deadline_ns <= fdar_clock_ns())
		look_around(is_any_set, &selected);
	else if (fdar_baton_wait(is_any_set, &selected, deadline_ns, true) == FDAR_WAKE_SIGNAL) {
		errno = EINTR;
		return -1;
	}
	ready = look(&selected, found);
	for (int i = 0; i < 3 && ready >= 0; i++)
		if (sets[i])
			*sets[i] = found[i];
	return ready;
}

FDAR_FEED_CALL int select(int count, fd_set *in, fd_set *out, fd_set *odd, struct timeval *timeout)
{
	fd_set *sets[3] = { in, out, odd };
	struct timespec span = { 0, 0 };

	if (!fdar_baton_has())
		return FDAR_NEXT(select)(count, in, out, odd, timeout);
	if (timeout)
		span = (struct timespec){ timeout->tv_sec, timeout->tv_usec * 1000 };
	return wait_select(count, sets, deadline_of(timeout ? &span : NULL));
}

FDAR_FEED_CALL int pselect(int count, fd_set *in, fd_set *out, fd_set *odd,
			   const struct timespec *timeout, const sigset_t *mask)
{
	fd_set *sets[3] = { in, out, odd };

	return fdar_baton_has() ? with_mask(wait_select(count, sets, deadline_of(timeout)), mask)
				: FDAR_NEXT(pselect)(count, in, out, odd, timeout, mask);
}

/* ---- epoll ---- */

static bool is_any_of_epoll(void *user)
{
	struct pollfd one = { .fd = *(int *)user, .events = POLLIN };

	return FDAR_NEXT(poll)(&one, 1, 0) != 0;
}

static int wait_epoll(int fd, struct epoll_event *events, int room, uint64_t deadline_ns)
{
	int found;

	if (deadline_ns <= fdar_clock_ns()) {
		look_around(is_any_of_epoll, &fd);
		return FDAR_NEXT(epoll_wait)(fd, events, room, 0);
	}
	for (;;) {
		switch (fdar_baton_wait(is_any_of_epoll, &fd, deadline_ns, true)) {
		case FDAR_WAKE_SIGNAL:
			errno = EINTR;
			return -1;
		case FDAR_WAKE_TIMEOUT:
			return 0;
		default:
			found = FDAR_NEXT(epoll_wait)(fd, events, room, 0);
			if (found != 0)
				return found;
		}
	}
}

FDAR_FEED_CALL int epoll_wait(int fd, struct epoll_event *events, int room, int timeout_ms)
{
	return fdar_baton_has() ? wait_epoll(fd, events, room, deadline_of_ms(timeout_ms))
				: FDAR_NEXT(epoll_wait)(fd, events, room, timeout_ms);
}

FDAR_FEED_CALL int epoll_pwait(int fd, struct epoll_event *events, int room, int timeout_ms,
			       const sigset_t *mask)
{
	return fdar_baton_has()
		       ? with_mask(wait_epoll(fd, events, room, deadline_of_ms(timeout_ms)), mask)
		       : FDAR_NEXT(epoll_pwait)(fd, events, room, timeout_ms, mask);
}

FDAR_FEED_CALL int epoll_pwait2(int fd, struct epoll_event *events, int room,
				const struct timespec *timeout, const sigset_t *mask)
{
	return fdar_baton_has()
		       ? with_mask(wait_epoll(fd, events, room, deadline_of(timeout)), mask)
		       : FDAR_NEXT(epoll_pwait2)(fd, events, room, timeout, mask);
}
