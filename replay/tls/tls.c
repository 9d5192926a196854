#include "replay/tls/tls.h"

#include <openssl/crypto.h>
#include <string.h>

#include "replay/tls/tls_private.h"

#define HANDSHAKE_MAX   (128u * 1024u)
#define MESSAGE_HEADER  4u
#define CLOSE_NOTIFY    0u    /* of alerts */
#define SMALLEST_RECORD 22u   /* a byte of content in TLS 1.3: header, type, tag */
#define TRIES_MAX       4096u /* numbers that are tried behind a loss */
/* Bytes that may be decrypted in vain, to begin with and for each byte of a direction: damage, or
 * somebody who wants it so, must not take longer. */
#define VAIN_BYTES  ((uint64_t)256 << 20)
#define VAIN_A_BYTE 64u

static gboolean is_13(const struct fdar_tls *tls)
{
	return tls->info.version == 0x0304;
}

struct fdar_tls *fdar_tls_new(struct fdar_tls_keys *keys, const struct fdar_tls_ops *ops,
			      void *user)
{
	struct fdar_tls *tls = g_new0(struct fdar_tls, 1);

	tls->keys = keys;
	tls->ops = ops;
	tls->user = user;
	for (unsigned way = 0; way < 2; way++) {
		tls->directions[way].records = g_byte_array_new();
		tls->directions[way].handshake = g_byte_array_new();
		tls->directions[way].vain = VAIN_BYTES;
	}
	return tls;
}

/* What the client offers to resume, in case that the server does. */
static void see_offer(struct fdar_tls *tls, const struct fdar_tls_hello *hello)
{
	tls->session_size = MIN(hello->session_size, sizeof(tls->session));
	if (tls->session_size)
		memcpy(tls->session, hello->session, tls->session_size);
	tls->offered = fdar_tls_keys_named(tls->keys, hello->ticket, hello->ticket_size);
	if (!tls->offered)
		tls->offered = fdar_tls_keys_named(tls->keys, hello->session, hello->session_size);
}

/* In a renegotiation only the keys are others. */
static void see_client_hello(struct fdar_tls *tls, const struct fdar_tls_hello *hello)
{
	memcpy(tls->randoms[0], hello->random, FDAR_TLS_RANDOM);
	tls->secrets = tls->keys ? fdar_tls_keys_find(tls->keys, hello->random) : NULL;
	if (tls->keys)
		see_offer(tls, hello);
	if (tls->directions[0].protected)
		return;
	tls->info.is_tls = TRUE;
	tls->info.version = hello->version;
	tls->info.resumes = hello->resumes;
	memcpy(tls->info.name, hello->name, sizeof(tls->info.name));
	memcpy(tls->info.alpn, hello->alpn, sizeof(tls->info.alpn));
	tls->info.alpn_offered = hello->alpn[0] != '\0';
	tls->info.has_keys = tls->secrets != NULL;
}

/* What the server says of protocols is the last word: it may choose none. */
static void see_choice(struct fdar_tls *tls, const struct fdar_tls_hello *hello)
{
	memcpy(tls->info.alpn, hello->alpn, sizeof(tls->info.alpn));
	tls->info.alpn_offered = FALSE;
}

static gboolean has_master(const struct fdar_tls *tls)
{
	return tls->secrets && tls->secrets->master.size;
}

/* Until TLS 1.2: a server that resumes gives the session's number back. One that resumes by a ticket of a client without a
 * number gives none, and is told by what it does not say then. */
static void see_session(struct fdar_tls *tls, const struct fdar_tls_hello *hello)
{
	const struct fdar_tls_secret *master =
		fdar_tls_keys_named(tls->keys, hello->session, hello->session_size);
	gboolean same = hello->session_size == tls->session_size &&
			(!tls->session_size ||
			 memcmp(hello->session, tls->session, tls->session_size) == 0);

	if (!same)
		tls->offered = NULL;
	if (!master && tls->session_size)
		master = tls->offered;
	if (!has_master(tls) && master)
		tls->secrets = fdar_tls_keys_resume(tls->keys, tls->randoms[0], master);
	tls->info.has_keys |= tls->secrets || tls->offered;
	if (has_master(tls))
		fdar_tls_keys_name(tls->keys, hello->session, hello->session_size,
				   &tls->secrets->master);
}

/* The server makes new keys. */
static void see_full_handshake(struct fdar_tls *tls)
{
	tls->offered = NULL;
	if (!tls->directions[0].protected)
		tls->info.has_keys = tls->secrets != NULL;
}

/* A ticket stands for the session that gives it. */
static void see_ticket(struct fdar_tls *tls, const uint8_t *bytes, size_t size)
{
	size_t ticket_size;
	const uint8_t *ticket = fdar_tls_ticket_read(bytes, size, &ticket_size);

	if (has_master(tls) && ticket)
		fdar_tls_keys_name(tls->keys, ticket, ticket_size, &tls->secrets->master);
}

static void see_server_hello(struct fdar_tls *tls, const struct fdar_tls_hello *hello)
{
	tls->hellos++;
	tls->info.version = hello->version;
	tls->info.suite = hello->suite;
	if (hello->version != 0x0304 && !tls->directions[1].protected)
		see_choice(tls, hello);
	memcpy(tls->randoms[1], hello->random, FDAR_TLS_RANDOM);
	tls->suite = fdar_tls_suite_find(hello->suite);
	tls->encrypt_then_mac = hello->encrypt_then_mac;
	if (tls->keys && hello->version != 0x0304)
		see_session(tls, hello);
}

/* TLS 1.3: the direction goes on with the secret that follows its own. */
static void update_key(struct fdar_tls *tls, struct fdar_tls_direction *direction)
{
	fdar_tls_secret_next(tls->suite, &direction->secret);
	fdar_tls_opener_free(direction->opener);
	direction->opener = fdar_tls_opener_new13(tls->suite, &direction->secret);
	direction->number = 0;
}

/* TLS 1.3 negotiates once: keys that have opened a record are of the suite that was agreed on, whatever is said in plain
 * behind that. */
static gboolean is_settled(const struct fdar_tls *tls)
{
	return is_13(tls) && (tls->directions[0].protected || tls->directions[1].protected);
}

static void see_message(struct fdar_tls *tls, unsigned way, uint8_t type, const uint8_t *bytes,
			size_t size)
{
	struct fdar_tls_hello hello = { 0 };

	if (type == FDAR_TLS_EXTENSIONS && way == 1 && is_13(tls)) {
		fdar_tls_extensions_read(bytes, size, &hello);
		see_choice(tls, &hello);
		return;
	}
	if (type == FDAR_TLS_NEW_TICKET && way == 1 && !is_13(tls))
		see_ticket(tls, bytes, size);
	else if (type == FDAR_TLS_HELLO_DONE && way == 1 && !is_13(tls))
		see_full_handshake(tls);
	else if (type == FDAR_TLS_EARLY_END && way == 0)
		tls->directions[0].early_over = TRUE;
	else if (type == FDAR_TLS_KEY_UPDATE && is_13(tls) && tls->directions[way].protected)
		update_key(tls, &tls->directions[way]);
	else if (is_settled(tls))
		return;
	else if (type == FDAR_TLS_CLIENT_HELLO && way == 0 &&
		 fdar_tls_hello_read(type, bytes, size, &hello))
		see_client_hello(tls, &hello);
	else if (type == FDAR_TLS_SERVER_HELLO && way == 1 &&
		 fdar_tls_hello_read(type, bytes, size, &hello))
		see_server_hello(tls, &hello);
}

/* Messages of the handshake, which records cut as they like. */
static void see_handshake(struct fdar_tls *tls, unsigned way, const uint8_t *bytes, size_t size)
{
	GByteArray *all = tls->directions[way].handshake;

	if (all->len + size > HANDSHAKE_MAX) {
		g_byte_array_set_size(all, 0);
		return;
	}
	g_byte_array_append(all, bytes, (guint)size);
	while (all->len >= MESSAGE_HEADER) {
		guint length = (guint)all->data[1] << 16 | (guint)all->data[2] << 8 | all->data[3];

		if (length > HANDSHAKE_MAX)
			g_byte_array_set_size(all, 0);
		if (all->len < MESSAGE_HEADER + length)
			return;
		see_message(tls, way, all->data[0], all->data + MESSAGE_HEADER, length);
		g_byte_array_remove_range(all, 0, MESSAGE_HEADER + length);
	}
}

/* What a record turned out to hold. */
static void see_content(struct fdar_tls *tls, unsigned way, uint8_t type, size_t size)
{
	if (type == FDAR_TLS_HANDSHAKE)
		see_handshake(tls, way, tls->plain, size);
	if (type == FDAR_TLS_ALERT && size == 2 && tls->plain[1] == CLOSE_NOTIFY)
		tls->ops->ended(tls->user, way);
	if (type == FDAR_TLS_CHANGE_CIPHER && !is_13(tls) && tls->suite)
		fdar_tls_change_keys(tls, way); /* a renegotiation */
	if (type != FDAR_TLS_DATA)
		return;
	tls->info.opened++;
	if (size > 0)
		tls->ops->data(tls->user, way, tls->plain, size);
}

/* The message in plain that says so. Anything else may be chance. */
static gboolean is_change(const uint8_t *record, size_t size)
{
	return record[0] == FDAR_TLS_CHANGE_CIPHER && size == FDAR_TLS_HEADER + 1 &&
	       record[FDAR_TLS_HEADER] == 1;
}

/* A record of content, or of a number that is not known, was lost. */
static void lose(struct fdar_tls *tls, unsigned way, uint64_t size)
{
	g_byte_array_set_size(tls->directions[way].handshake, 0);
	if (!tls->info.has_keys)
		return;
	tls->info.lost++;
	tls->ops->missing(tls->user, way, (size_t)MIN(size, UINT32_MAX));
}

/* A record that may be under keys. FALSE when it did not open. */
static gboolean open_record(struct fdar_tls *tls, unsigned way, const uint8_t *record, size_t size)
{
	const struct fdar_tls_direction *direction = &tls->directions[way];
	gboolean first = !direction->protected && !direction->unsure;
	size_t made;
	uint8_t type;

	if (!(is_13(tls) ? fdar_tls_open13 : fdar_tls_open12)(tls, way, record, size, &made, &type))
		return FALSE;
	/* A server that takes early data has it ended by a message of its own (RFC 8446, 4.5). */
	if (first && direction->protected && way == 0 && direction->early_number &&
	    !direction->early_over)
		tls->ops->refused(tls->user);
	see_content(tls, way, type, made);
	return TRUE;
}

/* A whole record. FALSE when it is under keys and did not open. */
static gboolean see_record(struct fdar_tls *tls, unsigned way, const uint8_t *record, size_t size)
{
	struct fdar_tls_direction *direction = &tls->directions[way];

	if (!direction->protected && is_change(record, size)) {
		if (!is_13(tls) && tls->suite)
			fdar_tls_change_keys(tls, way);
		return TRUE;
	}
	if (is_13(tls) && record[0] == FDAR_TLS_DATA)
		/* Until its own keys open one, what does not open is of the handshake. */
		return open_record(tls, way, record, size) || !direction->protected;
	if (!is_13(tls) && (direction->protected || direction->unsure) &&
	    open_record(tls, way, record, size))
		return TRUE;
	if (direction->protected && !is_13(tls))
		return FALSE;
	if (record[0] == FDAR_TLS_HANDSHAKE)
		see_handshake(tls, way, record + FDAR_TLS_HEADER, size - FDAR_TLS_HEADER);
	return TRUE;
}

/* Whether these bytes may begin a record; *size is its size, header and all. */
static gboolean is_header(const uint8_t *bytes, size_t *size)
{
	*size = FDAR_TLS_HEADER + ((size_t)bytes[3] << 8 | bytes[4]);
	return bytes[0] >= FDAR_TLS_CHANGE_CIPHER && bytes[0] <= FDAR_TLS_DATA && bytes[1] == 3 &&
	       bytes[2] <= 4 && *size > FDAR_TLS_HEADER &&
	       *size <= FDAR_TLS_HEADER + FDAR_TLS_RECORD_MAX;
}

/* Finds the next record behind a loss: one that opens. FALSE when more bytes are needed. */
static gboolean search(struct fdar_tls *tls, unsigned way)
{
	struct fdar_tls_direction *direction = &tls->directions[way];
	GByteArray *records = direction->records;
	guint at = 0;

	for (; records->len - at >= FDAR_TLS_HEADER && !direction->garbled; at++) {
		const uint8_t *bytes = records->data + at;
		size_t size;

		/* Under its keys TLS 1.3 has no other records; what looks like one may be chance. */
		if (is_header(bytes, &size) && (!is_13(tls) || bytes[0] == FDAR_TLS_DATA)) {
			if (size > records->len - at)
				break;
			if (see_record(tls, way, bytes, size) && direction->protected) {
				direction->searching = FALSE;
				at += (guint)size;
				break;
			}
			/* Too much was tried: what is left is given up. */
			direction->garbled = !direction->vain;
			if (direction->garbled)
				lose(tls, way, records->len - at);
		}
		fdar_tls_opener_pass(direction->opener, bytes, 1);
	}
	g_byte_array_remove_range(records, 0, at);
	return !direction->searching;
}

static void read_records(struct fdar_tls *tls, unsigned way)
{
	struct fdar_tls_direction *direction = &tls->directions[way];
	GByteArray *records = direction->records;
	guint at = 0;

	if (direction->searching && !search(tls, way))
		return;
	while (records->len - at >= FDAR_TLS_HEADER && !direction->garbled) {
		size_t size;

		if (!is_header(records->data + at, &size)) {
			direction->garbled = TRUE;
			break;
		}
		if (size > records->len - at)
			break;
		if (!see_record(tls, way, records->data + at, size)) {
			fdar_tls_opener_pass(direction->opener, records->data + at, size);
			lose(tls, way, size - FDAR_TLS_HEADER);
			direction->unsure = MIN(direction->unsure + 1, TRIES_MAX);
		}
		at += (guint)size;
	}
	g_byte_array_remove_range(records, 0, at);
}

void fdar_tls_feed(struct fdar_tls *tls, unsigned way, const uint8_t *bytes, size_t size)
{
	struct fdar_tls_direction *direction = &tls->directions[way];
	uint64_t skipped = MIN(direction->skip, size);

	fdar_tls_opener_pass(direction->opener, bytes, skipped);
	direction->skip -= skipped;
	bytes += skipped;
	size -= skipped;
	direction->vain += size * VAIN_A_BYTE;
	/* In steps: what waits is at most a record and one of these. */
	while (size > 0 && !direction->garbled) {
		size_t step = MIN(size, FDAR_TLS_RECORD_MAX);

		g_byte_array_append(direction->records, bytes, (guint)step);
		read_records(tls, way);
		bytes += step;
		size -= step;
	}
}

void fdar_tls_gap(struct fdar_tls *tls, unsigned way, uint64_t size)
{
	struct fdar_tls_direction *direction = &tls->directions[way];
	GByteArray *records = direction->records;
	size_t whole = 0;
	uint64_t left = 0;

	if (direction->garbled)
		return;
	if (!direction->opener && !is_13(tls) && tls->suite) {
		/* The change may be in it; if it is not, it comes and is made anew. */
		fdar_tls_change_keys(tls, way);
		direction->protected = FALSE;
	}
	fdar_tls_opener_pass(direction->opener, NULL, 0);
	if (direction->skip) {
		left = direction->skip;
	} else if (!direction->searching && records->len >= FDAR_TLS_HEADER &&
		   is_header(records->data, &whole)) {
		left = whole - records->len;
		/* The record that is cut is one, and its number is known. */
		direction->unsure = MIN(direction->unsure + 1, TRIES_MAX);
		lose(tls, way, whole - FDAR_TLS_HEADER);
	}
	g_byte_array_set_size(records, 0);
	direction->skip = left - MIN(left, size);
	if (size <= left && left)
		return;
	direction->searching = TRUE;
	direction->unsure = MIN(direction->unsure + (size - left) / SMALLEST_RECORD + 2, TRIES_MAX);
	lose(tls, way, size - left);
}

const struct fdar_tls_info *fdar_tls_info(const struct fdar_tls *tls)
{
	return &tls->info;
}

char *fdar_tls_info_text(const struct fdar_tls_info *info)
{
	return g_strdup_printf("%s%s%s%s%s%s", fdar_tls_version_text(info->version),
			       info->name[0] ? ", " : "", info->name, info->alpn[0] ? ", " : "",
			       info->alpn[0] && info->alpn_offered ? "offers " : "", info->alpn);
}

void fdar_tls_free(struct fdar_tls *tls)
{
	if (!tls)
		return;
	for (unsigned way = 0; way < 2; way++) {
		struct fdar_tls_direction *direction = &tls->directions[way];

		fdar_tls_opener_free(direction->opener);
		fdar_tls_opener_free(direction->early);
		g_byte_array_unref(direction->records);
		g_byte_array_unref(direction->handshake);
	}
	OPENSSL_cleanse(tls, sizeof(*tls));
	g_free(tls);
}
