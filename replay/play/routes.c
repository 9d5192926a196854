#include "replay/play/routes.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#ifndef IPV6_FREEBIND /* linux/in6.h has it, but not beside netinet/in.h */
#define IPV6_FREEBIND 78
#endif

/* Clients on loopback begin here, so that they are easy to tell from what a machine uses itself
 * (127.0.0.1, 127.0.1.1, 127.0.0.53). */
#define LOOPBACK_FIRST 0x7f010001u
#define LOOPBACK_COUNT (0x7ffffffeu - LOOPBACK_FIRST + 1)

gboolean fdar_endpoint_parse(const char *text, struct fdar_endpoint *endpoint, GError **error)
{
	const char *colon = strrchr(text, ':');
	g_autofree char *host = NULL;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	guint64 port;
	int code;

	if (!colon || colon == text ||
	    !g_ascii_string_to_unsigned(colon + 1, 10, 1, 65535, &port, NULL)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "\"%s\": expected HOST:PORT, with a port from 1 to 65535", text);
		return FALSE;
	}
	host = text[0] == '[' && colon[-1] == ']' ? g_strndup(text + 1, (gsize)(colon - text - 2))
						  : g_strndup(text, (gsize)(colon - text));
	if (text[0] != '[' && strchr(host, ':')) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "\"%s\": write an IPv6 address in brackets, [ADDRESS]:PORT", text);
		return FALSE;
	}
	code = getaddrinfo(host, NULL, &hints, &found);
	if (code != 0 || !fdar_endpoint_from_sockaddr(found->ai_addr, endpoint)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "\"%s\": %s", host,
			    code ? gai_strerror(code) : "no IP address");
		if (found)
			freeaddrinfo(found);
		return FALSE;
	}
	freeaddrinfo(found);
	endpoint->port = (uint16_t)port;
	return TRUE;
}

static void add_route(struct fdar_routes *routes, uint16_t port, const struct fdar_endpoint *target)
{
	for (size_t i = 0; i < routes->count; i++) {
		if (routes->routes[i].port == port) {
			routes->routes[i].target = *target;
			return;
		}
	}
	routes->routes = g_renew(struct fdar_route, routes->routes, routes->count + 1);
	routes->routes[routes->count].port = port;
	routes->routes[routes->count++].target = *target;
}

gboolean fdar_routes_add_target(struct fdar_routes *routes, const char *text, GError **error)
{
	struct fdar_endpoint target;

	if (!fdar_endpoint_parse(text, &target, error))
		return FALSE;
	add_route(routes, 0, &target);
	return TRUE;
}

gboolean fdar_routes_add_map(struct fdar_routes *routes, const char *text, GError **error)
{
	const char *equals = strchr(text, '=');
	g_autofree char *number = equals ? g_strndup(text, (gsize)(equals - text)) : NULL;
	struct fdar_endpoint target;
	guint64 port;

	if (!number || !g_ascii_string_to_unsigned(number, 10, 1, 65535, &port, NULL)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "\"%s\" is no PORT=HOST:PORT", text);
		return FALSE;
	}
	if (!fdar_endpoint_parse(equals + 1, &target, error))
		return FALSE;
	add_route(routes, (uint16_t)port, &target);
	return TRUE;
}

gboolean fdar_routes_add_sources(struct fdar_routes *routes, const char *text, GError **error)
{
	struct fdar_prefix prefix;

	if (!fdar_prefix_parse(text, &prefix, error))
		return FALSE;
	routes->sources[prefix.base.family == FDAR_FAMILY_IPV6] = prefix;
	return TRUE;
}

const struct fdar_endpoint *fdar_routes_target(const struct fdar_routes *routes, uint16_t port)
{
	const struct fdar_endpoint *others = NULL;

	for (size_t i = 0; i < routes->count; i++) {
		if (routes->routes[i].port == port)
			return &routes->routes[i].target;
		if (routes->routes[i].port == 0)
			others = &routes->routes[i].target;
	}
	return others;
}

void fdar_routes_source(const struct fdar_routes *routes, const struct fdar_endpoint *target,
			uint64_t n, struct fdar_endpoint *source)
{
	const struct fdar_prefix *prefix = &routes->sources[target->family == FDAR_FAMILY_IPV6];
	uint32_t host;

	memset(source, 0, sizeof(*source));
	if (prefix->base.family != FDAR_FAMILY_NONE) {
		fdar_prefix_host(prefix, n % fdar_prefix_hosts(prefix), source);
		return;
	}
	if (target->family != FDAR_FAMILY_IPV4 || target->addr[0] != 127)
		return;
	source->family = FDAR_FAMILY_IPV4;
	host = GUINT32_TO_BE(LOOPBACK_FIRST + (uint32_t)(n % LOOPBACK_COUNT));
	memcpy(source->addr, &host, sizeof(host));
}

void fdar_routes_clear(struct fdar_routes *routes)
{
	g_free(routes->routes);
	memset(routes, 0, sizeof(*routes));
}

/* bind() takes a UDP socket to the machine's own addresses, multicast and broadcast only; connect()
 * without SO_BROADCAST does not take it to the last. */
gboolean fdar_endpoint_is_local(const struct fdar_endpoint *endpoint)
{
	struct sockaddr_storage address;
	struct fdar_endpoint host = *endpoint;
	socklen_t length;
	gboolean local;
	int fd;

	if (endpoint->family == FDAR_FAMILY_IPV4 ? (endpoint->addr[0] & 0xf0) == 0xe0
						 : endpoint->addr[0] == 0xff)
		return FALSE;
	host.port = 0;
	length = fdar_endpoint_to_sockaddr(&host, &address);
	fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return FALSE;
	local = bind(fd, (struct sockaddr *)&address, length) == 0;
	host.port = 9;
	length = fdar_endpoint_to_sockaddr(&host, &address);
	local = local && connect(fd, (struct sockaddr *)&address, length) == 0;
	close(fd);
	return local;
}

static int bind_source(int fd, const struct fdar_endpoint *source, int type)
{
	struct sockaddr_storage address;
	socklen_t length = fdar_endpoint_to_sockaddr(source, &address);
	int on = 1;

	/* A port that was asked for may still be waiting out an earlier run (TIME-WAIT). Linux lets it be had again
	 * only when whoever left it had set this as well, so any port of TCP gets it. A datagram's that nobody asked
	 * for does not: the kernel would give it to two. */
	if ((source->port || type == SOCK_STREAM) &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
		return -1;
	/* Without this bind() would pick a port, which is then taken for all destinations. */
	if (!source->port &&
	    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) != 0)
		return -1;
	/* IPv6 refuses addresses of a local route that no interface has, unless told so. */
	if (source->family == FDAR_FAMILY_IPV6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on)) != 0)
		return -1;
	return bind(fd, (struct sockaddr *)&address, length);
}

int fdar_endpoint_socket(const struct fdar_endpoint *source, int family, int type,
			 const char **step)
{
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int saved;

	*step = "no socket";
	if (fd < 0)
		return -1;
	if (source->family == FDAR_FAMILY_NONE || bind_source(fd, source, type) == 0)
		return fd;
	*step = "the source address cannot be used";
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}
