/*
 * A server of datagrams that takes as many as there are with one call, and its clients in the same program: all
 * have asked before it looks. traced_datagrams_many HOW: "waits" (recvmmsg that waits for the first), "asks"
 * (recvmmsg that does not wait, after poll; and on another socket it is the first to send, by sendmmsg: a client there),
 * "edges" (it has a descriptor under watch for edges, and gets all it asked for), "errors" (its clients have gone, and it
 * takes from the queue of errors that they have).
 *
 * On standard output: the ports of the clients whose sessions can be told, a line each.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 4
#define ROOM    8

static struct sockaddr_in server;
static int clients[CLIENTS];

/* What one call takes or sends. */
struct many {
	struct sockaddr_in peers[ROOM];
	char texts[ROOM][64];
	struct iovec parts[ROOM];
	struct mmsghdr messages[ROOM];
};

static void check(int right)
{
	if (!right)
		abort();
}

static int bound(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	check(fd >= 0 && bind(fd, (struct sockaddr *)address, sizeof(*address)) == 0 &&
	      getsockname(fd, (struct sockaddr *)address, &length) == 0);
	return fd;
}

static void many_set(struct many *many)
{
	memset(many, 0, sizeof(*many));
	for (int i = 0; i < ROOM; i++) {
		many->parts[i] = (struct iovec){ many->texts[i], sizeof(many->texts[i]) };
		many->messages[i].msg_hdr = (struct msghdr){ .msg_name = &many->peers[i],
							     .msg_namelen = sizeof(many->peers[i]),
							     .msg_iov = &many->parts[i],
							     .msg_iovlen = 1 };
	}
}

static void *ask(void *told)
{
	for (int i = 0; i < CLIENTS; i++) {
		struct sockaddr_in own;

		clients[i] = bound(&own);
		check(connect(clients[i], (struct sockaddr *)&server, sizeof(server)) == 0 &&
		      send(clients[i], "question", 8, 0) == 8);
		if (told)
			printf("%d\n", ntohs(own.sin_port));
	}
	return NULL;
}

static void *hear(void *nothing)
{
	char text[64];

	for (int i = 0; i < CLIENTS; i++) {
		check(recv(clients[i], text, sizeof(text), 0) == 6);
		close(clients[i]);
	}
	return nothing;
}

static void *leave(void *nothing)
{
	for (int i = 0; i < CLIENTS; i++)
		close(clients[i]);
	return nothing;
}

static void in_thread(void *(*run)(void *), void *argument)
{
	pthread_t thread;

	check(pthread_create(&thread, NULL, run, argument) == 0 && pthread_join(thread, NULL) == 0);
}

/* As many as there are and room is for, and their answers; gives how many. */
static int serve(int fd, int unused, int flags, unsigned room)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
				 { .fd = unused, .events = POLLIN } };
	struct many many;
	int count;

	many_set(&many);
	if (flags == MSG_DONTWAIT)
		check(poll(fds, 2, -1) == 1);
	count = recvmmsg(fd, many.messages, room, flags, NULL);
	check(count > 0);
	for (int i = 0; i < count; i++) {
		check(many.messages[i].msg_len == 8);
		strcpy(many.texts[i], "answer");
		many.parts[i].iov_len = 6;
	}
	check(sendmmsg(fd, many.messages, (unsigned)count, 0) == count);
	return count;
}

/* The answer comes back, as nobody took it. */
static void take_error(int fd)
{
	struct pollfd failed = { .fd = fd };
	struct many many;

	many_set(&many);
	check(poll(&failed, 1, -1) == 1 &&
	      recvmmsg(fd, many.messages, ROOM, MSG_ERRQUEUE, NULL) == 1 &&
	      many.messages[0].msg_len == 6 && many.messages[0].msg_hdr.msg_namelen > 0);
}

static void watch_edges(int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	check(epoll_ctl(epoll_create1(0), EPOLL_CTL_ADD, fd, &event) == 0);
}

/* Of a server that answers us. */
static void ask_behind(int fd)
{
	struct sockaddr_in address, own, from;
	socklen_t length = sizeof(own);
	int behind = bound(&address);
	struct many many;
	char text[64];

	many_set(&many);
	many.peers[0] = address;
	check(sendmmsg(fd, many.messages, 1, 0) == 1 &&
	      getsockname(fd, (struct sockaddr *)&own, &length) == 0 &&
	      sendto(behind, "answer", 6, 0, (struct sockaddr *)&own, sizeof(own)) == 6 &&
	      recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&from, &length) == 6);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	int fd = bound(&server), unused = bound(&(struct sockaddr_in){ 0 }),
	    edges = !strcmp(how, "edges"), errors = !strcmp(how, "errors");

	if (!strcmp(how, "asks"))
		ask_behind(unused);
	if (edges) {
		watch_edges(fd);
		in_thread(ask, NULL);
		check(serve(fd, unused, MSG_DONTWAIT, ROOM) == CLIENTS);
		in_thread(hear, NULL);
	}
	in_thread(ask, &server);
	if (errors)
		in_thread(leave, NULL);
	check(!errors || setsockopt(fd, IPPROTO_IP, IP_RECVERR, &errors, sizeof(errors)) == 0);
	for (int served = 0; served < CLIENTS;) {
		served += serve(fd, unused, strcmp(how, "waits") ? MSG_DONTWAIT : MSG_WAITFORONE,
				edges || errors ? 1 : ROOM);
		if (errors)
			take_error(fd);
	}
	if (!errors)
		in_thread(hear, NULL);
	return 0;
}
