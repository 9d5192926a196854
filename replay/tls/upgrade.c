#include "replay/tls/upgrade.h"

#include <glib.h>
#include <string.h>

#include "replay/tls/hello.h"
#include "replay/tls/suite.h"

#define MYSQL_REQUEST 36u   /* the packet's header, flags and a user that is not there yet */
#define MYSQL_SSL     0x08u /* in the second byte of its flags */

/* The last words of a line of text, in capitals or not. */
static gboolean ends_with(const uint8_t *bytes, size_t size, const char *words)
{
	size_t length = strlen(words);

	while (size &&
	       (bytes[size - 1] == '\r' || bytes[size - 1] == '\n' || bytes[size - 1] == ' '))
		size--;
	return size >= length &&
	       g_ascii_strncasecmp((const char *)bytes + size - length, words, length) == 0 &&
	       (size == length || bytes[size - length - 1] == ' ' ||
		bytes[size - length - 1] == '\n');
}

static gboolean begins_with(const uint8_t *bytes, size_t size, const char *prefix, size_t length)
{
	return size >= length && memcmp(bytes, prefix, length) == 0;
}

static gboolean has(const uint8_t *bytes, size_t size, const char *words)
{
	return memmem(bytes, size, words, strlen(words)) != NULL;
}

static gboolean is_line(const uint8_t *bytes, size_t size)
{
	return size > 0 && bytes[size - 1] == '\n';
}

static gboolean is_mysql(const uint8_t *bytes, size_t size)
{
	/* 32 bytes follow the header; its number is 1, or 2 behind a proxy's. */
	return size == MYSQL_REQUEST && begins_with(bytes, size, "\x20\0\0", 3) &&
	       (bytes[3] == 1 || bytes[3] == 2) && (bytes[5] & MYSQL_SSL);
}

static gboolean is_rdp(const uint8_t *bytes, size_t size)
{
	return size > 11 && begins_with(bytes, size, "\3\0", 2) && bytes[5] == 0xe0 &&
	       ((size_t)bytes[2] << 8 | bytes[3]) == size;
}

/* Version 5: the request, or a greeting; version 4: a port, an address, a name, and a host, each of which a zero ends. */
static gboolean is_socks(const uint8_t *bytes, size_t size)
{
	return (size >= 10 && begins_with(bytes, size, "\5\1\0", 3)) ||
	       (size >= 9 && begins_with(bytes, size, "\4\1", 2) && bytes[size - 1] == 0);
}

const char *fdar_tls_upgrade(const uint8_t *bytes, size_t size)
{
	if (is_line(bytes, size)) {
		if (ends_with(bytes, size, "STARTTLS"))
			return "STARTTLS";
		if (ends_with(bytes, size, "STLS"))
			return "STLS";
		if (ends_with(bytes, size, "AUTH TLS") || ends_with(bytes, size, "AUTH SSL"))
			return "AUTH TLS";
		if (begins_with(bytes, size, "CONNECT ", 8))
			return "CONNECT";
	}
	if (size == 8 && begins_with(bytes, size, "\0\0\0\x08\x04\xd2\x16\x2f", 8))
		return "PostgreSQL's SSLRequest";
	if (is_mysql(bytes, size))
		return "MySQL's SSLRequest";
	if (begins_with(bytes, size, "\x30", 1) && has(bytes, size, "1.3.6.1.4.1.1466.20037"))
		return "LDAP's StartTLS";
	if (begins_with(bytes, size, "<", 1) && has(bytes, size, "urn:ietf:params:xml:ns:xmpp-tls"))
		return "XMPP's starttls";
	if (is_rdp(bytes, size))
		return "RDP's negotiation";
	if (is_socks(bytes, size))
		return "SOCKS";
	return NULL;
}

size_t fdar_tls_upgrade_at(const uint8_t *bytes, size_t size)
{
	/* What is in front of a place is looked through for each that may be one: nobody shall make that many. */
	size_t most = MIN(size, FDAR_TLS_PLAIN_MAX + 1), at = 0;

	if (fdar_tls_starts(bytes, size))
		return 0;
	for (; at < most; at++) {
		const uint8_t *next = memchr(bytes + at, FDAR_TLS_HANDSHAKE, most - at);

		if (!next)
			return size;
		at = (size_t)(next - bytes);
		if (fdar_tls_starts(next, size - at) && fdar_tls_upgrade(bytes, at))
			return at;
	}
	return size;
}
