/*
 * Servers that make it hard to be fed: feed_odd WAY PORT. Of each way it is known how it ends.
 *
 *	nothing   ends at once
 *	never     listens, and never accepts
 *	forked    goes to the background before it listens
 *	pause     its first thread waits for a signal alone, another one serves
 *	suspend   likewise, with the signal blocked until then
 *	waits     likewise, has no handler, takes SIGTERM by sigwait, and ends with 7
 *	masked    serves, and SIGTERM comes only while it polls
 *	plain     serves, and has no handler for SIGTERM
 *	closes    closes all that it has not opened, and asks for what cannot be fed
 *	deaf      serves, and takes no notice of SIGTERM
 *	looks     serves, and polls without waiting
 *	tries     serves, and accepts and reads without waiting, polling never
 *	spins     takes a connection, and does nothing but work from then on
 *	finds     likewise, and asks again and again whether it may write, which it may
 *	deaf-looks, deaf-tries    likewise, and take no notice of SIGTERM
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t stop;
static sigset_t before; /* the mask that lets SIGTERM in */

static void on_term(int number)
{
	(void)number;
	stop = 1;
}

static int listen_at(unsigned short port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, 64) != 0) {
		perror("listen");
		exit(1);
	}
	return fd;
}

static void answer(int fd)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		if (write(fd, bytes, (size_t)n) != n)
			break;
	close(fd);
}

/* Of a server that never waits: until the client is done. */
static void answer_trying(int fd)
{
	char bytes[4096];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) != 0 && !stop)
		if (n > 0 && write(fd, bytes, (size_t)n) != n)
			break;
	close(fd);
}

static void serve_trying(int listener)
{
	fcntl(listener, F_SETFL, O_NONBLOCK);
	while (!stop) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			answer_trying(fd);
	}
}

static void serve_looking(int listener)
{
	struct pollfd one = { .fd = listener, .events = POLLIN };

	while (!stop)
		if (poll(&one, 1, 0) > 0)
			answer(accept(listener, NULL, NULL));
}

/* Never ends by itself, and never waits. */
static void spin(int listener, int finds)
{
	struct pollfd one = { .fd = accept(listener, NULL, NULL), .events = POLLOUT };

	for (volatile unsigned long rounds = 0;; rounds++)
		if (finds)
			poll(&one, 1, 0);
}

/* One connection after the other, until SIGTERM. */
static void serve(int listener)
{
	struct pollfd one = { .fd = listener, .events = POLLIN };

	while (!stop)
		if (ppoll(&one, 1, NULL, &before) > 0)
			answer(accept(listener, NULL, NULL));
}

static void *serve_beside(void *listener)
{
	serve(*(int *)listener);
	return NULL;
}

static void block_term(void)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
}

static int wait_for_term(int listener, int blocked)
{
	pthread_t thread;

	if (blocked)
		block_term();
	if (pthread_create(&thread, NULL, serve_beside, &listener) != 0)
		return 1;
	while (!stop) {
		if (blocked)
			sigsuspend(&before);
		else
			pause();
	}
	return 0;
}

/* Nobody lets SIGTERM in. */
static int take_term(int listener)
{
	sigset_t term;
	pthread_t thread;
	int number;

	block_term();
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigaddset(&before, SIGTERM);
	if (pthread_create(&thread, NULL, serve_beside, &listener) != 0)
		return 1;
	return sigwait(&term, &number) == 0 ? 7 : 1;
}

int main(int argc, char **argv)
{
	const char *way = argc > 2 ? argv[1] : "";
	struct sigaction action = { .sa_handler = on_term };
	int listener;

	if (argc < 3 || strcmp(way, "nothing") == 0)
		return 0;
	if (strncmp(way, "deaf", 4) == 0)
		action.sa_handler = SIG_IGN;
	if (strcmp(way, "plain") != 0 && strcmp(way, "waits") != 0)
		sigaction(SIGTERM, &action, NULL);
	if (strcmp(way, "closes") == 0) {
		for (int fd = 3; fd < 1024; fd++)
			close(fd);
		return socket(AF_INET, SOCK_DGRAM, 0) < 0;
	}
	if (strcmp(way, "forked") == 0 && fork() != 0)
		return 0;
	listener = listen_at((unsigned short)atoi(argv[2]));
	if (strcmp(way, "pause") == 0 || strcmp(way, "suspend") == 0)
		return wait_for_term(listener, strcmp(way, "suspend") == 0);
	if (strcmp(way, "waits") == 0)
		return take_term(listener);
	if (strcmp(way, "never") == 0) {
		while (!stop)
			poll(NULL, 0, 1000);
		return 0;
	}
	if (strcmp(way, "masked") == 0)
		block_term();
	if (strcmp(way, "spins") == 0 || strcmp(way, "finds") == 0)
		spin(listener, way[0] == 'f');
	else if (strstr(way, "looks"))
		serve_looking(listener);
	else if (strstr(way, "tries"))
		serve_trying(listener);
	else
		serve(listener);
	return 0;
}
