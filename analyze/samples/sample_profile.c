#include "analyze/samples/sample_profile.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/symbols/symbols.h"
#include "base/intern.h"

/* A profile that is being made. */
struct build {
	struct fdar_sample_profile *profile;
	GHashTable *ids;            /* "function\1component" -> entry + 1 */
	GArray *entries;            /* of struct fdar_sample_entry */
	struct fdar_intern counted; /* (entry, session) -> index of counts */
	GArray *counts;             /* of guint32 */
};

static void build_init(struct build *build, uint64_t period_ns)
{
	*build = (struct build){ 0 };
	build->profile = g_new0(struct fdar_sample_profile, 1);
	build->profile->period_ns = period_ns;
	build->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	build->entries = g_array_new(FALSE, TRUE, sizeof(struct fdar_sample_entry));
	build->counts = g_array_new(FALSE, TRUE, sizeof(guint32));
}

static struct fdar_sample_entry *entry_at(const struct build *build, uint32_t id)
{
	return &g_array_index(build->entries, struct fdar_sample_entry, id);
}

/* Takes the texts. */
static uint32_t entry_id(struct build *build, char *function, char *component, const char *build_id,
			 uint8_t kind)
{
	char *key = g_strconcat(function, "\1", component, NULL);
	gpointer known = g_hash_table_lookup(build->ids, key);
	struct fdar_sample_entry entry = { .function = function,
					   .component = component,
					   .kind = kind };

	if (known) {
		g_free(key);
		g_free(function);
		g_free(component);
		return GPOINTER_TO_UINT(known) - 1;
	}
	entry.build_id = g_strdup(build_id);
	g_array_append_val(build->entries, entry);
	g_hash_table_insert(build->ids, key, GUINT_TO_POINTER(build->entries->len));
	return build->entries->len - 1;
}

static void count_in(struct build *build, uint32_t entry, uint32_t session, uint32_t count)
{
	uint32_t id = fdar_intern_add(&build->counted, entry, session);

	if (id == build->counts->len)
		g_array_set_size(build->counts, id + 1);
	g_array_index(build->counts, guint32, id) += count;
}

static int by_weight(const void *a, const void *b)
{
	const struct fdar_sample_entry *x = a, *y = b;
	int names;

	if (x->total != y->total)
		return x->total > y->total ? -1 : 1;
	if (x->own != y->own)
		return x->own > y->own ? -1 : 1;
	names = strcmp(x->function, y->function);
	return names ? names : strcmp(x->component, y->component);
}

static int by_session(gconstpointer a, gconstpointer b)
{
	const struct fdar_sample_count *x = a, *y = b;

	return x->session < y->session ? -1 : x->session > y->session;
}

static void entry_clear(struct fdar_sample_entry *entry)
{
	g_free(entry->function);
	g_free(entry->component);
	g_free(entry->build_id);
	g_array_unref(entry->counts);
}

static struct fdar_sample_profile *build_finish(struct build *build)
{
	struct fdar_sample_profile *profile = build->profile;

	for (guint i = 0; i < build->entries->len; i++)
		entry_at(build, i)->counts =
			g_array_new(FALSE, FALSE, sizeof(struct fdar_sample_count));
	for (uint32_t i = 0; i < build->counts->len; i++) {
		const struct fdar_intern_pair *pair = &build->counted.pairs[i];
		struct fdar_sample_count count = { (uint32_t)pair->b,
						   g_array_index(build->counts, guint32, i) };

		g_array_append_val(entry_at(build, (uint32_t)pair->a)->counts, count);
	}
	for (guint i = 0; i < build->entries->len; i++)
		g_array_sort(entry_at(build, i)->counts, by_session);
	g_hash_table_unref(build->ids);
	g_array_unref(build->counts);
	fdar_intern_clear(&build->counted);
	profile->entry_count = build->entries->len;
	profile->entries = (struct fdar_sample_entry *)(void *)g_array_free(build->entries, FALSE);
	if (profile->entry_count)
		qsort(profile->entries, profile->entry_count, sizeof(*profile->entries), by_weight);
	/* Of what was sampled elsewhere only. */
	while (profile->entry_count && !profile->entries[profile->entry_count - 1].total)
		entry_clear(&profile->entries[--profile->entry_count]);
	return profile;
}

void fdar_sample_profile_free(struct fdar_sample_profile *profile)
{
	if (!profile)
		return;
	for (uint32_t i = 0; i < profile->entry_count; i++)
		entry_clear(&profile->entries[i]);
	g_free(profile->entries);
	g_free(profile);
}

/* ---- of a recording ---- */

/* Each function's entry. The caller frees it. */
static uint32_t *entries_of(struct build *build, const struct fdar_samples *samples)
{
	uint32_t *ids = g_new(uint32_t, samples->functions->len + 1);

	for (guint i = 0; i < samples->functions->len; i++) {
		const struct fdar_sample_function *function =
			&g_array_index(samples->functions, struct fdar_sample_function, i);
		gboolean kernel = function->kind == FDAR_SAMPLE_KERNEL;

		ids[i] = entry_id(build, fdar_symbol_source_name(function->name),
				  kernel ? g_strdup("kernel")
					 : fdar_component_name(function->binary),
				  function->build_id, function->kind);
	}
	return ids;
}

static gboolean is_wanted(const struct fdar_sampled *sampled,
			  const struct fdar_sampled_owner *owner, const char *label,
			  gboolean server)
{
	if (server)
		return owner->place == FDAR_SAMPLED_SERVER || owner->place == FDAR_SAMPLED_WAIT ||
		       owner->place == FDAR_SAMPLED_UNKNOWN;
	return owner->place == FDAR_SAMPLED_SESSION &&
	       (!label || g_strcmp0(g_array_index(sampled->sessions, struct fdar_sampled_session,
						  owner->session)
					    .label,
				    label) == 0);
}

static uint32_t depth_of(const struct fdar_samples *samples, uint32_t node)
{
	uint32_t depth = 0;

	for (; node; node = g_array_index(samples->nodes, struct fdar_sample_node, node).parent)
		depth++;
	return depth;
}

/* last: of each entry the last sample + 1 that counted for it. */
static void add_sample(struct build *build, const struct fdar_samples *samples, uint32_t index,
		       uint32_t session, const uint32_t *entries, uint32_t *last)
{
	uint32_t node = g_array_index(samples->samples, struct fdar_sample, index).node;
	uint32_t depth = depth_of(samples, node);

	build->profile->samples++;
	if (!node)
		return;
	for (uint32_t at = node; at; depth--) {
		const struct fdar_sample_node *here =
			&g_array_index(samples->nodes, struct fdar_sample_node, at);
		uint32_t id = entries[here->function];

		entry_at(build, id)->own += at == node;
		at = here->parent;
		if (last[id] == index + 1)
			continue;
		last[id] = index + 1;
		entry_at(build, id)->total++;
		entry_at(build, id)->depth += depth - 1;
		if (session != FDAR_SAMPLED_NONE)
			count_in(build, id, session, 1);
	}
}

/* Sessions of the profile are numbered anew, without those of other labels. The caller frees it. */
static uint32_t *number_sessions(const struct fdar_sampled *sampled, const char *label,
				 uint64_t *count)
{
	uint32_t *numbers = g_new(uint32_t, sampled->sessions->len + 1);

	*count = 0;
	for (guint i = 0; i < sampled->sessions->len; i++) {
		const struct fdar_sampled_session *session =
			&g_array_index(sampled->sessions, struct fdar_sampled_session, i);
		gboolean wanted = !label || g_strcmp0(session->label, label) == 0;

		numbers[i] = wanted ? (uint32_t)(*count)++ : FDAR_SAMPLED_NONE;
	}
	return numbers;
}

struct fdar_sample_profile *fdar_sample_profile_new(const struct fdar_sampled *sampled,
						    const char *label, gboolean server)
{
	const struct fdar_samples *samples = sampled->samples;
	g_autofree uint32_t *entries = NULL, *last = NULL, *numbers = NULL;
	struct build build;

	build_init(&build, samples->period_ns);
	entries = entries_of(&build, samples);
	last = g_new0(uint32_t, build.entries->len + 1);
	numbers = number_sessions(sampled, label, &build.profile->sessions);
	for (guint i = 0; i < samples->samples->len; i++) {
		const struct fdar_sampled_owner *owner = &sampled->owners[i];
		uint32_t node = g_array_index(samples->samples, struct fdar_sample, i).node;
		uint32_t session = FDAR_SAMPLED_NONE;

		if (!is_wanted(sampled, owner, label, server))
			continue;
		if (!server)
			session = numbers[owner->session];
		add_sample(&build, samples, i, session, entries, last);
		build.profile->nameless += !node || fdar_samples_function_of(samples, node)->kind ==
							    FDAR_SAMPLE_UNNAMED;
	}
	return build_finish(&build);
}

/* ---- of several ---- */

struct fdar_sample_profile *fdar_sample_profile_merge(
	const struct fdar_sample_profile *const *profiles, guint count)
{
	struct build build;

	build_init(&build, count ? profiles[0]->period_ns : 0);
	for (guint p = 0; p < count; p++) {
		const struct fdar_sample_profile *from = profiles[p];

		for (uint32_t i = 0; i < from->entry_count; i++) {
			const struct fdar_sample_entry *entry = &from->entries[i];
			uint32_t id =
				entry_id(&build, g_strdup(entry->function),
					 g_strdup(entry->component), entry->build_id, entry->kind);

			entry_at(&build, id)->own += entry->own;
			entry_at(&build, id)->total += entry->total;
			entry_at(&build, id)->depth += entry->depth;
			for (guint c = 0; c < entry->counts->len; c++) {
				const struct fdar_sample_count *one =
					&g_array_index(entry->counts, struct fdar_sample_count, c);

				count_in(&build, id,
					 (uint32_t)build.profile->sessions + one->session,
					 one->count);
			}
		}
		build.profile->sessions += from->sessions;
		build.profile->samples += from->samples;
		build.profile->nameless += from->nameless;
	}
	return build_finish(&build);
}
