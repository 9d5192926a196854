#include "connection.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <flowdar/flowdar.h>

#define DRAIN_READS_MAX 32u

struct connection *connection_new(int fd, const struct sockaddr_in *peer, unsigned timeout_s)
{
	struct connection *connection = malloc(sizeof(*connection));
	struct timeval timeout = { .tv_sec = (time_t)timeout_s };
	int on = 1;

	if (!connection) {
		close(fd);
		return NULL;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	connection->fd = fd;
	connection->used = 0;
	FLOWDAR_SESSION_BEGIN(connection, peer, fd);
	return connection;
}

void connection_end(struct connection *connection)
{
	close(connection->fd);
	FLOWDAR_SESSION_END(connection);
	free(connection);
}

enum read_end connection_read(struct connection *connection)
{
	ssize_t got;

	if (connection->used == sizeof(connection->buffer))
		return READ_FULL;
	do {
		got = recv(connection->fd, connection->buffer + connection->used,
			   sizeof(connection->buffer) - connection->used, 0);
	} while (got < 0 && errno == EINTR);
	if (got == 0)
		return READ_CLOSED;
	if (got < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? READ_TIMEOUT : READ_ERROR;
	connection->used += (size_t)got;
	return READ_MORE;
}

void connection_consume(struct connection *connection, size_t bytes)
{
	connection->used -= bytes;
	memmove(connection->buffer, connection->buffer + bytes, connection->used);
}

void connection_drain(struct connection *connection)
{
	unsigned reads = 0;

	shutdown(connection->fd, SHUT_WR);
	do {
		connection->used = 0;
	} while (reads++ < DRAIN_READS_MAX && connection_read(connection) == READ_MORE);
}

bool connection_write(struct connection *connection, const void *data, size_t bytes)
{
	const char *from = data;

	while (bytes > 0) {
		ssize_t sent = send(connection->fd, from, bytes, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		from += sent;
		bytes -= (size_t)sent;
	}
	return true;
}
