/* sessions.json: part of split_list.h. A session a line, written by hand: a tree of nodes for each took
 * longer than reading the capture. */
#include "replay/split/split_list.h"

#include <string.h>
#include <time.h>

#include "base/json_text.h"
#include "replay/split/trex.h"

#define NS_PER_S    ((uint64_t)1000000000)
#define BATCH_BYTES ((gsize)1024 * 1024)

/* Behind whatever stands before it in its object or array. */
static void separate(GString *json)
{
	char last = json->len ? json->str[json->len - 1] : '{';

	if (last != '{' && last != '[')
		g_string_append_c(json, ',');
}

/* key is one of ours, and needs no escapes. */
static void add_key(GString *json, const char *key)
{
	separate(json);
	g_string_append_c(json, '"');
	g_string_append(json, key);
	g_string_append_len(json, "\":", 2);
}

static void begin(GString *json, const char *key, char bracket)
{
	add_key(json, key);
	g_string_append_c(json, bracket);
}

static void add_digits(GString *json, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	g_string_append_len(json, digits + at, (gssize)(sizeof(digits) - at));
}

static void add_number(GString *json, const char *key, uint64_t value)
{
	add_key(json, key);
	add_digits(json, MIN(value, (uint64_t)INT64_MAX));
}

/* value is one of ours. */
static void add_word(GString *json, const char *key, const char *value)
{
	add_key(json, key);
	g_string_append_c(json, '"');
	g_string_append(json, value);
	g_string_append_c(json, '"');
}

static void add_text(GString *json, const char *key, const char *value)
{
	add_key(json, key);
	fdar_json_append(json, value);
}

static void add_flag(GString *json, const char *key, gboolean value)
{
	add_key(json, key);
	g_string_append(json, value ? "true" : "false");
}

static void add_start(GString *json, uint64_t epoch_ns)
{
	time_t seconds = (time_t)(epoch_ns / NS_PER_S);
	char text[64];
	struct tm date;
	size_t size;

	gmtime_r(&seconds, &date);
	size = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &date);
	g_snprintf(text + size, (gulong)(sizeof(text) - size), ".%09" G_GUINT64_FORMAT "Z",
		   epoch_ns % NS_PER_S);
	add_word(json, "start", text);
	add_number(json, "start_epoch_ns", epoch_ns);
}

static void add_hex(GString *json, const char *key, const uint8_t *bytes, size_t size)
{
	add_key(json, key);
	g_string_append_c(json, '"');
	for (size_t i = 0; i < size; i++) {
		char hex[2] = { "0123456789abcdef"[bytes[i] >> 4],
				"0123456789abcdef"[bytes[i] & 15] };

		g_string_append_len(json, hex, 2);
	}
	g_string_append_c(json, '"');
}

static void add_way(GString *json, const char *key, const struct fdar_split_session *one,
		    enum fdar_way way)
{
	const struct fdar_way_totals *totals = &one->session.way[way];

	begin(json, key, '{');
	add_number(json, "packets", totals->packets);
	add_number(json, "bytes", totals->bytes);
	add_number(json, "gap_bytes", totals->gap_bytes);
	add_number(json, "messages", totals->messages);
	add_number(json, "pieces", totals->pieces);
	add_hex(json, "sha256", one->digest[way], sizeof(one->digest[way]));
	g_string_append_c(json, '}');
}

static void add_odd(GString *json, const struct fdar_split_session *one)
{
	begin(json, "odd", '[');
	for (unsigned i = 0; i < FDAR_ODD_BITS; i++)
		if (one->session.odd & 1u << i) {
			separate(json);
			fdar_json_append(json, fdar_odd_text(1u << i));
		}
	g_string_append_c(json, ']');
}

/* What is known of TLS; with its secrets, what was said in it. */
static void add_tls(GString *json, const struct fdar_split_tls *tls)
{
	static const char *const ways[] = { "from_client", "from_server" };
	g_autofree char *suite = g_strdup_printf("0x%04x", (unsigned)tls->info.suite);

	begin(json, "tls", '{');
	add_text(json, "version", fdar_tls_version_text(tls->info.version));
	add_text(json, "server_name", tls->info.name);
	add_text(json, "alpn", tls->info.alpn);
	add_flag(json, "alpn_offered", tls->info.alpn_offered);
	add_text(json, "suite", suite);
	if (tls->upgrade)
		add_text(json, "behind", tls->upgrade);
	add_flag(json, "decrypted", tls->info.opened > 0);
	for (unsigned way = 0; way < 2 && tls->info.opened > 0; way++) {
		begin(json, ways[way], '{');
		add_number(json, "bytes", tls->bytes[way]);
		add_hex(json, "sha256", tls->digest[way], sizeof(tls->digest[way]));
		g_string_append_c(json, '}');
	}
	if (tls->info.has_keys)
		add_number(json, "records_lost", tls->info.lost);
	g_string_append_c(json, '}');
}

static void add_trex(GString *json, const struct fdar_split_session *one)
{
	if (one->template == FDAR_SPLIT_NO_TEMPLATE) {
		add_key(json, "trex_template");
		g_string_append(json, "null");
	} else {
		add_number(json, "trex_template", one->template);
	}
	begin(json, "trex_rejected", '[');
	for (unsigned i = 0; i < FDAR_TREX_RULES; i++)
		if (one->broken & 1u << i) {
			separate(json);
			fdar_json_append(json, fdar_trex_rule_text(1u << i));
		}
	g_string_append_c(json, ']');
}

static void add_session(GString *json, const struct fdar_split_session *one)
{
	const struct fdar_session *session = &one->session;
	char text[FDAR_ENDPOINT_TEXT_MAX];

	g_string_append_c(json, '{');
	add_number(json, "id", session->id);
	add_word(json, "file", one->file);
	add_word(json, "transport", session->transport == FDAR_TCP ? "tcp" : "udp");
	add_word(json, "client", fdar_endpoint_text(&session->client, text));
	add_word(json, "server", fdar_endpoint_text(&session->server, text));
	add_number(json, "first_packet", session->packet);
	add_start(json, session->epoch_ns);
	add_number(json, "duration_ns", session->end_ns - session->start_ns);
	add_word(json, "began", fdar_began_text(session->began));
	add_word(json, "ended", fdar_ended_text(session->ended, session->ended_by));
	add_odd(json, one);
	add_way(json, "from_client", one, FDAR_FROM_CLIENT);
	add_way(json, "from_server", one, FDAR_FROM_SERVER);
	if (one->tls)
		add_tls(json, one->tls);
	add_trex(json, one);
	g_string_append_c(json, '}');
}

static void add_totals(GString *json, const struct fdar_split *split, const char *capture)
{
	const struct fdar_capture_totals *totals = &split->totals;

	g_string_append_c(json, '{');
	add_number(json, "format", 1);
	add_text(json, "capture", capture);
	if (split->damage)
		add_text(json, "damage", split->damage);
	add_number(json, "packets", totals->packets);
	add_number(json, "packets_in_sessions", totals->in_sessions);
	add_number(json, "packets_not_ip", totals->not_ip);
	add_number(json, "packets_other_protocol", totals->other_protocol);
	add_number(json, "packets_malformed", totals->malformed);
	add_number(json, "packets_lone_fragments", totals->lone_fragments);
	add_number(json, "packets_unread", totals->unread);
	add_number(json, "packets_wireguard", totals->wireguard);
	add_number(json, "packets_doubled", totals->doubles);
	add_number(json, "views", totals->views);
	add_number(json, "clock_back", totals->clock_back);
	add_number(json, "trex_templates", split->templates);
	add_number(json, "trex_rejected", split->rejected);
}

void fdar_split_write_sessions(const struct fdar_split *split, const char *capture,
			       struct fdar_split_dir *dir)
{
	g_autoptr(GString) batch = g_string_sized_new(BATCH_BYTES + 4096);

	add_totals(batch, split, capture);
	g_string_append(batch, ",\"sessions\":[");
	for (guint i = 0; i < split->sessions->len; i++) {
		g_string_append(batch, i ? ",\n" : "\n");
		add_session(batch, &g_array_index(split->sessions, struct fdar_split_session, i));
		if (batch->len >= BATCH_BYTES) {
			fdar_split_dir_append(dir, "sessions.json", batch->str, batch->len);
			g_string_truncate(batch, 0);
		}
	}
	g_string_append(batch, "\n]}\n");
	fdar_split_dir_append(dir, "sessions.json", batch->str, batch->len);
}
