#include "replay/tls/hello.h"

#include <string.h>

#include "replay/tls/suite.h"

#define MESSAGE_HEADER 4u
#define SMALLEST_HELLO 41u /* without extensions, of one suite */
#define LARGEST_HELLO  (128u * 1024u)

enum extension {
	EXTENSION_NAME = 0,
	EXTENSION_ALPN = 16,
	EXTENSION_ENCRYPT_THEN_MAC = 22,
	EXTENSION_TICKET = 35,
	EXTENSION_PRE_SHARED_KEY = 41,
	EXTENSION_VERSIONS = 43
};

/* Bytes that are left; an access beyond them makes it fail for good. */
struct cursor {
	const uint8_t *bytes;
	size_t size;
	gboolean failed;
};

static const uint8_t *take(struct cursor *cursor, size_t size)
{
	const uint8_t *bytes = cursor->bytes;

	if (cursor->failed || size > cursor->size) {
		cursor->failed = TRUE;
		return NULL;
	}
	cursor->bytes += size;
	cursor->size -= size;
	return bytes;
}

static uint32_t take_number(struct cursor *cursor, unsigned size)
{
	const uint8_t *bytes = take(cursor, size);
	uint32_t number = 0;

	for (unsigned i = 0; bytes && i < size; i++)
		number = number << 8 | bytes[i];
	return number;
}

/* A vector whose length comes first, in a number of size bytes. */
static struct cursor take_vector(struct cursor *cursor, unsigned size)
{
	uint32_t length = take_number(cursor, size);
	const uint8_t *bytes = take(cursor, length);

	return (struct cursor){ bytes, bytes ? length : 0, bytes == NULL };
}

/* As a text that may be shown: what is not printable ASCII becomes a question mark. */
static void copy_text(const struct cursor *from, char *to, size_t limit)
{
	size_t size = from->failed ? 0 : MIN(from->size, limit - 1);

	for (size_t i = 0; i < size; i++)
		to[i] = g_ascii_isgraph(from->bytes[i]) ? (char)from->bytes[i] : '?';
	to[size] = '\0';
}

static void read_name(struct cursor body, struct fdar_tls_hello *hello)
{
	struct cursor list = take_vector(&body, 2);

	while (list.size && !list.failed) {
		uint32_t type = take_number(&list, 1);
		struct cursor name = take_vector(&list, 2);

		if (type == 0 && !name.failed)
			copy_text(&name, hello->name, sizeof(hello->name));
	}
}

static void read_alpn(struct cursor body, struct fdar_tls_hello *hello)
{
	struct cursor list = take_vector(&body, 2);
	struct cursor first = take_vector(&list, 1);

	if (!first.failed)
		copy_text(&first, hello->alpn, sizeof(hello->alpn));
}

/* A client lists versions, the highest of which it wants; a server names one. */
static void read_versions(struct cursor body, gboolean client, struct fdar_tls_hello *hello)
{
	struct cursor list = client ? take_vector(&body, 1) : body;

	while (list.size && !list.failed) {
		uint32_t version = take_number(&list, 2);

		/* Others are drafts, or there to be passed over (RFC 8701). */
		if (version >= 0x0301 && version <= 0x0304)
			hello->version = MAX(hello->version, (uint16_t)version);
	}
}

static void read_extension(uint32_t type, struct cursor body, gboolean client,
			   struct fdar_tls_hello *hello)
{
	switch (type) {
	case EXTENSION_NAME:
		if (client)
			read_name(body, hello);
		break;
	case EXTENSION_ALPN:
		read_alpn(body, hello);
		break;
	case EXTENSION_ENCRYPT_THEN_MAC:
		hello->encrypt_then_mac = TRUE;
		break;
	case EXTENSION_TICKET:
		hello->resumes |= body.size > 0;
		hello->ticket = body.size > 0 ? body.bytes : NULL;
		hello->ticket_size = body.size;
		break;
	case EXTENSION_PRE_SHARED_KEY:
		hello->resumes = TRUE;
		break;
	case EXTENSION_VERSIONS:
		read_versions(body, client, hello);
		break;
	default:
		break;
	}
}

gboolean fdar_tls_hello_read(uint8_t type, const uint8_t *bytes, size_t size,
			     struct fdar_tls_hello *hello)
{
	struct cursor cursor = { bytes, size, FALSE };
	gboolean client = type == FDAR_TLS_CLIENT_HELLO;
	struct cursor extensions, session;
	const uint8_t *random;

	memset(hello, 0, sizeof(*hello));
	hello->version = (uint16_t)take_number(&cursor, 2);
	random = take(&cursor, FDAR_TLS_RANDOM);
	session = take_vector(&cursor, 1);
	if (client) {
		take_vector(&cursor, 2); /* suites */
		take_vector(&cursor, 1); /* compression */
	} else {
		hello->suite = (uint16_t)take_number(&cursor, 2);
		take_number(&cursor, 1);
	}
	if (cursor.failed || !random)
		return FALSE;
	memcpy(hello->random, random, FDAR_TLS_RANDOM);
	hello->session = session.bytes;
	hello->session_size = session.size;
	if (cursor.size == 0)
		return TRUE;
	extensions = take_vector(&cursor, 2);
	while (extensions.size && !extensions.failed) {
		uint32_t kind = take_number(&extensions, 2);
		struct cursor body = take_vector(&extensions, 2);

		if (!body.failed)
			read_extension(kind, body, client, hello);
	}
	return !extensions.failed;
}

void fdar_tls_extensions_read(const uint8_t *bytes, size_t size, struct fdar_tls_hello *hello)
{
	struct cursor cursor = { bytes, size, FALSE };
	struct cursor extensions = take_vector(&cursor, 2);

	while (extensions.size && !extensions.failed) {
		uint32_t kind = take_number(&extensions, 2);
		struct cursor body = take_vector(&extensions, 2);

		if (!body.failed)
			read_extension(kind, body, FALSE, hello);
	}
}

const uint8_t *fdar_tls_ticket_read(const uint8_t *bytes, size_t size, size_t *ticket_size)
{
	struct cursor cursor = { bytes, size, FALSE };
	struct cursor ticket;

	take_number(&cursor, 4); /* how long it is good for */
	ticket = take_vector(&cursor, 2);
	*ticket_size = ticket.size;
	return ticket.size ? ticket.bytes : NULL;
}

const char *fdar_tls_version_text(uint16_t version)
{
	static const char *const texts[] = { "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3" };

	return version >= 0x0301 && version <= 0x0304 ? texts[version - 0x0301] : "TLS";
}

gboolean fdar_tls_begins(const uint8_t *bytes, size_t size)
{
	static const struct {
		size_t at;
		uint8_t value;
	} fixed[] = { { 0, FDAR_TLS_HANDSHAKE }, { 1, 3 }, { 5, FDAR_TLS_CLIENT_HELLO }, { 9, 3 } };

	for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
		if (fixed[i].at < size && bytes[fixed[i].at] != fixed[i].value)
			return FALSE;
	return size > 0;
}

gboolean fdar_tls_starts(const uint8_t *bytes, size_t size)
{
	size_t record, message;

	if (size < FDAR_TLS_HEADER + MESSAGE_HEADER + 2 || !fdar_tls_begins(bytes, size))
		return FALSE;
	record = (size_t)bytes[3] << 8 | bytes[4];
	message = (size_t)bytes[6] << 16 | (size_t)bytes[7] << 8 | bytes[8];
	return record > MESSAGE_HEADER && record <= FDAR_TLS_RECORD_MAX &&
	       record <= MESSAGE_HEADER + message && message >= SMALLEST_HELLO &&
	       message <= LARGEST_HELLO;
}
