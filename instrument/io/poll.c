/*
 * poll, select, epoll: a thread asks for any work, or waits for one descriptor.
 *
 * Place in the house: part of libflowdar-io.so (wait.h says by which rules). Waits for several
 * descriptors are always traced, for they are the boundaries between one piece of work and the
 * next; those that must not wait (timeout 0) only when they found work.
 */
#include "io/session.h"

/* What a call waits for: the kind, and the descriptor if there is just one. */
struct wait {
	enum fdar_wait_kind kind;
	int fd;
};

static struct wait wait_of_count(unsigned count, int fd)
{
	if (count == 0)
		return (struct wait){ FDAR_WAIT_SLEEP, -1 };
	if (count > 1)
		return (struct wait){ FDAR_WAIT_POLL, -1 };
	return (struct wait){ fdar_descriptor_listens(fd) ? FDAR_WAIT_ACCEPT : FDAR_WAIT_IO, fd };
}

static struct wait wait_of_poll(const struct pollfd *fds, nfds_t count)
{
	if (count == 1)
		return wait_of_count(fds->fd >= 0, fds->fd);
	return wait_of_count(count > 1 ? 2 : 0, -1);
}

/* After a call that was told not to wait: work that it found is a boundary all the same. */
static void found_at_once(int result, const char *what, struct wait wait)
{
	if (result <= 0 || wait.kind != FDAR_WAIT_POLL)
		return;
	fdar_wait_begin(what, wait.kind, wait.fd);
	fdar_wait_end(result);
}

static bool is_zero(const struct timespec *timeout)
{
	return timeout && timeout->tv_sec == 0 && timeout->tv_nsec == 0;
}

static int poll_watched(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (timeout_ms == 0 || count == 1) {
		result = next->poll(fds, count, 0);
		if (timeout_ms == 0 && count > 1)
			found_at_once(result, "poll", (struct wait){ FDAR_WAIT_POLL, -1 });
		if (timeout_ms == 0 || result != 0)
			return result;
	}
	struct wait wait = wait_of_poll(fds, count);

	FDAR_WAIT_AROUND(result, "poll", wait.kind, wait.fd, next->poll(fds, count, timeout_ms));
	return result;
}

FDAR_WRAPPER int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	if (!FDAR_WATCHED())
		return fdar_next()->poll(fds, count, timeout_ms);
	return poll_watched(fds, count, timeout_ms);
}

FDAR_WRAPPER int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room)
{
	if (room / sizeof(*fds) < count || !FDAR_WATCHED())
		return fdar_next()->__poll_chk(fds, count, timeout_ms, room);
	return poll_watched(fds, count, timeout_ms);
}

static int ppoll_watched(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
			 const sigset_t *mask)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (is_zero(timeout)) {
		result = next->ppoll(fds, count, timeout, mask);
		if (count > 1)
			found_at_once(result, "ppoll", (struct wait){ FDAR_WAIT_POLL, -1 });
		return result;
	}
	struct wait wait = wait_of_poll(fds, count);

	FDAR_WAIT_AROUND(result, "ppoll", wait.kind, wait.fd,
			 next->ppoll(fds, count, timeout, mask));
	return result;
}

FDAR_WRAPPER int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		       const sigset_t *mask)
{
	if (!FDAR_WATCHED())
		return fdar_next()->ppoll(fds, count, timeout, mask);
	return ppoll_watched(fds, count, timeout, mask);
}

FDAR_WRAPPER int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
			     const sigset_t *mask, size_t room)
{
	if (room / sizeof(*fds) < count || !FDAR_WATCHED())
		return fdar_next()->__ppoll_chk(fds, count, timeout, mask, room);
	return ppoll_watched(fds, count, timeout, mask);
}

/* Which descriptors three sets hold, up to the first two different ones. A count beyond FD_SETSIZE
 * may exceed the sets (the kernel stops at the process's last descriptor): they are not looked at.
 */
static struct wait wait_of_sets(int count, const fd_set *in, const fd_set *out, const fd_set *err)
{
	const fd_set *sets[] = { in, out, err };
	unsigned found = 0;
	int first = -1;

	if (count > FD_SETSIZE)
		return wait_of_count(2, -1);
	for (unsigned s = 0; s < 3; s++) {
		const unsigned long *words = (const unsigned long *)sets[s];
		int bits = 8 * (int)sizeof(*words);

		for (int fd = 0; words && fd < count && found < 2; fd++) {
			if (words[fd / bits] == 0) {
				fd |= bits - 1;
			} else if ((words[fd / bits] >> (fd % bits) & 1) && fd != first) {
				found++;
				first = fd;
			}
		}
	}
	return wait_of_count(found, first);
}

FDAR_WRAPPER int select(int count, fd_set *in, fd_set *out, fd_set *err, struct timeval *timeout)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (!FDAR_WATCHED())
		return next->select(count, in, out, err, timeout);

	struct wait wait = wait_of_sets(count, in, out, err);

	if (timeout && timeout->tv_sec == 0 && timeout->tv_usec == 0) {
		result = next->select(count, in, out, err, timeout);
		found_at_once(result, "select", wait);
		return result;
	}
	FDAR_WAIT_AROUND(result, "select", wait.kind, wait.fd,
			 next->select(count, in, out, err, timeout));
	return result;
}

FDAR_WRAPPER int pselect(int count, fd_set *in, fd_set *out, fd_set *err,
			 const struct timespec *timeout, const sigset_t *mask)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (!FDAR_WATCHED())
		return next->pselect(count, in, out, err, timeout, mask);

	struct wait wait = wait_of_sets(count, in, out, err);

	if (is_zero(timeout)) {
		result = next->pselect(count, in, out, err, timeout, mask);
		found_at_once(result, "pselect", wait);
		return result;
	}
	FDAR_WAIT_AROUND(result, "pselect", wait.kind, wait.fd,
			 next->pselect(count, in, out, err, timeout, mask));
	return result;
}

FDAR_WRAPPER int epoll_wait(int epfd, struct epoll_event *events, int room, int timeout_ms)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (!FDAR_WATCHED())
		return next->epoll_wait(epfd, events, room, timeout_ms);
	if (timeout_ms == 0) {
		result = next->epoll_wait(epfd, events, room, 0);
		found_at_once(result, "epoll_wait", (struct wait){ FDAR_WAIT_POLL, epfd });
		return result;
	}
	FDAR_WAIT_AROUND(result, "epoll_wait", FDAR_WAIT_POLL, epfd,
			 next->epoll_wait(epfd, events, room, timeout_ms));
	return result;
}

FDAR_WRAPPER int epoll_pwait(int epfd, struct epoll_event *events, int room, int timeout_ms,
			     const sigset_t *mask)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (!FDAR_WATCHED())
		return next->epoll_pwait(epfd, events, room, timeout_ms, mask);
	if (timeout_ms == 0) {
		result = next->epoll_pwait(epfd, events, room, 0, mask);
		found_at_once(result, "epoll_pwait", (struct wait){ FDAR_WAIT_POLL, epfd });
		return result;
	}
	FDAR_WAIT_AROUND(result, "epoll_pwait", FDAR_WAIT_POLL, epfd,
			 next->epoll_pwait(epfd, events, room, timeout_ms, mask));
	return result;
}

FDAR_WRAPPER int epoll_pwait2(int epfd, struct epoll_event *events, int room,
			      const struct timespec *timeout, const sigset_t *mask)
{
	const struct fdar_next *next = fdar_next();
	int result;

	/* Programs that look for it at run time find ours. */
	if (!next->epoll_pwait2) {
		errno = ENOSYS;
		return -1;
	}
	if (!FDAR_WATCHED())
		return next->epoll_pwait2(epfd, events, room, timeout, mask);
	if (is_zero(timeout)) {
		result = next->epoll_pwait2(epfd, events, room, timeout, mask);
		found_at_once(result, "epoll_pwait2", (struct wait){ FDAR_WAIT_POLL, epfd });
		return result;
	}
	FDAR_WAIT_AROUND(result, "epoll_pwait2", FDAR_WAIT_POLL, epfd,
			 next->epoll_pwait2(epfd, events, room, timeout, mask));
	return result;
}

int fdar_session_edges;

/* Who puts a client's descriptor under watch has it from here on. */
FDAR_WRAPPER int epoll_ctl(int epfd, int operation, int fd, struct epoll_event *event)
{
	int result = fdar_next()->epoll_ctl(epfd, operation, fd, event);

	if (result == 0 && operation != EPOLL_CTL_DEL && event->events & EPOLLET)
		__atomic_store_n(&fdar_session_edges, 1, __ATOMIC_RELAXED);
	if (result == 0 && operation == EPOLL_CTL_ADD && FDAR_WATCHED() &&
	    fdar_look(fd).kind == FDAR_OPEN_CLIENT)
		fdar_io_done(FDAR_IO_WATCH, fd, 0);
	return result;
}
