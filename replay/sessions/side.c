#include "replay/sessions/side.h"

#include <arpa/inet.h>
#include <string.h>

#define LOOK_BYTES (1u << 20)
#define LINE_BYTES 512u
#define FTP_PORT   21

/* Reads up to max decimal numbers of at most 65535 that are separated by commas. */
static unsigned read_numbers(const char *at, const char *end, unsigned *numbers, unsigned max)
{
	unsigned count = 0;

	while (count < max && at < end && g_ascii_isdigit(*at)) {
		unsigned value = 0;

		for (; at < end && g_ascii_isdigit(*at) && value <= 65535; at++)
			value = value * 10 + (unsigned)(*at - '0');
		numbers[count++] = value;
		if (at == end || *at != ',')
			break;
		at++;
	}
	return count;
}

/* "h1,h2,h3,h4,p1,p2" of PORT and 227. */
static gboolean parse_six(const char *at, const char *end, struct fdar_endpoint *endpoint)
{
	unsigned numbers[6];

	if (read_numbers(at, end, numbers, 6) != 6)
		return FALSE;
	for (unsigned i = 0; i < 6; i++)
		if (numbers[i] > 255)
			return FALSE;
	for (unsigned i = 0; i < 4; i++)
		endpoint->addr[i] = (uint8_t)numbers[i];
	endpoint->family = FDAR_FAMILY_IPV4;
	endpoint->port = (uint16_t)(numbers[4] << 8 | numbers[5]);
	return TRUE;
}

/* "|1|132.235.1.2|6275|" of EPRT and "|||6446|" of 229; the delimiter is the sender's choice. */
static gboolean parse_delimited(const char *at, const char *end, struct fdar_endpoint *endpoint)
{
	char line[LINE_BYTES + 1];
	const char delimiter[2] = { at < end ? *at : '\0', '\0' };
	g_auto(GStrv) fields = NULL;
	unsigned port;

	if (end - at < 5 || g_ascii_isalnum(*at) || (size_t)(end - at) > LINE_BYTES)
		return FALSE;
	memcpy(line, at, (size_t)(end - at));
	line[end - at] = '\0';
	fields = g_strsplit(line + 1, delimiter, 4);
	if (g_strv_length(fields) < 3)
		return FALSE;
	if (inet_pton(AF_INET, fields[1], endpoint->addr) == 1)
		endpoint->family = FDAR_FAMILY_IPV4;
	else if (inet_pton(AF_INET6, fields[1], endpoint->addr) == 1)
		endpoint->family = FDAR_FAMILY_IPV6;
	else if (fields[1][0])
		return FALSE;
	if (read_numbers(fields[2], fields[2] + strlen(fields[2]), &port, 1) != 1 || port > 65535)
		return FALSE;
	endpoint->port = (uint16_t)port;
	return TRUE;
}

gboolean fdar_side_parse(const char *line, size_t length, enum fdar_way way,
			 struct fdar_endpoint *endpoint)
{
	const char *end = line + length;
	const char *open;

	memset(endpoint, 0, sizeof(*endpoint));
	if (length < 9 || length > LINE_BYTES)
		return FALSE;
	if (way == FDAR_FROM_CLIENT) {
		if (!g_ascii_strncasecmp(line, "PORT ", 5))
			return parse_six(line + 5, end, endpoint) && endpoint->port;
		if (!g_ascii_strncasecmp(line, "EPRT ", 5))
			return parse_delimited(line + 5, end, endpoint) && endpoint->port;
		return FALSE;
	}
	open = memchr(line, '(', length);
	if (!strncmp(line, "229", 3))
		return open && parse_delimited(open + 1, end, endpoint) && endpoint->port;
	if (strncmp(line, "227", 3) != 0)
		return FALSE;
	/* Some servers leave the parenthesis out: the first digit behind the code begins it. */
	for (open = line + 3; open < end && !g_ascii_isdigit(*open); open++)
		;
	return parse_six(open, end, endpoint) && endpoint->port;
}

/* An agreed endpoint, waiting for the session that goes there. */
struct agreed {
	struct fdar_endpoint endpoint;
	uint32_t control;
};

static void note_line(GHashTable *agreed, const struct fdar_session *session, GString *line,
		      enum fdar_way way)
{
	struct fdar_endpoint endpoint;
	struct agreed *entry;

	if (!fdar_side_parse(line->str, line->len, way, &endpoint))
		return;
	if (endpoint.family == FDAR_FAMILY_NONE) {
		const struct fdar_endpoint *side =
			way == FDAR_FROM_SERVER ? &session->server : &session->client;

		memcpy(endpoint.addr, side->addr, sizeof(endpoint.addr));
		endpoint.family = side->family;
	}
	entry = g_new0(struct agreed, 1);
	entry->endpoint = endpoint;
	entry->control = session->id;
	g_hash_table_replace(agreed, &entry->endpoint, entry);
}

/* Takes a control session's bytes apart into lines. */
static void read_control(const struct fdar_sessions *sessions, const struct fdar_session *session,
			 GHashTable *agreed)
{
	const struct fdar_piece *pieces = fdar_sessions_pieces(sessions, session);
	g_autoptr(GString) client = g_string_new(NULL);
	g_autoptr(GString) server = g_string_new(NULL);
	size_t looked = 0;

	for (uint64_t i = 0; i < session->pieces && looked < LOOK_BYTES; i++) {
		GString *line = pieces[i].way == FDAR_FROM_CLIENT ? client : server;
		const char *text;

		if (pieces[i].kind != FDAR_PIECE_DATA)
			continue;
		text = (const char *)fdar_sessions_payload(sessions, &pieces[i]);
		looked += pieces[i].length;
		for (uint32_t c = 0; c < pieces[i].length; c++) {
			if (text[c] == '\n') {
				note_line(agreed, session, line, pieces[i].way);
				g_string_truncate(line, 0);
			} else if (line->len <= LINE_BYTES) {
				g_string_append_c(line, text[c]);
			}
		}
	}
}

/* FTP servers speak first, and begin with a code ("220 ready"). */
static gboolean is_control(const struct fdar_sessions *sessions, const struct fdar_session *session)
{
	const struct fdar_piece *pieces;
	const uint8_t *text;

	if (session->transport != FDAR_TCP || !session->pieces)
		return FALSE;
	if (session->server.port == FTP_PORT)
		return TRUE;
	pieces = fdar_sessions_pieces(sessions, session);
	if (pieces[0].kind != FDAR_PIECE_DATA || pieces[0].way != FDAR_FROM_SERVER ||
	    pieces[0].length < 4)
		return FALSE;
	text = fdar_sessions_payload(sessions, &pieces[0]);
	return !memcmp(text, "220", 3) && (text[3] == ' ' || text[3] == '-');
}

static guint endpoint_hash(gconstpointer key)
{
	const uint8_t *bytes = key;
	guint hash = 5381;

	for (size_t i = 0; i < sizeof(struct fdar_endpoint); i++)
		hash = hash * 33 + bytes[i];
	return hash;
}

static gboolean endpoints_equal(gconstpointer a, gconstpointer b)
{
	return fdar_endpoint_equal(a, b);
}

GHashTable *fdar_side_connections(const struct fdar_sessions *sessions)
{
	GHashTable *sides = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) agreed =
		g_hash_table_new_full(endpoint_hash, endpoints_equal, NULL, g_free);
	size_t count = fdar_sessions_count(sessions);

	for (size_t i = 0; i < count; i++)
		if (is_control(sessions, fdar_sessions_get(sessions, i)))
			read_control(sessions, fdar_sessions_get(sessions, i), agreed);
	if (!g_hash_table_size(agreed))
		return sides;
	for (size_t i = 0; i < count; i++) {
		const struct fdar_session *session = fdar_sessions_get(sessions, i);
		const struct agreed *entry = g_hash_table_lookup(agreed, &session->server);

		if (!entry || entry->control == session->id || session->transport != FDAR_TCP)
			continue;
		g_hash_table_insert(sides, GUINT_TO_POINTER(session->id + 1),
				    GUINT_TO_POINTER(entry->control + 1));
	}
	return sides;
}
