#include "replay/split/split_list.h"

#include <string.h>

#include "replay/split/trex.h"

#define NS_PER_S ((uint64_t)1000000000)

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
