#include "replay/rewrite/redact.h"

#include <string.h>
#include <sys/random.h>

#define KEY_BYTES    32
#define MYSQL_HEADER 4u
#define WORD_MAX     64u /* of a longer one, pieces of this length are replaced */

struct fdar_redact {
	uint8_t key[KEY_BYTES];
	GHashTable *kept;    /* of words, in lower case */
	GHashTable *servers; /* struct fdar_endpoint without port -> number from 1 */
};

/* What protocols say themselves, in lower case. */
static const char *const protocol_words[] = {
	"accept",      "acl",        "age",         "allow",      "allowed",
	"alive",       "append",     "application", "auth",       "authorization",
	"basic",       "bearer",     "br",          "bytes",      "cache",
	"charset",     "chunked",    "client",      "close",      "command",
	"compress",    "config",     "connect",     "connection", "content",
	"continue",    "control",    "cookie",      "cwd",        "data",
	"date",        "decr",       "deflate",     "del",        "delete",
	"disposition", "ehlo",       "encoding",    "encrypted",  "err",
	"error",       "etag",       "exec",        "exists",     "expect",
	"expire",      "expires",    "form",        "forwarded",  "found",
	"from",        "ftp",        "get",         "getrange",   "gmt",
	"gzip",        "head",       "hello",       "helo",       "hget",
	"hgetall",     "host",       "hset",        "html",       "http",
	"https",       "identity",   "if",          "image",      "incr",
	"info",        "javascript", "json",        "keep",       "keys",
	"language",    "last",       "length",      "list",       "localhost",
	"location",    "login",      "lpop",        "lpush",      "lrange",
	"mail",        "match",      "max",         "mget",       "modified",
	"moved",       "mset",       "multi",       "multipart",  "no",
	"none",        "not",        "ok",          "options",    "origin",
	"pass",        "pasv",       "patch",       "ping",       "plain",
	"pong",        "port",       "post",        "pragma",     "proxy",
	"public",      "push",       "put",         "quit",       "range",
	"rcpt",        "referer",    "requests",    "retr",       "rpop",
	"rpush",       "rset",       "sadd",        "select",     "server",
	"set",         "setex",      "site",        "smembers",   "smtp",
	"starttls",    "stor",       "store",       "text",       "timeout",
	"to",          "transfer",   "ttl",         "type",       "unsafe",
	"upgrade",     "urlencoded", "user",        "utf",        "vary",
	"via",         "www",        "x",           "xml",        "zadd",
	"zrange"
};

struct fdar_redact *fdar_redact_new(const uint64_t *seed)
{
	struct fdar_redact *redact = g_new0(struct fdar_redact, 1);

	if (seed)
		memcpy(redact->key, seed, sizeof(*seed));
	else
		while (getrandom(redact->key, sizeof(redact->key), 0) != sizeof(redact->key))
			;
	redact->kept = g_hash_table_new(g_str_hash, g_str_equal);
	for (size_t i = 0; i < G_N_ELEMENTS(protocol_words); i++)
		g_hash_table_add(redact->kept, (gpointer)protocol_words[i]);
	redact->servers = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
						(GDestroyNotify)g_bytes_unref, NULL);
	return redact;
}

void fdar_redact_free(struct fdar_redact *redact)
{
	if (!redact)
		return;
	explicit_bzero(redact->key, sizeof(redact->key));
	g_hash_table_unref(redact->kept);
	g_hash_table_unref(redact->servers);
	g_free(redact);
}

static gboolean is_word(uint8_t byte)
{
	return g_ascii_isalnum((char)byte) || byte == '_';
}

static gboolean is_kept(const struct fdar_redact *redact, const uint8_t *word, size_t size)
{
	char lower[32];

	if (size >= sizeof(lower))
		return FALSE;
	for (size_t i = 0; i < size; i++)
		lower[i] = g_ascii_tolower((char)word[i]);
	lower[size] = '\0';
	return g_hash_table_contains(redact->kept, lower);
}

/* Another word of the same kinds of characters, always the same for this one. */
static void replace(const struct fdar_redact *redact, uint8_t *word, size_t size)
{
	uint8_t digest[32];
	gsize length = sizeof(digest);
	GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, redact->key, sizeof(redact->key));

	g_hmac_update(hmac, word, (gssize)size);
	g_hmac_get_digest(hmac, digest, &length);
	g_hmac_unref(hmac);
	for (size_t i = 0; i < size; i++) {
		/* 64 of them, from 32 bytes: the second half has another step. */
		unsigned random =
			digest[i % length] + (unsigned)(i / length) * digest[(i + 7) % length];

		if (g_ascii_isdigit((char)word[i]))
			word[i] = (uint8_t)('0' + random % 10);
		else if (g_ascii_islower((char)word[i]))
			word[i] = (uint8_t)('a' + random % 26);
		else if (g_ascii_isupper((char)word[i]))
			word[i] = (uint8_t)('A' + random % 26);
	}
}

static gboolean is_all(const uint8_t *word, size_t size, gboolean (*is)(char))
{
	for (size_t i = 0; i < size; i++)
		if (!is((char)word[i]))
			return FALSE;
	return TRUE;
}

static gboolean is_digit(char c)
{
	return g_ascii_isdigit(c);
}

static gboolean is_hex(char c)
{
	return g_ascii_isxdigit(c);
}

/* What stands before [from, to) on its line. */
static gboolean line_begins(const uint8_t *bytes, size_t from, const char *text)
{
	size_t begin = from, size = strlen(text);

	while (begin > 0 && bytes[begin - 1] != '\n')
		begin--;
	return from - begin >= size &&
	       g_ascii_strncasecmp((const char *)bytes + begin, text, size) == 0;
}

static gboolean is_alone(const uint8_t *bytes, size_t size, size_t from, size_t to,
			 const char *before)
{
	size_t begin = from;

	if (*before && (!begin || !strchr(before, bytes[--begin])))
		return FALSE;
	return (begin == 0 || bytes[begin - 1] == '\n') && to < size &&
	       (bytes[to] == '\r' || bytes[to] == ';');
}

/* Numbers that say how what follows is cut, or how a server answered. */
static gboolean is_structure(const uint8_t *bytes, size_t size, size_t from, size_t to)
{
	const uint8_t *word = bytes + from;
	size_t length = to - from;

	if (length <= 10 && is_all(word, length, is_digit) &&
	    (line_begins(bytes, from, "content-length:") || is_alone(bytes, size, from, to, "$*:")))
		return TRUE;
	/* Chunks; four digits are no secret by themselves, and more of them may be. */
	if (length <= 4 && is_all(word, length, is_hex) && is_alone(bytes, size, from, to, ""))
		return TRUE;
	/* HTTP/1.1 200; the codes of FTP and SMTP. */
	if (length == 3 && is_all(word, length, is_digit) &&
	    (from == 0 || bytes[from - 1] == '\n' ||
	     (line_begins(bytes, from, "http/") && from >= 9 && bytes[from - 1] == ' ')))
		return TRUE;
	return length == 1 && line_begins(bytes, from, "http/") && g_ascii_isdigit((char)*word);
}

/* "HTTP/1.1" in a request line. */
static gboolean is_version(const uint8_t *bytes, size_t from, size_t to)
{
	static const char http[] = "HTTP/", first[] = "HTTP/1.";

	return to - from == 1 && g_ascii_isdigit((char)bytes[from]) &&
	       ((from >= 5 && memcmp(bytes + from - 5, http, 5) == 0) ||
		(from >= 7 && memcmp(bytes + from - 7, first, 7) == 0));
}

static void redact_text(const struct fdar_redact *redact, uint8_t *bytes, size_t size)
{
	g_autofree uint8_t *before = g_memdup2(bytes, size);

	for (size_t from = 0, to; from < size; from = to) {
		to = from + 1;
		if (bytes[from] >= 0x80)
			bytes[from] = 0x80;
		if (!is_word(bytes[from]))
			continue;
		if (from && before[from - 1] == '%' && size - from >= 2 &&
		    is_all(before + from, 2, is_hex)) {
			memcpy(bytes + from, "78", 2);
			to = from + 2;
			continue;
		}
		while (to < size && to - from < WORD_MAX && is_word(bytes[to]))
			to++;
		if (!is_kept(redact, before + from, to - from) &&
		    !is_structure(before, size, from, to) && !is_version(before, from, to))
			replace(redact, bytes + from, to - from);
	}
}

static size_t mysql_length(const uint8_t *bytes)
{
	return (size_t)bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16;
}

/* Whole packets from the first byte to the last. */
static gboolean is_mysql(const uint8_t *bytes, size_t size)
{
	size_t at = 0;

	while (size - at > MYSQL_HEADER && mysql_length(bytes + at) > 0 &&
	       mysql_length(bytes + at) <= size - at - MYSQL_HEADER)
		at += MYSQL_HEADER + mysql_length(bytes + at);
	return at > 0 && at == size;
}

void fdar_redact_bytes(struct fdar_redact *redact, uint8_t *bytes, size_t size)
{
	if (!size)
		return;
	if (!is_mysql(bytes, size)) {
		redact_text(redact, bytes, size);
		return;
	}
	for (size_t at = 0; at < size;) {
		size_t length = mysql_length(bytes + at);

		redact_text(redact, bytes + at + MYSQL_HEADER + 1, length - 1);
		at += MYSQL_HEADER + length;
	}
}

void fdar_redact_server(struct fdar_redact *redact, struct fdar_endpoint *server)
{
	GBytes *key = g_bytes_new(server->addr, sizeof(server->addr));
	guint number = GPOINTER_TO_UINT(g_hash_table_lookup(redact->servers, key));

	if (number) {
		g_bytes_unref(key);
	} else {
		number = g_hash_table_size(redact->servers) + 1;
		g_hash_table_insert(redact->servers, key, GUINT_TO_POINTER(number));
	}
	memset(server->addr, 0, sizeof(server->addr));
	if (server->family == FDAR_FAMILY_IPV4) {
		const uint8_t address[4] = { 198, (uint8_t)(18 + (number >> 16 & 1)),
					     (uint8_t)(number >> 8), (uint8_t)number };

		memcpy(server->addr, address, sizeof(address));
	} else {
		static const uint8_t prefix[6] = { 0x20, 0x01, 0x0d, 0xb8, 0, 5 };
		uint32_t low = GUINT32_TO_BE(number);

		memcpy(server->addr, prefix, sizeof(prefix));
		memcpy(server->addr + 12, &low, sizeof(low));
	}
}
