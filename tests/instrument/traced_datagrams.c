/*
 * A server of datagrams, and its clients in the same program: each datagram is a session of its peer, from
 * its receipt to the next receive. traced_datagrams HOW: "loop" (blocking recvfrom), "poll" (of two
 * sockets, recvmsg). Of four datagrams one is passed on to another server, whose answer is no client.
 *
 * On standard output: the ports of the clients, a line each.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 4

static struct sockaddr_in server, behind;

static int bound(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (struct sockaddr *)address, sizeof(*address)) != 0 ||
	    getsockname(fd, (struct sockaddr *)address, &length) != 0)
		abort();
	return fd;
}

/* Not by any call that is watched: nobody's sessions are in the way. */
static void *clients(void *nothing)
{
	char buffer[64];

	for (int i = 0; i < CLIENTS; i++) {
		struct sockaddr_in own;
		int fd = bound(&own);

		if (connect(fd, (struct sockaddr *)&server, sizeof(server)) != 0 ||
		    send(fd, "question", 8, 0) != 8 || recv(fd, buffer, sizeof(buffer), 0) != 6)
			abort();
		printf("%d\n", ntohs(own.sin_port));
		close(fd);
	}
	return nothing;
}

__attribute__((noinline)) static void answer(int fd, const struct sockaddr_in *peer)
{
	if (sendto(fd, "answer", 6, 0, (const struct sockaddr *)peer, sizeof(*peer)) != 6)
		abort();
}

/* A socket of its own, as resolvers have it. */
__attribute__((noinline)) static void ask_behind(int other)
{
	struct sockaddr_in from, own;
	socklen_t length = sizeof(from);
	char buffer[64];
	int fd = bound(&own);

	if (sendto(fd, "ask", 3, 0, (struct sockaddr *)&behind, sizeof(behind)) != 3 ||
	    recv(other, buffer, sizeof(buffer), 0) != 3 ||
	    sendto(other, "tell", 4, 0, (struct sockaddr *)&own, sizeof(own)) != 4 ||
	    recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &length) != 4)
		abort();
	close(fd);
}

static void serve_one(int fd, int polls, int unused)
{
	struct sockaddr_in peer;
	char buffer[64];
	struct iovec part = { buffer, sizeof(buffer) };
	struct msghdr message = {
		.msg_name = &peer, .msg_namelen = sizeof(peer), .msg_iov = &part, .msg_iovlen = 1
	};
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
				 { .fd = unused, .events = POLLIN } };
	socklen_t length = sizeof(peer);

	if (polls && poll(fds, 2, -1) != 1)
		abort();
	if (polls ? recvmsg(fd, &message, 0) != 8
		  : recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&peer, &length) != 8)
		abort();
	answer(fd, &peer);
}

int main(int argc, char **argv)
{
	int fd = bound(&server), other = bound(&behind),
	    polls = argc > 1 && !strcmp(argv[1], "poll");
	pthread_t thread;

	if (pthread_create(&thread, NULL, clients, NULL) != 0)
		return 1;
	for (int i = 0; i < CLIENTS; i++) {
		serve_one(fd, polls, other);
		if (i == 2)
			ask_behind(other);
	}
	pthread_join(thread, NULL);
	return 0;
}
