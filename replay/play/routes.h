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
#ifndef FDAR_REPLAY_PLAY_ROUTES_H
#define FDAR_REPLAY_PLAY_ROUTES_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/endpoint.h"

struct fdar_route {
	uint16_t port; /* captured server port; 0: all that no other route is for */
	struct fdar_endpoint target;
};

struct fdar_routes {
	struct fdar_route *routes; /* owned */
	size_t count;
	struct fdar_prefix sources[2]; /* IPv4, IPv6; no family when not given */
};

/* Adds "HOST:PORT" for all other sessions, or "PORT=HOST:PORT" for a captured port. Names are
 * looked up. FALSE and error (G_OPTION_ERROR_BAD_VALUE). */
gboolean fdar_routes_add_target(struct fdar_routes *routes, const char *text, GError **error);
gboolean fdar_routes_add_map(struct fdar_routes *routes, const char *text, GError **error);

/* Adds a prefix of source addresses; a second one of the same family replaces the first. */
gboolean fdar_routes_add_sources(struct fdar_routes *routes, const char *text, GError **error);

/* NULL when sessions to that port have no target. */
const struct fdar_endpoint *fdar_routes_target(const struct fdar_routes *routes, uint16_t port);

/* The address for client host number n playing at target; family none: the kernel's choice. */
void fdar_routes_source(const struct fdar_routes *routes, const struct fdar_endpoint *target,
			uint64_t n, struct fdar_endpoint *source);

/* Frees what it owns, not the struct. */
void fdar_routes_clear(struct fdar_routes *routes);

/* Parses "HOST:PORT" or "[HOST]:PORT" and looks a name up. */
gboolean fdar_endpoint_parse(const char *text, struct fdar_endpoint *endpoint, GError **error);

/* Is the address this machine's (loopback, an interface's, or in a local route)? */
gboolean fdar_endpoint_is_local(const struct fdar_endpoint *endpoint);

/* Opens a non-blocking socket of type for the endpoints, bound to source (family none: not bound).
 * -1 with errno set, and *step is what failed, a static text. */
int fdar_endpoint_socket(const struct fdar_endpoint *source, int family, int type,
			 const char **step);

#endif
