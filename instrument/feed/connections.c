#include "feed/connections.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feed/next.h"
#include "feed/script.h"

#define SOCKETS_MAX 65536
/* Our ends lie above what a server counts on: the numbers that it gets are those of a real run. */
#define OTHERS_FROM 20000

/* A connection of the script. */
struct client {
	const struct fdar_feed_step *open; /* in the script */
	int other; /* our end; -1: before it is accepted, and after its end */
	bool accepted;
	bool fin;       /* its client has said all */
	uint8_t *early; /* what came before it was accepted; owned */
	uint32_t early_length;
};

static struct fdar_socket *sockets[SOCKETS_MAX];
static struct client *clients;
static uint64_t unread, heard, refused;
static uint32_t opened;

struct fdar_socket *fdar_socket_of(int fd)
{
	return fd >= 0 && fd < SOCKETS_MAX ? sockets[fd] : NULL;
}

/* ---- descriptors ---- */

/* One end for the server, at the lowest number, and one for us, high up. */
static int make_pair(int flags, int *other)
{
	int pair[2], high;

	if (socketpair(AF_UNIX, SOCK_STREAM | flags, 0, pair) != 0)
		return -1;
	high = FDAR_NEXT(fcntl)(pair[1], F_DUPFD_CLOEXEC, OTHERS_FROM);
	if (high < 0)
		high = FDAR_NEXT(fcntl)(pair[1], F_DUPFD_CLOEXEC, 500);
	FDAR_NEXT(close)(pair[1]);
	if (high < 0)
		fdar_feed_refuse("the limit of open files is too low: ulimit -n");
	FDAR_NEXT(fcntl)(high, F_SETFL, FDAR_NEXT(fcntl)(high, F_GETFL) | O_NONBLOCK);
	*other = high;
	return pair[0];
}

int fdar_socket_new(int family, int flags)
{
	struct fdar_socket *one = calloc(1, sizeof(*one));
	int fd;

	if (!one) {
		errno = ENOMEM;
		return -1;
	}
	fd = make_pair(flags, &one->other);
	if (fd < 0 || fd >= SOCKETS_MAX) {
		free(one);
		return -1;
	}
	one->kind = FDAR_SOCKET_NEW;
	one->family = family == AF_INET6 ? 6 : 4;
	sockets[fd] = one;
	return fd;
}

void fdar_socket_listen(int fd)
{
	sockets[fd]->kind = FDAR_SOCKET_LISTENS;
	if (!clients && fdar_feed_header()->connections)
		clients = calloc(fdar_feed_header()->connections, sizeof(*clients));
}

void fdar_socket_forget(int fd)
{
	struct fdar_socket *one = fdar_socket_of(fd);

	if (!one)
		return;
	fdar_socket_drain(one);
	if (one->kind == FDAR_SOCKET_CONNECTION && clients[one->connection].other == one->other)
		clients[one->connection].other = -1;
	FDAR_NEXT(close)(one->other);
	free(one);
	sockets[fd] = NULL;
}

void fdar_socket_drain(struct fdar_socket *one)
{
	uint8_t bytes[65536];
	ssize_t n;

	if (one->kind != FDAR_SOCKET_CONNECTION)
		return;
	while ((n = FDAR_NEXT(recv)(one->other, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		heard += (uint64_t)n;
}

/* ---- what comes ---- */

static void say(struct client *client, const uint8_t *bytes, uint32_t length)
{
	ssize_t n = FDAR_NEXT(send)(client->other, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	/* The server reads nothing, or has closed: as in a network, its loss. */
	if (n < (ssize_t)length)
		unread += length - (uint32_t)(n > 0 ? n : 0);
}

/* The listener on the captured port; where nobody has that, on the only port there is. Of the client's family,
 * if there is one. */
static int find_listener(const struct fdar_feed_step *step)
{
	int found = -1, worth = 0;
	bool many = false;

	for (int fd = 0; fd < SOCKETS_MAX; fd++) {
		const struct fdar_socket *one = sockets[fd];
		int this_worth;

		if (!one || one->kind != FDAR_SOCKET_LISTENS || one->shut)
			continue;
		many |= found >= 0 && sockets[found]->port != one->port;
		this_worth = 1 + (one->family == step->client.family) +
			     4 * (one->port == step->server.port);
		if (this_worth > worth) {
			worth = this_worth;
			found = fd;
		}
	}
	return worth > 4 || !many ? found : -1;
}

static void open_client(const struct fdar_feed_step *step)
{
	struct client *client = &clients[step->connection];
	int listener = find_listener(step);
	uint32_t number = step->connection;

	if (listener < 0) {
		refused++;
		return;
	}
	*client = (struct client){ .open = step, .other = -1 };
	opened++;
	if (FDAR_NEXT(send)(sockets[listener]->other, &number, sizeof(number),
			    MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(number))
		fdar_feed_refuse("more connections wait to be accepted than can be kept");
}

static void keep_early(struct client *client, const uint8_t *bytes, uint32_t length)
{
	uint8_t *more = realloc(client->early, (size_t)client->early_length + length);

	if (!more)
		fdar_feed_refuse("out of memory");
	memcpy(more + client->early_length, bytes, length);
	client->early = more;
	client->early_length += length;
}

void fdar_connections_play(const struct fdar_feed_step *step, const uint8_t *bytes)
{
	struct client *client;

	if (!clients)
		fdar_feed_refuse("the server waits, and listens on no TCP port");
	client = &clients[step->connection];
	if (step->kind == FDAR_FEED_OPEN) {
		open_client(step);
	} else if (!client->open || client->fin) {
		return;
	} else if (step->kind != FDAR_FEED_SEND) {
		client->fin = true;
		if (client->other >= 0)
			FDAR_NEXT(shutdown)(client->other, SHUT_WR);
	} else if (!client->accepted) {
		keep_early(client, bytes, step->length);
	} else if (client->other >= 0) {
		say(client, bytes, step->length);
	} else {
		unread += step->length; /* the server has closed */
	}
}

/* ---- accepting ---- */

bool fdar_socket_is_asked(int fd)
{
	uint32_t number;

	return sockets[fd]->shut ||
	       FDAR_NEXT(recv)(fd, &number, sizeof(number), MSG_DONTWAIT | MSG_PEEK) > 0;
}

int fdar_socket_accept(int fd, int flags)
{
	struct client *client;
	uint32_t number;
	int made;

	if (sockets[fd]->shut) {
		errno = EINVAL;
		return -1;
	}
	if (FDAR_NEXT(recv)(fd, &number, sizeof(number), MSG_DONTWAIT) != sizeof(number)) {
		errno = EAGAIN;
		return -1;
	}
	made = fdar_socket_new(sockets[fd]->family == 6 ? AF_INET6 : AF_INET, flags);
	if (made < 0)
		return -1;
	client = &clients[number];
	sockets[made]->kind = FDAR_SOCKET_CONNECTION;
	sockets[made]->connection = number;
	client->other = sockets[made]->other;
	client->accepted = true;
	if (client->early_length)
		say(client, client->early, client->early_length);
	free(client->early);
	client->early = NULL;
	client->early_length = 0;
	if (client->fin)
		FDAR_NEXT(shutdown)(client->other, SHUT_WR);
	return made;
}

/* ---- addresses ---- */

static socklen_t fill(struct sockaddr_storage *out, const struct fdar_feed_address *from,
		      uint8_t family)
{
	struct sockaddr_in6 *six = (void *)out;
	struct sockaddr_in *four = (void *)out;

	memset(out, 0, sizeof(*out));
	if (from->family == 4 && family == 4) {
		four->sin_family = AF_INET;
		four->sin_port = htons(from->port);
		memcpy(&four->sin_addr, from->bytes, 4);
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(from->port);
	if (from->family == 6) {
		memcpy(&six->sin6_addr, from->bytes, 16);
	} else { /* mapped, as a listener of both families sees it */
		six->sin6_addr.s6_addr[10] = six->sin6_addr.s6_addr[11] = 0xff;
		memcpy(&six->sin6_addr.s6_addr[12], from->bytes, 4);
	}
	return sizeof(*six);
}

void fdar_socket_address(const struct fdar_socket *one, bool peer, struct sockaddr *address,
			 socklen_t *length)
{
	struct sockaddr_storage out = one->bound;
	socklen_t size =
		one->family == 6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

	if (!address || !length)
		return;
	if (one->kind == FDAR_SOCKET_CONNECTION) {
		const struct fdar_feed_step *open = clients[one->connection].open;

		size = fill(&out, peer ? &open->client : &open->server, one->family);
	} else if (!out.ss_family) {
		out.ss_family = one->family == 6 ? AF_INET6 : AF_INET;
	}
	memcpy(address, &out, *length < size ? *length : size);
	*length = size;
}

/* ---- the end ---- */

/* Those that nobody accepted; what they said was not read either. */
static uint64_t count_left(uint32_t count)
{
	uint64_t left = 0;

	for (uint32_t i = 0; i < count; i++)
		if (clients[i].open && !clients[i].accepted) {
			left++;
			unread += clients[i].early_length;
		}
	return left;
}

__attribute__((destructor)) void fdar_connections_tell(void)
{
	const struct fdar_feed_header *header = fdar_feed_header();
	uint64_t left;

	if (!header || getpid() != fdar_feed_owner())
		return;
	if (!clients) {
		if (fdar_feed_is_first())
			dprintf(fdar_feed_errors(),
				"flowdar feed: nothing was fed: the program ended, and "
				"listened on no TCP port\n");
		return;
	}
	left = count_left(header->connections);
	dprintf(fdar_feed_errors(),
		"flowdar feed: %llu of %llu steps, %u of %u connections; the server said %llu "
		"bytes",
		(unsigned long long)fdar_feed_done(), (unsigned long long)header->steps, opened,
		header->connections, (unsigned long long)heard);
	if (unread)
		dprintf(fdar_feed_errors(), ", %llu of its clients' were not read",
			(unsigned long long)unread);
	if (left)
		dprintf(fdar_feed_errors(), ", %llu connections were not accepted",
			(unsigned long long)left);
	if (refused)
		dprintf(fdar_feed_errors(), ", %llu connections found nobody who listens",
			(unsigned long long)refused);
	dprintf(fdar_feed_errors(), "\n");
}
