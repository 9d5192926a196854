#include "replay/split/split_list.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "replay/split/trex.h"

#define NS_PER_S    ((uint64_t)1000000000)
#define BATCH_BYTES ((gsize)1024 * 1024)

/* Sessions with the same of these have equal payload: T-Rex could not tell them apart. */
struct payload {
	uint8_t digest[2][32];
	uint64_t gap_bytes[2];
	uint16_t port;
	uint8_t transport;
	uint8_t zero[5];
};

static guint payload_hash(gconstpointer data)
{
	guint hash;

	memcpy(&hash, data, sizeof(hash));
	return hash;
}

static gboolean payload_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct payload)) == 0;
}

static void reject_minority(struct fdar_split *split, uint8_t *family)
{
	uint64_t v4 = 0, v6 = 0;

	for (guint i = 0; i < split->sessions->len; i++) {
		const struct fdar_split_session *one =
			&g_array_index(split->sessions, struct fdar_split_session, i);

		if (!one->broken)
			*(one->session.client.family == FDAR_FAMILY_IPV6 ? &v6 : &v4) += 1;
	}
	*family = v6 > v4 ? FDAR_FAMILY_IPV6 : FDAR_FAMILY_IPV4;
	for (guint i = 0; i < split->sessions->len; i++) {
		struct fdar_split_session *one =
			&g_array_index(split->sessions, struct fdar_split_session, i);

		/* Where none can be played there is no version that most have. */
		if (v4 + v6 > 0 && one->session.client.family != *family)
			one->broken |= FDAR_TREX_FAMILY;
		if (one->broken)
			split->rejected++;
	}
}

/* Finds the session's template, or makes it one; gives its number. */
static uint32_t choose(GHashTable *known, const struct fdar_split_session *one, GArray *counts,
		       GPtrArray *paths, const char *directory)
{
	struct payload key = { .port = one->session.server.port,
			       .transport = one->session.transport };
	gpointer found;
	uint64_t first = 1;

	memcpy(key.digest, one->digest, sizeof(key.digest));
	for (unsigned way = 0; way < 2; way++)
		key.gap_bytes[way] = one->session.way[way].gap_bytes;
	if (g_hash_table_lookup_extended(known, &key, NULL, &found)) {
		g_array_index(counts, uint64_t, GPOINTER_TO_UINT(found))++;
		return GPOINTER_TO_UINT(found);
	}
	g_hash_table_insert(known, g_memdup2(&key, sizeof(key)), GUINT_TO_POINTER(counts->len));
	g_array_append_val(counts, first);
	g_ptr_array_add(paths, g_build_filename(directory, one->file, NULL));
	return counts->len - 1;
}

static void write_profile(struct fdar_split *split, struct fdar_split_dir *dir,
			  struct fdar_trex_profile *profile, GArray *counts, GPtrArray *paths)
{
	struct fdar_trex_template *templates = g_new(struct fdar_trex_template, counts->len);
	char *text;

	profile->duration_s =
		split->duration_ns ? (double)split->duration_ns / (double)NS_PER_S : 1.0;
	for (guint i = 0; i < counts->len; i++)
		templates[i] = (struct fdar_trex_template){
			.path = paths->pdata[i],
			.cps = (double)g_array_index(counts, uint64_t, i) / profile->duration_s,
		};
	profile->templates = templates;
	profile->count = counts->len;
	text = fdar_trex_profile_text(profile);
	fdar_split_dir_append(dir, "trex.yaml", text, strlen(text));
	g_free(text);
	g_free(templates);
}

void fdar_split_write_profile(struct fdar_split *split, struct fdar_split_dir *dir)
{
	g_autoptr(GHashTable) known =
		g_hash_table_new_full(payload_hash, payload_equal, g_free, NULL);
	g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	struct fdar_trex_profile profile = { 0 };

	reject_minority(split, &profile.family);
	for (guint i = 0; i < split->sessions->len; i++) {
		struct fdar_split_session *one =
			&g_array_index(split->sessions, struct fdar_split_session, i);

		one->template = FDAR_SPLIT_NO_TEMPLATE;
		if (one->broken)
			continue;
		if (counts->len == 0) {
			profile.client = one->session.client;
			profile.server = one->session.server;
		}
		one->template = choose(known, one, counts, paths, dir->path);
	}
	split->templates = counts->len;
	if (counts->len)
		write_profile(split, dir, &profile, counts, paths);
}

static void add_number(JsonBuilder *json, const char *key, uint64_t value)
{
	json_builder_set_member_name(json, key);
	json_builder_add_int_value(json, (gint64)MIN(value, (uint64_t)INT64_MAX));
}

static void add_text(JsonBuilder *json, const char *key, const char *value)
{
	json_builder_set_member_name(json, key);
	json_builder_add_string_value(json, value);
}

static void add_start(JsonBuilder *json, uint64_t epoch_ns)
{
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc((gint64)(epoch_ns / NS_PER_S));
	g_autofree char *seconds = g_date_time_format(date, "%Y-%m-%dT%H:%M:%S");
	g_autofree char *text =
		g_strdup_printf("%s.%09" G_GUINT64_FORMAT "Z", seconds, epoch_ns % NS_PER_S);

	add_text(json, "start", text);
	add_number(json, "start_epoch_ns", epoch_ns);
}

static void add_hex(JsonBuilder *json, const char *key, const uint8_t *bytes, size_t size)
{
	g_autoptr(GString) hex = g_string_new(NULL);

	for (size_t i = 0; i < size; i++)
		g_string_append_printf(hex, "%02x", (unsigned)bytes[i]);
	add_text(json, key, hex->str);
}

static void add_way(JsonBuilder *json, const char *key, const struct fdar_split_session *one,
		    enum fdar_way way)
{
	const struct fdar_way_totals *totals = &one->session.way[way];
	json_builder_set_member_name(json, key);
	json_builder_begin_object(json);
	add_number(json, "packets", totals->packets);
	add_number(json, "bytes", totals->bytes);
	add_number(json, "gap_bytes", totals->gap_bytes);
	add_number(json, "messages", totals->messages);
	add_number(json, "pieces", totals->pieces);
	add_hex(json, "sha256", one->digest[way], sizeof(one->digest[way]));
	json_builder_end_object(json);
}

static void add_odd(JsonBuilder *json, const struct fdar_split_session *one)
{
	json_builder_set_member_name(json, "odd");
	json_builder_begin_array(json);
	for (unsigned i = 0; i < FDAR_ODD_BITS; i++)
		if (one->session.odd & 1u << i)
			json_builder_add_string_value(json, fdar_odd_text(1u << i));
	json_builder_end_array(json);
}

/* What is known of TLS; with its secrets, what was said in it. */
static void add_tls(JsonBuilder *json, const struct fdar_split_tls *tls)
{
	static const char *const ways[] = { "from_client", "from_server" };
	g_autofree char *suite = g_strdup_printf("0x%04x", (unsigned)tls->info.suite);

	json_builder_set_member_name(json, "tls");
	json_builder_begin_object(json);
	add_text(json, "version", fdar_tls_version_text(tls->info.version));
	add_text(json, "server_name", tls->info.name);
	add_text(json, "alpn", tls->info.alpn);
	json_builder_set_member_name(json, "alpn_offered");
	json_builder_add_boolean_value(json, tls->info.alpn_offered);
	add_text(json, "suite", suite);
	json_builder_set_member_name(json, "decrypted");
	json_builder_add_boolean_value(json, tls->info.opened > 0);
	for (unsigned way = 0; way < 2 && tls->info.opened > 0; way++) {
		json_builder_set_member_name(json, ways[way]);
		json_builder_begin_object(json);
		add_number(json, "bytes", tls->bytes[way]);
		add_hex(json, "sha256", tls->digest[way], sizeof(tls->digest[way]));
		json_builder_end_object(json);
	}
	if (tls->info.has_keys)
		add_number(json, "records_lost", tls->info.lost);
	json_builder_end_object(json);
}

static void add_trex(JsonBuilder *json, const struct fdar_split_session *one)
{
	json_builder_set_member_name(json, "trex_template");
	if (one->template == FDAR_SPLIT_NO_TEMPLATE)
		json_builder_add_null_value(json);
	else
		json_builder_add_int_value(json, one->template);
	json_builder_set_member_name(json, "trex_rejected");
	json_builder_begin_array(json);
	for (unsigned i = 0; i < FDAR_TREX_RULES; i++)
		if (one->broken & 1u << i)
			json_builder_add_string_value(json, fdar_trex_rule_text(1u << i));
	json_builder_end_array(json);
}

static void add_session(JsonBuilder *json, const struct fdar_split_session *one)
{
	const struct fdar_session *session = &one->session;
	char text[FDAR_ENDPOINT_TEXT_MAX];

	json_builder_begin_object(json);
	add_number(json, "id", session->id);
	add_text(json, "file", one->file);
	add_text(json, "transport", session->transport == FDAR_TCP ? "tcp" : "udp");
	add_text(json, "client", fdar_endpoint_text(&session->client, text));
	add_text(json, "server", fdar_endpoint_text(&session->server, text));
	add_number(json, "first_packet", session->packet);
	add_start(json, session->epoch_ns);
	add_number(json, "duration_ns", session->end_ns - session->start_ns);
	add_text(json, "began", fdar_began_text(session->began));
	add_text(json, "ended", fdar_ended_text(session->ended, session->ended_by));
	add_odd(json, one);
	add_way(json, "from_client", one, FDAR_FROM_CLIENT);
	add_way(json, "from_server", one, FDAR_FROM_SERVER);
	if (one->tls)
		add_tls(json, one->tls);
	add_trex(json, one);
	json_builder_end_object(json);
}

static void add_totals(JsonBuilder *json, const struct fdar_split *split, const char *capture)
{
	const struct fdar_capture_totals *totals = &split->totals;

	json_builder_begin_object(json);
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
	add_number(json, "packets_doubled", totals->doubles);
	add_number(json, "views", totals->views);
	add_number(json, "clock_back", totals->clock_back);
	add_number(json, "trex_templates", split->templates);
	add_number(json, "trex_rejected", split->rejected);
	json_builder_end_object(json);
}

/* The JSON text of what was built since the last call. */
static char *take_text(JsonBuilder *json)
{
	g_autoptr(JsonNode) root = json_builder_get_root(json);
	char *text = json_to_string(root, FALSE);

	json_builder_reset(json);
	return text;
}

void fdar_split_write_sessions(const struct fdar_split *split, const char *capture,
			       struct fdar_split_dir *dir)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(GString) batch = g_string_new(NULL);
	g_autofree char *head = NULL;

	/* A session a line, written in batches: a tree of them all would be as large as the list.
	 */
	add_totals(json, split, capture);
	head = take_text(json);
	head[strlen(head) - 1] = '\0';
	g_string_append_printf(batch, "%s,\"sessions\":[", head);
	for (guint i = 0; i < split->sessions->len; i++) {
		g_autofree char *text = NULL;

		add_session(json, &g_array_index(split->sessions, struct fdar_split_session, i));
		text = take_text(json);
		g_string_append_printf(batch, "%s\n%s", i ? "," : "", text);
		if (batch->len >= BATCH_BYTES) {
			fdar_split_dir_append(dir, "sessions.json", batch->str, batch->len);
			g_string_truncate(batch, 0);
		}
	}
	g_string_append(batch, "\n]}\n");
	fdar_split_dir_append(dir, "sessions.json", batch->str, batch->len);
}
