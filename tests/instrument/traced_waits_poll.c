#include "traced_waits.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of a count that the compiler does not know: fortified programs then call poll's checked form. */
static nfds_t count(unsigned number)
{
	volatile nfds_t hidden = number;

	return hidden;
}

static void with_poll(int ends[2])
{
	struct pollfd fds[2] = { { ends[1], POLLIN, 0 }, { ends[0], POLLIN, 0 } };
	struct pollfd none = { -1, POLLIN, 0 };
	int listener = listening();
	struct pollfd clients = { listener, POLLIN, 0 };

	said("poll, one, until the timeout", poll(fds, count(1), 10));
	expect_wait("poll", 1, ends[1], 0);
	said("poll, two, until the timeout", poll(fds, count(2), 10));
	expect_wait("poll", 2, -1, 0);
	said("poll, two, not to wait", poll(fds, count(2), 0));
	said("poll, none", poll(NULL, 0, 10));
	expect_wait("poll", 6, -1, 0);
	said("poll, one that is none", poll(&none, count(1), 10));
	expect_wait("poll", 6, -1, 0);
	said("poll, clients", poll(&clients, count(1), 10));
	expect_wait("poll", 3, listener, 0);
	give(ends[0], ends[1], "text");
	said("poll, one, ready", poll(fds, count(1), 1000));
	said("its events", fds[0].revents);
	said("poll, two, ready", poll(fds, count(2), 1000));
	expect_wait("poll", 2, -1, 1);
	said("poll, two, ready, not to wait", poll(fds, count(2), 0));
	expect_wait("poll", 2, -1, 1);
	close(listener);
}

/* A signal that is blocked but for the wait ends it. */
static void with_signals(int ends[2])
{
	struct pollfd fds[2] = { { ends[0], POLLIN, 0 }, { ends[0], POLLIN, 0 } };
	struct timespec second = { .tv_sec = 1 }, zero = { 0, 0 };
	sigset_t blocked, before;
	fd_set in;

	FD_ZERO(&in);
	FD_SET(ends[0], &in);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &blocked, &before);
	raise(SIGUSR1);
	said("ppoll, signal", ppoll(fds, count(1), &second, &before));
	expect_wait("ppoll", 1, ends[0], -1);
	raise(SIGUSR1);
	said("pselect, signal", pselect(ends[0] + 1, &in, NULL, NULL, &second, &before));
	expect_wait("pselect", 1, ends[0], -1);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	said("ppoll, two, not to wait", ppoll(fds, count(2), &zero, NULL));
	said("pselect, not to wait", pselect(ends[0] + 1, &in, NULL, NULL, &zero, NULL));
}

static void with_select(int ends[2])
{
	struct timeval soon = { .tv_usec = 10000 };
	fd_set in, out;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(ends[0], &in);
	said("select, one, until the timeout", select(ends[0] + 1, &in, NULL, NULL, &soon));
	expect_wait("select", 1, ends[0], 0);
	said("time that is left", soon.tv_sec * 1000000 + soon.tv_usec);
	said("in the set", FD_ISSET(ends[0], &in) != 0);
	FD_SET(ends[0], &in);
	FD_SET(ends[0], &out);
	said("select, one in two sets", select(ends[0] + 1, &in, &out, NULL, NULL));
	expect_wait("select", 1, ends[0], 1);
	FD_SET(ends[0], &in);
	FD_SET(ends[1], &in);
	said("select, two, ready",
	     select((ends[0] > ends[1] ? ends[0] : ends[1]) + 1, &in, NULL, NULL, NULL));
	expect_wait("select", 2, -1, 1);
	soon.tv_usec = 10000;
	said("select, none", select(0, NULL, NULL, NULL, &soon));
	expect_wait("select", 6, -1, 0);
	said("select, wrong count", select(-1, NULL, NULL, NULL, NULL));
	expect_wait("select", 6, -1, -1);
}

static void with_epoll(int ends[2])
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0);

	epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
	said("epoll_wait, until the timeout", epoll_wait(epoll, &event, 1, 10));
	expect_wait("epoll_wait", 2, epoll, 0);
	said("epoll_wait, not to wait", epoll_wait(epoll, &event, 1, 0));
	give(ends[1], ends[0], "text");
	said("epoll_wait, ready", epoll_wait(epoll, &event, 1, -1));
	expect_wait("epoll_wait", 2, epoll, 1);
	said("epoll_wait, ready, not to wait", epoll_wait(epoll, &event, 1, 0));
	expect_wait("epoll_wait", 2, epoll, 1);
	said("epoll_pwait, ready", epoll_pwait(epoll, &event, 1, -1, NULL));
	expect_wait("epoll_pwait", 2, epoll, 1);
	said("epoll_wait, none", epoll_wait(-1, &event, 1, -1));
	expect_wait("epoll_wait", 2, -1, -1);
	close(epoll);
}

void waits_polling(void)
{
	int ends[2];

	connected(ends);
	with_poll(ends);
	with_signals(ends);
	with_select(ends);
	with_epoll(ends);
	close_both(ends);
}
