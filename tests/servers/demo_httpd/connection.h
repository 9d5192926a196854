/*
 * A client's connection: its descriptor, and what has been read from it but not been used yet.
 *
 * Made by the acceptor, handed through the queue to a worker, ended by that worker. Its address is
 * flowdar's key of the session.
 */
#ifndef DEMO_CONNECTION_H
#define DEMO_CONNECTION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define CONNECTION_BUFFER_BYTES 8192u

struct connection {
	int fd;
	size_t used; /* bytes in buffer */
	char buffer[CONNECTION_BUFFER_BYTES];
};

enum read_end { READ_MORE, READ_CLOSED, READ_TIMEOUT, READ_FULL, READ_ERROR };

/* Takes over fd; NULL, and fd closed, when memory is short. Begins flowdar's session. */
struct connection *connection_new(int fd, const struct sockaddr_in *peer, unsigned timeout_s);

/* Ends the session and closes. */
void connection_end(struct connection *connection);

/* Waits for some bytes more. */
enum read_end connection_read(struct connection *connection);

/* Drops the first bytes of the buffer. */
void connection_consume(struct connection *connection, size_t bytes);

/* Ends our side and waits a little for the client's, so that it can read an answer given before it
 * had sent all. */
void connection_drain(struct connection *connection);

/* False when the client does not take it. */
bool connection_write(struct connection *connection, const void *data, size_t bytes);

#endif
