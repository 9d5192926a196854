#include "replay/rewrite/variants.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>

#include "replay/rewrite/anew.h"
#include "replay/sessions/timeline.h"

struct fdar_variants {
	const struct fdar_amplify_options *options;
	struct fdar_sessions *sessions;
	struct fdar_load_options load; /* of the files: whose sides are whose is known already */
	uint16_t *ports;               /* of all servers, ended by 0 */
	char *folder, *file;
	struct fdar_edit_who *who; /* by session */
	uint64_t *hosts;           /* by session: the client's number, from 0 */
	uint64_t host_count;
	struct fdar_edit_counts counts;
	guint expected; /* sessions of each file; 0 before the first */
};

static uint16_t *server_ports(const struct fdar_sessions *sessions)
{
	g_autofree uint8_t *seen = g_new0(uint8_t, UINT16_MAX + 1);
	uint16_t *ports = g_new0(uint16_t, UINT16_MAX + 2);
	size_t count = 0;

	for (size_t i = 0; i < fdar_sessions_count(sessions); i++) {
		uint16_t port = fdar_sessions_get(sessions, i)->server.port;

		if (port && !seen[port])
			ports[count++] = port;
		seen[port] = 1;
	}
	return ports;
}

/* Client hosts by order of appearance. */
static void number_hosts(struct fdar_variants *variants)
{
	const struct fdar_sessions *sessions = variants->sessions;
	g_autoptr(GHashTable) numbers = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
							      (GDestroyNotify)g_bytes_unref, NULL);

	variants->hosts = g_new0(uint64_t, fdar_sessions_count(sessions));
	for (size_t i = 0; i < fdar_sessions_count(sessions); i++) {
		const struct fdar_endpoint *client = &fdar_sessions_get(sessions, i)->client;
		GBytes *key = g_bytes_new(client->addr, sizeof(client->addr));
		gpointer number = g_hash_table_lookup(numbers, key);

		if (number) {
			g_bytes_unref(key);
		} else {
			number = GSIZE_TO_POINTER(++variants->host_count);
			g_hash_table_insert(numbers, key, number);
		}
		variants->hosts[i] = GPOINTER_TO_SIZE(number) - 1;
	}
}

struct fdar_variants *fdar_variants_open(const char *path,
					 const struct fdar_amplify_options *options, GError **error)
{
	const struct fdar_load_options load = { .capture = options->capture,
						.server_ports = options->server_ports,
						.max_gap_ns = FDAR_TIMELINE_KEEP,
						.udp_idle_ns = options->udp_idle_ns,
						.tls_keys = options->tls_keys,
						.progress = options->reading,
						.user = options->user };
	struct fdar_variants *variants = g_new0(struct fdar_variants, 1);
	const char *home = g_getenv("TMPDIR");

	variants->options = options;
	variants->sessions = fdar_sessions_load(path, &load, error);
	if (!variants->sessions) {
		fdar_variants_free(variants);
		return NULL;
	}
	variants->folder =
		g_build_filename(home && *home ? home : "/var/tmp", "flowdar-anew.XXXXXX", NULL);
	if (!g_mkdtemp(variants->folder)) {
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "%s: %s",
			    variants->folder, g_strerror(errno));
		fdar_variants_free(variants);
		return NULL;
	}
	variants->file = g_build_filename(variants->folder, "anew.pcap", NULL);
	variants->ports = server_ports(variants->sessions);
	variants->load = (struct fdar_load_options){ .server_ports = variants->ports,
						     .max_gap_ns = options->max_gap_ns,
						     .udp_idle_ns = options->udp_idle_ns };
	number_hosts(variants);
	variants->who = g_new0(struct fdar_edit_who, fdar_sessions_count(variants->sessions));
	return variants;
}

/* Each copy's clients are hosts of their own: what is known to them ends with the copy. */
static struct fdar_edit *begin_edit(struct fdar_variants *variants, uint32_t clone, uint32_t round)
{
	const struct fdar_amplify_options *options = variants->options;
	uint64_t copy = (uint64_t)round * options->clones + clone;

	if (!options->rewrite)
		return NULL;
	for (uint32_t i = 0; i < fdar_sessions_count(variants->sessions); i++)
		variants->who[i] = (struct fdar_edit_who){ .client = copy * variants->host_count +
								     variants->hosts[i],
							   .clone = clone,
							   .round = round,
							   .session = i };
	return fdar_edit_new(options->rewrite, options->seed);
}

/* That it has other sessions than the first is beyond what we know to happen. */
static gboolean is_like_first(struct fdar_variants *variants, const struct fdar_original *original,
			      GError **error)
{
	if (!variants->expected)
		variants->expected = original->sessions->len;
	if (original->sessions->len == variants->expected)
		return TRUE;
	g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_DAMAGED,
		    "a rewritten copy has %u sessions, where another one has %u",
		    original->sessions->len, variants->expected);
	return FALSE;
}

struct fdar_original *fdar_variants_load(struct fdar_variants *variants, uint32_t clone,
					 uint32_t round, GError **error)
{
	gboolean first = !variants->expected;
	struct fdar_edit *edit = begin_edit(variants, clone, round);
	const struct fdar_anew_how how = { .segment = FDAR_ANEW_SEGMENT,
					   .redact = variants->options->redact,
					   .edit = edit,
					   .who = variants->who };
	struct fdar_original *original = NULL;

	if (fdar_anew_write(variants->sessions, &how, variants->file, error))
		original = fdar_original_load(variants->file, &variants->load, error);
	if (edit)
		fdar_edit_counts_add(&variants->counts, fdar_edit_counts(edit));
	fdar_edit_free(edit);
	g_unlink(variants->file);
	if (original && !is_like_first(variants, original, error))
		g_clear_pointer(&original, fdar_original_free);
	if (original && !first)
		fdar_original_keep_packets(original);
	return original;
}

void fdar_variants_tell(const struct fdar_variants *variants, struct fdar_amplified *result)
{
	const struct fdar_sessions *sessions = variants->sessions;

	result->totals = *fdar_sessions_totals(sessions);
	result->rewritten = variants->counts;
	g_free(result->damage);
	result->damage = g_strdup(fdar_sessions_damage(sessions));
	for (size_t i = 0; i < fdar_sessions_count(sessions); i++) {
		const struct fdar_session_tls *tls =
			fdar_sessions_tls(sessions, fdar_sessions_get(sessions, i));

		result->decrypted += tls && tls->decrypted;
	}
}

void fdar_variants_free(struct fdar_variants *variants)
{
	if (!variants)
		return;
	if (variants->file)
		g_rmdir(variants->folder);
	fdar_sessions_free(variants->sessions);
	g_free(variants->ports);
	g_free(variants->folder);
	g_free(variants->file);
	g_free(variants->who);
	g_free(variants->hosts);
	g_free(variants);
}
