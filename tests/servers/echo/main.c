/*
 * echo_server: gives back every byte, over TCP and UDP. For the tests of replay.
 *
 *	echo_server [-6] [-g GREETING] [-s] PORT
 *
 * Listens on 0.0.0.0 (-6: on [::]) and prints "listening on PORT" when it does (PORT 0: one that is
 * free). -g: speaks first. -s: a sink, which reads everything and answers nothing. A client that is
 * done sending gets the rest of its echo, then the server closes. Ends on SIGTERM.
 *
 * One thread, epoll. A connection whose client does not read is not read from: nothing is buffered
 * but the one piece that did not fit.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 16384

struct connection {
	int fd;
	bool eof;
	size_t pending; /* bytes of piece from at that were not taken yet */
	size_t at;
	char piece[PIECE];
};

struct server {
	int epoll;
	int tcp;
	int udp;
	const char *greeting;
	bool sink;
};

static volatile sig_atomic_t ended;

static void on_term(int number)
{
	(void)number;
	ended = 1;
}

static int listen_on(int type, int family, unsigned short port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6 ? bind(fd, (struct sockaddr *)&v6, sizeof(v6)) != 0
			       : bind(fd, (struct sockaddr *)&v4, sizeof(v4)) != 0) {
		perror("echo_server: bind");
		exit(1);
	}
	if (type == SOCK_STREAM && listen(fd, 65535) != 0) {
		perror("echo_server: listen");
		exit(1);
	}
	return fd;
}

static unsigned short port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	getsockname(fd, (struct sockaddr *)&address, &length);
	return ntohs(((struct sockaddr_in *)(void *)&address)->sin_port); /* same place in both */
}

static void watch(const struct server *server, int fd, void *pointer, unsigned events)
{
	struct epoll_event event = { .events = events, .data.ptr = pointer };

	epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void accept_all(const struct server *server)
{
	for (;;) {
		int fd = accept4(server->tcp, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct connection *connection;
		int on = 1;

		if (fd < 0)
			return;
		connection = malloc(sizeof(*connection));
		if (!connection) {
			close(fd);
			return;
		}
		connection->fd = fd;
		connection->eof = false;
		connection->pending = 0;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (server->greeting && write(fd, server->greeting, strlen(server->greeting)) < 0)
			perror("echo_server: greeting");
		watch(server, fd, connection, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	}
}

static void drop(struct connection *connection)
{
	close(connection->fd);
	free(connection);
}

/* Echoes until the socket has nothing more to give or to take. */
static void serve(const struct server *server, struct connection *connection)
{
	for (;;) {
		ssize_t n;

		if (connection->pending) {
			n = send(connection->fd, connection->piece + connection->at,
				 connection->pending, MSG_NOSIGNAL);
			if (n < 0 && errno == EAGAIN)
				return;
			if (n < 0) {
				drop(connection);
				return;
			}
			connection->at += (size_t)n;
			connection->pending -= (size_t)n;
			continue;
		}
		n = read(connection->fd, connection->piece, PIECE);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			drop(connection);
			return;
		}
		connection->at = 0;
		connection->pending = server->sink ? 0 : (size_t)n;
	}
}

static void serve_udp(const struct server *server)
{
	static char datagram[65536];

	for (;;) {
		struct sockaddr_storage from;
		socklen_t length = sizeof(from);
		ssize_t n = recvfrom(server->udp, datagram, sizeof(datagram), 0,
				     (struct sockaddr *)&from, &length);

		if (n < 0)
			return;
		if (!server->sink)
			sendto(server->udp, datagram, (size_t)n, 0, (struct sockaddr *)&from,
			       length);
	}
}

static void run(struct server *server)
{
	struct epoll_event events[256];

	while (!ended) {
		int count = epoll_wait(server->epoll, events, 256, 1000);

		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr == &server->tcp)
				accept_all(server);
			else if (events[i].data.ptr == &server->udp)
				serve_udp(server);
			else
				serve(server, events[i].data.ptr);
		}
	}
}

int main(int argc, char **argv)
{
	struct server server = { 0 };
	struct sigaction action = { .sa_handler = on_term };
	struct rlimit files;
	int family = AF_INET;
	int option;

	while ((option = getopt(argc, argv, "6sg:")) != -1) {
		if (option == '6')
			family = AF_INET6;
		else if (option == 's')
			server.sink = true;
		else if (option == 'g')
			server.greeting = optarg;
		else
			return 2;
	}
	if (optind + 1 != argc) {
		fputs("usage: echo_server [-6] [-s] [-g GREETING] PORT\n", stderr);
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	sigaction(SIGTERM, &action, NULL);
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	server.tcp = listen_on(SOCK_STREAM, family, (unsigned short)atoi(argv[optind]));
	server.udp = listen_on(SOCK_DGRAM, family, port_of(server.tcp));
	watch(&server, server.tcp, &server.tcp, EPOLLIN);
	watch(&server, server.udp, &server.udp, EPOLLIN);
	printf("listening on %d\n", port_of(server.tcp));
	fflush(stdout);
	run(&server);
	return 0;
}
