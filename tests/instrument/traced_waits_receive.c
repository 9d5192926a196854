#include "traced_waits.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Of a size that the compiler does not know: fortified programs then call recv's checked form. */
static size_t room(void)
{
	static volatile size_t bytes = 16;

	return bytes;
}

static void plain(int ends[2])
{
	char data[16];

	give(ends[0], ends[1], "ready");
	said("recv, ready", recv(ends[1], data, room(), 0));
	later_send(ends[0], "late");
	said("recv, late", recv(ends[1], data, room(), 0));
	expect_wait("recv", 1, ends[1], 4);
	later_done();
	later_send(ends[0], "late");
	said("read, late", read(ends[1], data, room()));
	expect_wait("read", 1, ends[1], 4);
	later_done();
	give(ends[0], ends[1], "ready");
	said("read, ready", read(ends[1], data, room()));
	said("read, nothing", read(ends[1], data, 0));
	said("recv, told not to wait", recv(ends[1], data, room(), MSG_DONTWAIT));
	give(ends[0], ends[1], "ready");
	said("recv, to look", recv(ends[1], data, room(), MSG_PEEK));
	said("recv, part", recv(ends[1], data, 2, 0));
	said("recv, rest", recv(ends[1], data, room(), 0));
}

static void vectors(int ends[2])
{
	char data[16];
	struct iovec parts[2] = { { data, 2 }, { data + 2, 14 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	static struct iovec many[2000];

	give(ends[0], ends[1], "ready");
	said("readv, ready", readv(ends[1], parts, 2));
	later_send(ends[0], "late");
	said("readv, late", readv(ends[1], parts, 2));
	expect_wait("readv", 1, ends[1], 4);
	later_done();
	said("readv, no parts", readv(ends[1], parts, 0));
	said("readv, too many parts", readv(ends[1], many, 2000));
	later_send(ends[0], "late");
	said("recvmsg, late", recvmsg(ends[1], &message, 0));
	expect_wait("recvmsg", 1, ends[1], 4);
	later_done();
	give(ends[0], ends[1], "ready");
	said("recvmsg, ready", recvmsg(ends[1], &message, 0));
}

/* All of the bytes asked for, though they come in two pieces. */
static void whole(int ends[2])
{
	char data[16];

	give(ends[0], ends[1], "first");
	later_send(ends[0], "second");
	said("recv, all of it", recv(ends[1], data, 11, MSG_WAITALL));
	expect_wait("recv", 1, ends[1], 11);
	later_done();
}

static void not_blocking(int ends[2])
{
	char data[16];

	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	said("recv, empty and not blocking", recv(ends[1], data, room(), 0));
	said("read, empty and not blocking", read(ends[1], data, room()));
	fcntl(ends[1], F_SETFL, 0);
}

static void interrupted(int ends[2])
{
	struct timeval soon = { .tv_usec = 30000 }, never = { 0, 0 };
	char data[16];

	later_signal();
	said("recv, signal", recv(ends[1], data, room(), 0));
	expect_wait("recv", 1, ends[1], -1);
	later_done();
	setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	said("recv, timeout", recv(ends[1], data, room(), 0));
	expect_wait("recv", 1, ends[1], -1);
	said("read, timeout", read(ends[1], data, room()));
	expect_wait("read", 1, ends[1], -1);
	setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &never, sizeof(never));
}

static void datagrams(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET }, from;
	socklen_t length = sizeof(address), from_length = sizeof(from);
	int to = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
	char data[16];

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(to, (struct sockaddr *)&address, length) < 0 ||
	    getsockname(to, (struct sockaddr *)&address, &length) < 0)
		abort();
	said("sendto", sendto(out, "datagram", 8, 0, (struct sockaddr *)&address, length));
	until_arrived(to);
	said("recvfrom, ready",
	     recvfrom(to, data, room(), 0, (struct sockaddr *)&from, &from_length));
	said("its family", from.sin_family == AF_INET);
	said("its length", from_length);
	connect(out, (struct sockaddr *)&address, length);
	expect_wait("connect", 1, out, 0);
	later_send(out, "late");
	said("recvfrom, late", recvfrom(to, data, room(), 0, NULL, NULL));
	expect_wait("recvfrom", 1, to, 4);
	later_done();
	said("send, empty datagram", send(out, "", 0, 0));
	until_arrived(to);
	said("recv, empty datagram", recv(to, data, room(), 0));
	close(to);
	close(out);
}

static void no_sockets(void)
{
	char data[16];
	int pipes[2], file = open("/dev/zero", O_RDONLY);

	if (pipe(pipes) < 0)
		abort();
	said("write, pipe", write(pipes[1], "text", 4));
	said("read, pipe", read(pipes[0], data, room()));
	said("read, file", read(file, data, room()));
	said("recv, file", recv(file, data, room(), 0));
	said("read, none", read(-1, data, room()));
	said("recv, none", recv(-1, data, room(), 0));
	close_both(pipes);
	said("recv, closed", recv(pipes[0], data, room(), 0));
	close(file);
}

static void listeners(void)
{
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);
	int listener = listening(), fd;

	later_connect(listener);
	fd = accept(listener, (struct sockaddr *)&peer, &length);
	expect_wait("accept", 3, listener, fd);
	said("accept", fd >= 0 && length == sizeof(peer));
	later_done();
	close(fd);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	said("accept, not blocking", accept(listener, NULL, NULL));
	said("accept4, not blocking", accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	said("recv, not connected", recv(listener, &peer, room(), 0));
	close(listener);
}

/* A thread that is cancelled while it waits, and one that was before. */
static void *wait_for_ever(void *fd)
{
	char data[1];

	for (;;) {
		if (read(*(int *)fd, data, sizeof(data)) == 0)
			return NULL;
	}
}

static void cancelled(int ends[2])
{
	pthread_t thread;
	void *result;

	for (unsigned delay_us = 0; delay_us <= 20000; delay_us += 20000) {
		pthread_create(&thread, NULL, wait_for_ever, &ends[1]);
		if (delay_us)
			usleep(delay_us);
		if (delay_us)
			expect_wait("usleep", 6, -1, 0);
		pthread_cancel(thread);
		result = thread_done(thread);
		said("read, cancelled", result == PTHREAD_CANCELED);
	}
}

/* Last, for from then on nothing is tried first. */
static void low_water(int ends[2])
{
	char data[16];
	int four = 4;

	setsockopt(ends[1], SOL_SOCKET, SO_RCVLOWAT, &four, sizeof(four));
	give(ends[0], ends[1], "12");
	later_send(ends[0], "34567");
	said("recv, at least four bytes", recv(ends[1], data, room(), 0));
	expect_wait("recv", 1, ends[1], 7);
	later_done();
}

static void ended(int ends[2])
{
	char data[16];

	shutdown(ends[0], SHUT_WR);
	said("recv, end", recv(ends[1], data, room(), 0));
	expect_wait("recv", 1, ends[1], 0);
}

void waits_receiving(void)
{
	int ends[2];

	connected(ends);
	plain(ends);
	vectors(ends);
	whole(ends);
	not_blocking(ends);
	interrupted(ends);
	datagrams();
	no_sockets();
	listeners();
	cancelled(ends);
	low_water(ends);
	ended(ends);
	close_both(ends);
}
