/* Whether two profiles are the same, in whatever order. */
#include <string.h>

#include "analyze/profile/profile_private.h"

static gboolean stat_equal(const struct fdar_profile_stat *a, const struct fdar_profile_stat *b)
{
	return a->calls == b->calls && a->outer_calls == b->outer_calls &&
	       a->unfinished == b->unfinished && a->own_ns == b->own_ns &&
	       a->total_ns == b->total_ns && a->wait_ns == b->wait_ns &&
	       a->skipped_calls == b->skipped_calls && a->skipped_ns == b->skipped_ns &&
	       a->io_calls == b->io_calls && a->io_bytes == b->io_bytes &&
	       a->client_ns == b->client_ns && a->folded_calls == b->folded_calls &&
	       fdar_histogram_equal(&a->call_ns, &b->call_ns) &&
	       fdar_histogram_equal(&fdar_profile_sessions(a)->calls,
				    &fdar_profile_sessions(b)->calls) &&
	       fdar_histogram_equal(&fdar_profile_sessions(a)->own_ns,
				    &fdar_profile_sessions(b)->own_ns) &&
	       fdar_histogram_equal(&fdar_profile_sessions(a)->total_ns,
				    &fdar_profile_sessions(b)->total_ns);
}

static gboolean nodes_equal(const struct fdar_profile_group *a, const struct fdar_profile_group *b,
			    const uint32_t *functions)
{
	g_autofree uint32_t *nodes = g_new0(uint32_t, a->node_count);

	for (uint32_t i = 1; i < a->node_count; i++) {
		const struct fdar_profile_node *node = &a->nodes[i];
		uint32_t at = fdar_intern_find(&b->index->nodes, nodes[node->parent],
					       functions[node->function]);

		if (at == FDAR_INTERN_NONE || !stat_equal(&node->stat, &b->nodes[at + 1].stat))
			return FALSE;
		nodes[i] = at + 1;
	}
	return a->node_count == b->node_count;
}

static gboolean series_equal(const struct fdar_profile_series *a,
			     const struct fdar_profile_series *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static gboolean blocks_equal(const struct fdar_profile_group *a, const struct fdar_profile_group *b)
{
	return a->grid.used == b->grid.used && a->grid.first == b->grid.first &&
	       a->grid.shift == b->grid.shift &&
	       series_equal(&a->block_sessions, &b->block_sessions) &&
	       series_equal(&a->block_busy_ns, &b->block_busy_ns) &&
	       series_equal(&a->block_running_ns, &b->block_running_ns);
}

static gboolean entries_equal(const struct fdar_profile_group *a,
			      const struct fdar_profile_group *b, const uint32_t *functions)
{
	for (uint32_t i = 0; i < a->entry_count; i++) {
		const struct fdar_profile_entry *entry = &a->entries[i];
		uint32_t below = entry->below == FDAR_PROFILE_NONE ? FDAR_PROFILE_NONE
								   : functions[entry->below];
		uint32_t at =
			fdar_intern_find(&b->index->entries, functions[entry->function], below);

		if (at == FDAR_INTERN_NONE || !stat_equal(&entry->stat, &b->entries[at].stat) ||
		    !series_equal(&entry->block_own_ns, &b->entries[at].block_own_ns) ||
		    !series_equal(&entry->block_calls, &b->entries[at].block_calls))
			return FALSE;
	}
	return a->entry_count == b->entry_count;
}

static gboolean group_equal(const struct fdar_profile_group *a, const struct fdar_profile_group *b,
			    const uint32_t *functions)
{
	return a->sessions == b->sessions && a->finished == b->finished &&
	       a->unfinished == b->unfinished && a->replaced == b->replaced &&
	       a->requests == b->requests && a->bytes_in == b->bytes_in &&
	       a->bytes_out == b->bytes_out && a->own_ns == b->own_ns &&
	       a->unknown_ns == b->unknown_ns && a->io_calls == b->io_calls && blocks_equal(a, b) &&
	       a->counted_sessions == b->counted_sessions &&
	       memcmp(a->counts, b->counts, sizeof(a->counts)) == 0 &&
	       a->counts_estimated == b->counts_estimated &&
	       fdar_histogram_equal(&a->lifetime_ns, &b->lifetime_ns) &&
	       fdar_histogram_equal(&a->busy_ns, &b->busy_ns) &&
	       fdar_histogram_equal(&a->running_ns, &b->running_ns) &&
	       nodes_equal(a, b, functions) && entries_equal(a, b, functions);
}

gboolean fdar_profile_equal(const struct fdar_profile *a, const struct fdar_profile *b)
{
	g_autofree uint32_t *functions = g_new(uint32_t, MAX(a->function_count, 1));

	if (a->function_count != b->function_count || a->group_count != b->group_count)
		return FALSE;
	for (uint32_t i = 0; i < a->function_count; i++) {
		functions[i] = profile_function_find(b, &a->functions[i]);
		if (functions[i] == FDAR_PROFILE_NONE ||
		    a->functions[i].off != b->functions[functions[i]].off)
			return FALSE;
	}
	for (uint32_t i = 0; i < a->group_count; i++) {
		const struct fdar_profile_group *other =
			i ? fdar_profile_group(b, a->groups[i].label) : &b->groups[0];

		if (!other || !group_equal(&a->groups[i], other, functions))
			return FALSE;
	}
	return TRUE;
}
