#include "replay/tls/keylog.h"

#include <gio/gio.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX  ((gsize)64 * 1024 * 1024)
#define NAMES_MAX 262144u
#define DIGEST    FDAR_TLS_RANDOM /* of SHA-256 */

struct fdar_tls_keys {
	GHashTable *connections; /* client random -> struct connection */
	GHashTable *names;       /* digest of a name -> struct named */
};

/* A connection in the table: the key comes first. */
struct connection {
	uint8_t random[FDAR_TLS_RANDOM];
	struct fdar_tls_secrets secrets;
};

/* A session's name in the table, likewise. */
struct named {
	uint8_t digest[DIGEST];
	struct fdar_tls_secret master;
};

static guint random_hash(gconstpointer data)
{
	guint hash;

	memcpy(&hash, data, sizeof(hash));
	return hash;
}

static gboolean random_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, FDAR_TLS_RANDOM) == 0;
}

static void connection_free(gpointer data)
{
	OPENSSL_cleanse(data, sizeof(struct connection));
	g_free(data);
}

static void named_free(gpointer data)
{
	OPENSSL_cleanse(data, sizeof(struct named));
	g_free(data);
}

struct fdar_tls_keys *fdar_tls_keys_new(void)
{
	struct fdar_tls_keys *keys = g_new0(struct fdar_tls_keys, 1);

	keys->connections = g_hash_table_new_full(random_hash, random_equal, NULL, connection_free);
	keys->names = g_hash_table_new_full(random_hash, random_equal, NULL, named_free);
	return keys;
}

/* Hexadecimal digits up to a blank or the end: how many bytes they are, 0 when they are none. */
static uint32_t read_hex(const char *text, size_t size, uint8_t *bytes, uint32_t limit)
{
	uint32_t count = 0;

	while (size >= 2 && count < limit) {
		int high = g_ascii_xdigit_value(text[0]), low = g_ascii_xdigit_value(text[1]);

		if (high < 0 || low < 0)
			return 0;
		bytes[count++] = (uint8_t)(high << 4 | low);
		text += 2;
		size -= 2;
	}
	return size == 0 ? count : 0;
}

/* The next word of a line. */
static const char *next_word(const char **at, const char *end, size_t *size)
{
	const char *word;

	while (*at < end && (**at == ' ' || **at == '\t'))
		(*at)++;
	word = *at;
	while (*at < end && **at != ' ' && **at != '\t')
		(*at)++;
	*size = (size_t)(*at - word);
	return word;
}

static struct fdar_tls_secret *place(struct fdar_tls_secrets *secrets, const char *label,
				     size_t size)
{
	const struct {
		const char *label;
		struct fdar_tls_secret *secret;
	} places[] = { { "CLIENT_RANDOM", &secrets->master },
		       { "CLIENT_TRAFFIC_SECRET_0", &secrets->traffic[0] },
		       { "SERVER_TRAFFIC_SECRET_0", &secrets->traffic[1] },
		       { "SERVER_HANDSHAKE_TRAFFIC_SECRET", &secrets->handshake },
		       { "CLIENT_EARLY_TRAFFIC_SECRET", &secrets->early } };

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		if (strlen(places[i].label) == size && memcmp(places[i].label, label, size) == 0)
			return places[i].secret;
	return NULL;
}

/* The connection's place, which may be new. */
static struct connection *connection_of(struct fdar_tls_keys *keys,
					const uint8_t random[FDAR_TLS_RANDOM])
{
	struct connection *connection = g_hash_table_lookup(keys->connections, random);

	if (connection)
		return connection;
	connection = g_new0(struct connection, 1);
	memcpy(connection->random, random, FDAR_TLS_RANDOM);
	g_hash_table_insert(keys->connections, connection->random, connection);
	return connection;
}

/* Captured bytes that are played again bring the same random number to the same log, with secrets of
 * another connection behind them. */
static void take(struct fdar_tls_secret *secret, const struct fdar_tls_secret *other)
{
	if (!secret->size)
		*secret = *other;
}

static void digest_of(const uint8_t *name, size_t size, uint8_t digest[DIGEST])
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize made = DIGEST;

	g_checksum_update(sum, name, (gssize)size);
	g_checksum_get_digest(sum, digest, &made);
}

static void add_named(struct fdar_tls_keys *keys, const uint8_t digest[DIGEST],
		      const struct fdar_tls_secret *master)
{
	struct named *named;

	if (g_hash_table_size(keys->names) >= NAMES_MAX ||
	    g_hash_table_contains(keys->names, digest))
		return;
	named = g_new0(struct named, 1);
	memcpy(named->digest, digest, DIGEST);
	named->master = *master;
	g_hash_table_insert(keys->names, named->digest, named);
}

void fdar_tls_keys_name(struct fdar_tls_keys *keys, const uint8_t *name, size_t size,
			const struct fdar_tls_secret *master)
{
	uint8_t digest[DIGEST];

	if (!size || !master->size)
		return;
	digest_of(name, size, digest);
	add_named(keys, digest, master);
}

const struct fdar_tls_secret *fdar_tls_keys_named(const struct fdar_tls_keys *keys,
						  const uint8_t *name, size_t size)
{
	const struct named *named;
	uint8_t digest[DIGEST];

	if (!size)
		return NULL;
	digest_of(name, size, digest);
	named = g_hash_table_lookup(keys->names, digest);
	return named ? &named->master : NULL;
}

const struct fdar_tls_secrets *fdar_tls_keys_resume(struct fdar_tls_keys *keys,
						    const uint8_t random[FDAR_TLS_RANDOM],
						    const struct fdar_tls_secret *master)
{
	struct connection *connection = connection_of(keys, random);

	take(&connection->secrets.master, master);
	return &connection->secrets;
}

void fdar_tls_keys_merge(struct fdar_tls_keys *keys, const struct fdar_tls_keys *others)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, others->connections);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct connection *other = value;

		struct fdar_tls_secrets *secrets = &connection_of(keys, other->random)->secrets;

		take(&secrets->master, &other->secrets.master);
		take(&secrets->traffic[0], &other->secrets.traffic[0]);
		take(&secrets->traffic[1], &other->secrets.traffic[1]);
		take(&secrets->handshake, &other->secrets.handshake);
		take(&secrets->early, &other->secrets.early);
	}
	g_hash_table_iter_init(&iter, others->names);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct named *other = value;

		add_named(keys, other->digest, &other->master);
	}
}

/* "Session-ID:... Master-Key:...", behind "RSA". */
static gboolean add_session(struct fdar_tls_keys *keys, const char *at, const char *end)
{
	static const char session[] = "Session-ID:", master[] = "Master-Key:";
	struct fdar_tls_secret secret;
	uint8_t name[FDAR_TLS_RANDOM];
	size_t size;
	const char *word = next_word(&at, end, &size);
	uint32_t name_size;

	if (size < sizeof(session) || memcmp(word, session, sizeof(session) - 1) != 0)
		return FALSE;
	name_size = read_hex(word + sizeof(session) - 1, size - (sizeof(session) - 1), name,
			     sizeof(name));
	word = next_word(&at, end, &size);
	if (!name_size || size < sizeof(master) || memcmp(word, master, sizeof(master) - 1) != 0)
		return FALSE;
	secret.size = read_hex(word + sizeof(master) - 1, size - (sizeof(master) - 1), secret.bytes,
			       FDAR_TLS_SECRET_MAX);
	if (secret.size != FDAR_TLS_MASTER)
		return FALSE;
	fdar_tls_keys_name(keys, name, name_size, &secret);
	OPENSSL_cleanse(&secret, sizeof(secret));
	return TRUE;
}

static gboolean add_line(struct fdar_tls_keys *keys, const char *at, const char *end)
{
	struct fdar_tls_secrets probe;
	struct fdar_tls_secret secret;
	uint8_t random[FDAR_TLS_RANDOM];
	struct connection *connection;
	size_t label_size, size;
	const char *label = next_word(&at, end, &label_size), *word;

	if (label_size == 3 && memcmp(label, "RSA", 3) == 0)
		return add_session(keys, at, end);
	if (!place(&probe, label, label_size))
		return FALSE;
	word = next_word(&at, end, &size);
	if (size != 2 * FDAR_TLS_RANDOM ||
	    read_hex(word, size, random, FDAR_TLS_RANDOM) != FDAR_TLS_RANDOM)
		return FALSE;
	word = next_word(&at, end, &size);
	secret.size = read_hex(word, size, secret.bytes, FDAR_TLS_SECRET_MAX);
	if (secret.size != 32 && secret.size != 48)
		return FALSE;
	connection = connection_of(keys, random);
	take(place(&connection->secrets, label, label_size), &secret);
	OPENSSL_cleanse(&secret, sizeof(secret));
	return TRUE;
}

size_t fdar_tls_keys_add(struct fdar_tls_keys *keys, const char *text, size_t size)
{
	const char *end = text + size;
	size_t used = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline ? newline : end;
		const char *next = newline ? newline + 1 : end;

		while (line_end > text && (line_end[-1] == '\r' || line_end[-1] == ' '))
			line_end--;
		used += add_line(keys, text, line_end) ? 1 : 0;
		text = next;
	}
	return used;
}

static gboolean fail(GError **error, const char *path, const char *problem)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", path, problem);
	return FALSE;
}

gboolean fdar_tls_keys_load(struct fdar_tls_keys *keys, const char *path, GError **error)
{
	struct stat status;
	g_autofree char *text = NULL;
	gsize size;
	size_t used;

	if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && (gsize)status.st_size > FILE_MAX)
		return fail(error, path, "more than 64 MiB, a TLS key log is expected");
	if (!g_file_get_contents(path, &text, &size, error))
		return FALSE;
	used = fdar_tls_keys_add(keys, text, size);
	OPENSSL_cleanse(text, size);
	return used > 0 || fail(error, path,
				"no line of a TLS key log in it (\"CLIENT_RANDOM ...\" or "
				"\"CLIENT_TRAFFIC_SECRET_0 ...\")");
}

const struct fdar_tls_secrets *fdar_tls_keys_find(const struct fdar_tls_keys *keys,
						  const uint8_t random[FDAR_TLS_RANDOM])
{
	const struct connection *connection = g_hash_table_lookup(keys->connections, random);

	return connection ? &connection->secrets : NULL;
}

size_t fdar_tls_keys_count(const struct fdar_tls_keys *keys)
{
	return g_hash_table_size(keys->connections);
}

void fdar_tls_keys_free(struct fdar_tls_keys *keys)
{
	if (!keys)
		return;
	g_hash_table_unref(keys->connections);
	g_hash_table_unref(keys->names);
	g_free(keys);
}
