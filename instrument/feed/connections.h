/*
 * Connections: what the server's descriptors are in the place of sockets of a network.
 *
 * Place in the house: between the script and the calls. A socket of TCP is one end of a pair of local sockets, so that
 * the kernel's poll, epoll, read and write work on it as they are; we hold the other end. Through that of a
 * listener a byte comes for each connection that waits to be accepted; through that of a connection, what its
 * client says. What the server says is read away at once, and counted.
 *
 * Threads: whoever has the baton.
 */
#ifndef FDAR_INSTRUMENT_FEED_CONNECTIONS_H
#define FDAR_INSTRUMENT_FEED_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "instrument/wire/feed.h"

enum fdar_socket_kind {
	FDAR_SOCKET_NONE,
	FDAR_SOCKET_NEW,
	FDAR_SOCKET_LISTENS,
	FDAR_SOCKET_CONNECTION
};

struct fdar_socket {
	uint8_t kind;                  /* enum fdar_socket_kind */
	uint8_t family;                /* 4 or 6 */
	bool shut;                     /* of a listener: it takes no more */
	int other;                     /* our end */
	uint16_t port;                 /* of a listener, host byte order */
	struct sockaddr_storage bound; /* of a listener */
	uint32_t connection;
};

/* NULL when it is none of ours. */
struct fdar_socket *fdar_socket_of(int fd);

/* A new one; flags: of SOCK_NONBLOCK and SOCK_CLOEXEC. -1 and errno. */
int fdar_socket_new(int family, int flags);
/* It is a listener from now on. */
void fdar_socket_listen(int fd);
/* Whether a connection waits to be accepted. */
bool fdar_socket_is_asked(int fd);
/* The next connection of a listener; -1 and errno (EAGAIN). */
int fdar_socket_accept(int fd, int flags);
/* Before its descriptor is closed. */
void fdar_socket_forget(int fd);

/* The address of a connection's end, or of a listener, as getpeername and getsockname give it. */
void fdar_socket_address(const struct fdar_socket *one, bool peer, struct sockaddr *address,
			 socklen_t *length);

/* Reads away what the server has written. */
void fdar_socket_drain(struct fdar_socket *one);

/* A step of the capture. */
void fdar_connections_play(const struct fdar_feed_step *step, const uint8_t *bytes);

/* One line on standard error: how much was fed. Comes by itself when the process exits. */
void fdar_connections_tell(void);

#endif
