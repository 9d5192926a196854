/*
 * Routes: where sessions are played at, and the addresses that they are played from.
 *
 * Place in the house: used by the driver; cli/ fills it from options. A session goes to the target
 * that its captured server port is mapped to, or to the one for all others.
 *
 * Source addresses: every client host of the capture, in every clone and round, gets an address of
 * its own out of a prefix; sessions of one host share it and differ in port, which the kernel
 * chooses (IP_BIND_ADDRESS_NO_PORT: never the same four-tuple twice at once). When the prefix is
 * used up it begins again. Without a prefix for the target's family: for a target in 127.0.0.0/8
 * addresses from 127.1.0.1 upwards, for others the kernel's choice.
 */
#ifndef FD_REPLAY_ROUTES_H
#define FD_REPLAY_ROUTES_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/endpoint.h"

struct fd_route {
	uint16_t port; /* captured server port; 0: all that no other route is for */
	struct fd_endpoint target;
};

struct fd_routes {
	struct fd_route *routes; /* owned */
	size_t count;
	struct fd_prefix sources[2]; /* IPv4, IPv6; no family when not given */
};

/* Adds "HOST:PORT" for all other sessions, or "PORT=HOST:PORT" for a captured port. Names are
 * looked up. FALSE and error (G_OPTION_ERROR_BAD_VALUE). */
gboolean fd_routes_add_target(struct fd_routes *routes, const char *text, GError **error);
gboolean fd_routes_add_map(struct fd_routes *routes, const char *text, GError **error);

/* Adds a prefix of source addresses; a second one of the same family replaces the first. */
gboolean fd_routes_add_sources(struct fd_routes *routes, const char *text, GError **error);

/* NULL when sessions to that port have no target. */
const struct fd_endpoint *fd_routes_target(const struct fd_routes *routes, uint16_t port);

/* The address for client host number n playing at target; family none: the kernel's choice. */
void fd_routes_source(const struct fd_routes *routes, const struct fd_endpoint *target, uint64_t n,
		      struct fd_endpoint *source);

/* Frees what it owns, not the struct. */
void fd_routes_clear(struct fd_routes *routes);

/* Parses "HOST:PORT" or "[HOST]:PORT" and looks a name up. */
gboolean fd_endpoint_parse(const char *text, struct fd_endpoint *endpoint, GError **error);

/* Is the address this machine's (loopback, an interface's, or in a local route)? */
gboolean fd_endpoint_is_local(const struct fd_endpoint *endpoint);

/* Opens a non-blocking socket of type for the endpoints, bound to source (family none: not bound).
 * -1 with errno set, and *step is what failed, a static text. */
int fd_endpoint_socket(const struct fd_endpoint *source, int family, int type, const char **step);

#endif
