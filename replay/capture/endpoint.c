#include "replay/capture/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define HOSTS_MAX ((uint64_t)1 << 48)

const char *fdar_endpoint_host(const struct fdar_endpoint *endpoint,
			       char text[FDAR_ENDPOINT_TEXT_MAX])
{
	int family = endpoint->family == FDAR_FAMILY_IPV6 ? AF_INET6 : AF_INET;

	if (endpoint->family == FDAR_FAMILY_NONE ||
	    !inet_ntop(family, endpoint->addr, text, FDAR_ENDPOINT_TEXT_MAX))
		g_strlcpy(text, "?", FDAR_ENDPOINT_TEXT_MAX);
	return text;
}

const char *fdar_endpoint_text(const struct fdar_endpoint *endpoint,
			       char text[FDAR_ENDPOINT_TEXT_MAX])
{
	char host[FDAR_ENDPOINT_TEXT_MAX];
	const char *form = endpoint->family == FDAR_FAMILY_IPV6 ? "[%s]:%u" : "%s:%u";

	fdar_endpoint_host(endpoint, host);
	g_snprintf(text, FDAR_ENDPOINT_TEXT_MAX, form, host, (unsigned)endpoint->port);
	return text;
}

gboolean fdar_endpoint_equal(const struct fdar_endpoint *a, const struct fdar_endpoint *b)
{
	return a->family == b->family && a->port == b->port &&
	       memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

socklen_t fdar_endpoint_to_sockaddr(const struct fdar_endpoint *endpoint,
				    struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (endpoint->family == FDAR_FAMILY_IPV4) {
		struct sockaddr_in v4 = { .sin_family = AF_INET,
					  .sin_port = htons(endpoint->port) };

		memcpy(&v4.sin_addr, endpoint->addr, 4);
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	if (endpoint->family == FDAR_FAMILY_IPV6) {
		struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
					   .sin6_port = htons(endpoint->port) };

		memcpy(&v6.sin6_addr, endpoint->addr, 16);
		memcpy(out, &v6, sizeof(v6));
		return sizeof(v6);
	}
	return 0;
}

gboolean fdar_endpoint_from_sockaddr(const struct sockaddr *address, struct fdar_endpoint *endpoint)
{
	memset(endpoint, 0, sizeof(*endpoint));
	if (address->sa_family == AF_INET) {
		struct sockaddr_in v4;

		memcpy(&v4, address, sizeof(v4));
		memcpy(endpoint->addr, &v4.sin_addr, 4);
		endpoint->port = ntohs(v4.sin_port);
		endpoint->family = FDAR_FAMILY_IPV4;
		return TRUE;
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;

		memcpy(&v6, address, sizeof(v6));
		memcpy(endpoint->addr, &v6.sin6_addr, 16);
		endpoint->port = ntohs(v6.sin6_port);
		endpoint->family = FDAR_FAMILY_IPV6;
		return TRUE;
	}
	return FALSE;
}

static unsigned family_bits(uint8_t family)
{
	return family == FDAR_FAMILY_IPV6 ? 128 : 32;
}

static gboolean same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8;
	unsigned rest = bits % 8;

	return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

static gboolean host_bits_clear(const struct fdar_prefix *prefix)
{
	unsigned size = family_bits(prefix->base.family);

	for (unsigned bit = prefix->bits; bit < size; bit++)
		if (prefix->base.addr[bit / 8] & (0x80u >> bit % 8))
			return FALSE;
	return TRUE;
}

gboolean fdar_prefix_parse(const char *text, struct fdar_prefix *prefix, GError **error)
{
	const char *slash = strchr(text, '/');
	g_autofree char *host = slash ? g_strndup(text, (gsize)(slash - text)) : g_strdup(text);
	guint64 bits;

	memset(prefix, 0, sizeof(*prefix));
	if (inet_pton(AF_INET, host, prefix->base.addr) == 1) {
		prefix->base.family = FDAR_FAMILY_IPV4;
	} else if (inet_pton(AF_INET6, host, prefix->base.addr) == 1) {
		prefix->base.family = FDAR_FAMILY_IPV6;
	} else {
		g_set_error(error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED,
			    "\"%s\" is not a prefix like 16.0.0.0/8 or 2001:db8::/64", text);
		return FALSE;
	}
	bits = family_bits(prefix->base.family);
	if (slash && !g_ascii_string_to_unsigned(slash + 1, 10, 0, bits, &bits, NULL)) {
		g_set_error(error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED,
			    "\"%s\": a length of 0 to %u is expected behind the slash", text,
			    family_bits(prefix->base.family));
		return FALSE;
	}
	prefix->bits = (uint8_t)bits;
	if (!host_bits_clear(prefix)) {
		g_set_error(error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED,
			    "\"%s\" has bits set behind the first %u", text,
			    (unsigned)prefix->bits);
		return FALSE;
	}
	return TRUE;
}

/* The addresses at the ends of a range that are no host's: network and broadcast (IPv4), the
 * subnet routers' anycast (IPv6). */
static unsigned first_host(const struct fdar_prefix *prefix)
{
	return family_bits(prefix->base.family) - prefix->bits >= 2 ? 1 : 0;
}

uint64_t fdar_prefix_hosts(const struct fdar_prefix *prefix)
{
	unsigned free_bits = family_bits(prefix->base.family) - prefix->bits;
	uint64_t all = free_bits >= 48 ? HOSTS_MAX : (uint64_t)1 << free_bits;

	if (free_bits < 2)
		return all;
	return all - (prefix->base.family == FDAR_FAMILY_IPV4 ? 2 : 1);
}

void fdar_prefix_host(const struct fdar_prefix *prefix, uint64_t n, struct fdar_endpoint *out)
{
	unsigned at = family_bits(prefix->base.family) / 8;
	uint64_t rest = n + first_host(prefix);

	*out = prefix->base;
	while (rest && at > 0) {
		at--;
		rest += out->addr[at];
		out->addr[at] = (uint8_t)rest;
		rest >>= 8;
	}
}

gboolean fdar_prefix_find(const struct fdar_prefix *prefix, const struct fdar_endpoint *endpoint,
			  uint64_t *n)
{
	unsigned size = family_bits(prefix->base.family) / 8;
	uint64_t index = 0;

	if (!fdar_prefix_contains(prefix, endpoint))
		return FALSE;
	for (unsigned i = 0; i < size; i++) {
		uint8_t host = endpoint->addr[i] ^ prefix->base.addr[i];

		if (index >> 56)
			return FALSE;
		index = index << 8 | host;
	}
	*n = index - first_host(prefix);
	return index >= first_host(prefix) && *n < fdar_prefix_hosts(prefix);
}

gboolean fdar_prefix_contains(const struct fdar_prefix *prefix,
			      const struct fdar_endpoint *endpoint)
{
	return prefix->base.family == endpoint->family &&
	       same_prefix(prefix->base.addr, endpoint->addr, prefix->bits);
}
