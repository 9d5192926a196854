/*
 * Endpoints and prefixes: an IP address with a port, and a range of addresses to take sources from.
 *
 * Place in the house: the bottom of replay/; everything there that names a host uses it.
 */
#ifndef FDAR_REPLAY_CAPTURE_ENDPOINT_H
#define FDAR_REPLAY_CAPTURE_ENDPOINT_H

#include <glib.h>
#include <stdint.h>
#include <sys/socket.h>

enum fdar_transport {
	FDAR_TCP = 6, /* the IP protocol numbers */
	FDAR_UDP = 17
};

enum fdar_family { FDAR_FAMILY_NONE = 0, FDAR_FAMILY_IPV4 = 4, FDAR_FAMILY_IPV6 = 6 };

/* 20 bytes without padding: may be hashed and compared as memory when it was zeroed first. */
struct fdar_endpoint {
	uint8_t addr[16]; /* network order; IPv4 uses the first four, the rest is zero */
	uint16_t port;    /* host order */
	uint8_t family;   /* enum fdar_family */
	uint8_t zero;
};

/* Longest text: "[" 45 characters "]:65535" and the NUL. */
#define FDAR_ENDPOINT_TEXT_MAX 56

/* "10.0.0.1:80", "[2001:db8::1]:80". Writes into text and gives it back. */
const char *fdar_endpoint_text(const struct fdar_endpoint *endpoint,
			       char text[FDAR_ENDPOINT_TEXT_MAX]);

/* The address alone: "10.0.0.1", "2001:db8::1". */
const char *fdar_endpoint_host(const struct fdar_endpoint *endpoint,
			       char text[FDAR_ENDPOINT_TEXT_MAX]);

gboolean fdar_endpoint_equal(const struct fdar_endpoint *a, const struct fdar_endpoint *b);

/* Fills in a socket address; gives its length, 0 when the endpoint has no family. */
socklen_t fdar_endpoint_to_sockaddr(const struct fdar_endpoint *endpoint,
				    struct sockaddr_storage *out);

/* FALSE when the address is of another family than IPv4 or IPv6. */
gboolean fdar_endpoint_from_sockaddr(const struct sockaddr *address,
				     struct fdar_endpoint *endpoint);

/* A range of addresses, "16.0.0.0/8" or "2001:db8::/64"; a plain address is a range of one. */
struct fdar_prefix {
	struct fdar_endpoint base; /* host bits and port are 0 */
	uint8_t bits;
};

/* FALSE and error (G_CONVERT_ERROR_FAILED) when the text is no prefix or has host bits set. */
gboolean fdar_prefix_parse(const char *text, struct fdar_prefix *prefix, GError **error);

/* How many addresses of it can be used as a host's: all but the first and last of an IPv4 prefix
 * shorter than /31, all but the first of an IPv6 prefix shorter than /127; at most 2^48. */
uint64_t fdar_prefix_hosts(const struct fdar_prefix *prefix);

/* The n-th of these, n < fdar_prefix_hosts(). The port of out is 0. */
void fdar_prefix_host(const struct fdar_prefix *prefix, uint64_t n, struct fdar_endpoint *out);

/* The n of fdar_prefix_host that gives this address. FALSE when none does. */
gboolean fdar_prefix_find(const struct fdar_prefix *prefix, const struct fdar_endpoint *endpoint,
			  uint64_t *n);

gboolean fdar_prefix_contains(const struct fdar_prefix *prefix,
			      const struct fdar_endpoint *endpoint);

#endif
