#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int bind_and_listen(int fd, struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)address, length) < 0 || listen(fd, 128) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, &length) < 0)
		return errno;
	return 0;
}

int listener_open(struct listener *listener, const char *address, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	int error;

	if (inet_pton(AF_INET, address, &in.sin_addr) != 1)
		return EINVAL;
	listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener->fd < 0)
		return errno;
	error = bind_and_listen(listener->fd, &in);
	if (error != 0)
		close(listener->fd);
	else
		listener->port = ntohs(in.sin_port);
	return error;
}

/* No worker will come to it soon. */
static void connection_refuse(struct connection *connection)
{
	static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\n"
				   "Content-Length: 0\r\nConnection: close\r\n\r\n";

	connection_write(connection, busy, sizeof(busy) - 1);
	connection_end(connection);
}

static void client_accept(struct listener *listener, int fd, const struct sockaddr_in *peer)
{
	struct connection *connection = connection_new(fd, peer, listener->timeout_s);

	if (connection && !queue_put(listener->queue, connection))
		connection_refuse(connection);
}

/* Whether accept() may work next time. When descriptors or memory are short, others must end first.
 */
static bool accept_again(int error)
{
	struct timespec pause = { .tv_nsec = 10000000 };

	switch (error) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		nanosleep(&pause, NULL);
		return true;
	case EINTR:
	case ECONNABORTED:
	case EPERM:
	case EPROTO:
		return true;
	default:
		return false; /* EINVAL: listener_stop() has shut the socket down */
	}
}

static void *listener_run(void *user)
{
	struct listener *listener = user;

	for (;;) {
		struct sockaddr_in peer;
		socklen_t length = sizeof(peer);
		int fd = accept4(listener->fd, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC);

		if (fd >= 0)
			client_accept(listener, fd, &peer);
		else if (!accept_again(errno))
			return NULL;
	}
}

int listener_start(struct listener *listener, struct queue *queue, unsigned timeout_s)
{
	int error;

	listener->queue = queue;
	listener->timeout_s = timeout_s;
	error = pthread_create(&listener->thread, NULL, listener_run, listener);
	if (error == 0)
		pthread_setname_np(listener->thread, "acceptor");
	return error;
}

void listener_stop(struct listener *listener)
{
	shutdown(listener->fd, SHUT_RDWR);
	pthread_join(listener->thread, NULL);
	close(listener->fd);
}
