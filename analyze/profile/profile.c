#include "analyze/profile/profile.h"

#include <string.h>

#include "analyze/profile/profile_private.h"
#include "analyze/symbols/symbols.h"
#include "base/pages.h"
#include "pipeline/recording/doubts.h"

const struct fdar_profile_sessions *fdar_profile_sessions(const struct fdar_profile_stat *stat)
{
	static const struct fdar_profile_sessions none;

	return stat->sessions ? stat->sessions : &none;
}

struct fdar_profile_sessions *profile_stat_sessions(struct fdar_profile_stat *stat)
{
	if (!stat->sessions)
		stat->sessions = g_new0(struct fdar_profile_sessions, 1);
	return stat->sessions;
}

void profile_stat_clear(struct fdar_profile_stat *stat)
{
	fdar_histogram_clear(&stat->call_ns);
	if (!stat->sessions)
		return;
	fdar_histogram_clear(&stat->sessions->calls);
	fdar_histogram_clear(&stat->sessions->own_ns);
	fdar_histogram_clear(&stat->sessions->total_ns);
	g_clear_pointer(&stat->sessions, g_free);
}

void profile_stat_add_sums(struct fdar_profile_stat *stat, const struct fdar_profile_stat *from)
{
	stat->calls = profile_sum(stat->calls, from->calls);
	stat->outer_calls = profile_sum(stat->outer_calls, from->outer_calls);
	stat->unfinished = profile_sum(stat->unfinished, from->unfinished);
	stat->own_ns = profile_sum(stat->own_ns, from->own_ns);
	stat->total_ns = profile_sum(stat->total_ns, from->total_ns);
	stat->wait_ns = profile_sum(stat->wait_ns, from->wait_ns);
	stat->skipped_calls = profile_sum(stat->skipped_calls, from->skipped_calls);
	stat->skipped_ns = profile_sum(stat->skipped_ns, from->skipped_ns);
	stat->io_calls = profile_sum(stat->io_calls, from->io_calls);
	stat->io_bytes = profile_sum(stat->io_bytes, from->io_bytes);
	stat->client_ns = profile_sum(stat->client_ns, from->client_ns);
	stat->folded_calls = profile_sum(stat->folded_calls, from->folded_calls);
}

static void stat_merge(struct fdar_profile_stat *stat, const struct fdar_profile_stat *from)
{
	profile_stat_add_sums(stat, from);
	fdar_histogram_merge(&stat->call_ns, &from->call_ns);
	if (!from->sessions)
		return;
	struct fdar_profile_sessions *sessions = profile_stat_sessions(stat);
	fdar_histogram_merge(&sessions->calls, &from->sessions->calls);
	fdar_histogram_merge(&sessions->own_ns, &from->sessions->own_ns);
	fdar_histogram_merge(&sessions->total_ns, &from->sessions->total_ns);
}

/* Room for one more: arrays double whenever their length is a power of two. */
#define GROW(array, count)                                                          \
	do {                                                                        \
		if (((count) & ((count)-1)) == 0)                                   \
			(array) = g_realloc_n((array), (count) ? 2u * (count) : 1u, \
					      sizeof *(array));                     \
	} while (0)

/* Nodes, of which there may be very many, have as many bytes as the power of two from their count on. */
static size_t nodes_bytes(uint32_t count)
{
	uint32_t room = count > 1 ? 1u << g_bit_storage(count - 1) : count;

	return room * sizeof(struct fdar_profile_node);
}

static void grow_nodes(struct fdar_profile_group *group)
{
	uint32_t count = group->node_count;

	if ((count & (count - 1)) == 0)
		group->nodes =
			fdar_pages_grow(group->nodes, nodes_bytes(count), nodes_bytes(count + 1));
}

static char *function_identity(const struct fdar_profile_function *function)
{
	return g_strdup_printf("%u %u %s\n%s", function->kind, function->wait, function->component,
			       function->name);
}

uint32_t profile_function_find(const struct fdar_profile *profile,
			       const struct fdar_profile_function *like)
{
	g_autofree char *identity = function_identity(like);

	return GPOINTER_TO_UINT(g_hash_table_lookup(profile->function_ids, identity)) - 1;
}

static const char *keep(struct fdar_profile *profile, const char *text)
{
	return text && *text ? g_string_chunk_insert_const(profile->texts, text) : "";
}

uint32_t profile_function_add(struct fdar_profile *profile,
			      const struct fdar_profile_function *like)
{
	uint32_t index = profile_function_find(profile, like);

	if (index == FDAR_PROFILE_NONE) {
		GROW(profile->functions, profile->function_count);
		index = profile->function_count++;
		profile->functions[index] = (struct fdar_profile_function){
			.name = g_string_chunk_insert_const(profile->texts, like->name),
			.component = g_string_chunk_insert_const(profile->texts, like->component),
			.kind = like->kind,
			.wait = like->wait,
			.known = like->known,
			.build_id = keep(profile, like->build_id),
			.soname = keep(profile, like->soname),
			.program = like->program,
		};
		g_hash_table_insert(profile->function_ids, function_identity(like),
				    GUINT_TO_POINTER(index + 1));
	}
	struct fdar_profile_function *function = &profile->functions[index];
	if (!function->file && like->file) {
		function->file = g_string_chunk_insert_const(profile->texts, like->file);
		function->line = like->line;
	}
	if (like->off) {
		function->off = TRUE;
		function->off_reason = like->off_reason;
	}
	return index;
}

static void group_init(struct fdar_profile_group *group, const char *label)
{
	*group = (struct fdar_profile_group){ .label = g_strdup(label) };
	group->index = g_new0(struct fdar_profile_index, 1);
	grow_nodes(group);
	group->nodes[group->node_count++] = (struct fdar_profile_node){
		.function = FDAR_PROFILE_NONE,
		.parent = FDAR_PROFILE_NONE,
		.first_child = FDAR_PROFILE_NONE,
		.next_sibling = FDAR_PROFILE_NONE,
	};
}

uint32_t profile_group_add(struct fdar_profile *profile, const char *label)
{
	for (uint32_t i = 1; i < profile->group_count; i++)
		if (strcmp(profile->groups[i].label, label) == 0)
			return i;
	GROW(profile->groups, profile->group_count);
	group_init(&profile->groups[profile->group_count], label);
	return profile->group_count++;
}

struct fdar_profile_group *fdar_profile_group(const struct fdar_profile *profile, const char *label)
{
	for (uint32_t i = 1; i < profile->group_count; i++)
		if (strcmp(profile->groups[i].label, label) == 0)
			return &profile->groups[i];
	return NULL;
}

uint32_t profile_node_add(struct fdar_profile_group *group, uint32_t parent, uint32_t function)
{
	uint32_t node = fdar_intern_add(&group->index->nodes, parent, function) + 1;

	if (node == group->node_count) {
		grow_nodes(group);
		group->node_count++;
		group->nodes[node] = (struct fdar_profile_node){
			.function = function,
			.parent = parent,
			.first_child = FDAR_PROFILE_NONE,
			.next_sibling = group->nodes[parent].first_child,
		};
		group->nodes[parent].first_child = node;
	}
	return node;
}

uint32_t profile_entry_add(struct fdar_profile_group *group, uint32_t function, uint32_t below)
{
	uint32_t entry = fdar_intern_add(&group->index->entries, function, below);

	if (entry == group->entry_count) {
		GROW(group->entries, group->entry_count);
		group->entry_count++;
		group->entries[entry] =
			(struct fdar_profile_entry){ .function = function, .below = below };
	}
	return entry;
}

uint32_t profile_entry_of(const struct fdar_profile *profile, struct fdar_profile_group *group,
			  uint32_t node)
{
	uint32_t function = group->nodes[node].function;
	uint32_t above = group->nodes[node].parent;

	if (profile->functions[function].kind != FDAR_FRAME_WAIT)
		return profile_entry_add(group, function, FDAR_PROFILE_NONE);
	while (above && profile->functions[group->nodes[above].function].kind == FDAR_FRAME_WAIT)
		above = group->nodes[above].parent;
	return profile_entry_add(group, above ? group->nodes[above].function : function, function);
}

struct fdar_profile *fdar_profile_new(void)
{
	struct fdar_profile *profile = g_new0(struct fdar_profile, 1);

	profile->texts = g_string_chunk_new(4096);
	profile->doubts = fdar_doubts_new();
	profile->function_ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GROW(profile->groups, profile->group_count);
	group_init(&profile->groups[profile->group_count++], FDAR_PROFILE_SERVER);
	return profile;
}

static void group_clear(struct fdar_profile_group *group)
{
	for (uint32_t i = 0; i < group->node_count; i++)
		profile_stat_clear(&group->nodes[i].stat);
	for (uint32_t i = 0; i < group->entry_count; i++)
		profile_stat_clear(&group->entries[i].stat);
	fdar_histogram_clear(&group->lifetime_ns);
	fdar_histogram_clear(&group->busy_ns);
	fdar_histogram_clear(&group->running_ns);
	fdar_intern_clear(&group->index->nodes);
	fdar_intern_clear(&group->index->entries);
	g_free(group->index);
	fdar_pages_free(group->nodes, nodes_bytes(group->node_count));
	g_free(group->entries);
	g_free(group->label);
}

gboolean fdar_profile_is_own(const struct fdar_profile_function *function)
{
	return function->component && strcmp(function->component, FDAR_COMPONENT_OWN) == 0;
}

gboolean fdar_profile_is_inferred(const struct fdar_profile *profile)
{
	for (uint32_t i = 0; i < profile->function_count; i++)
		if (profile->functions[i].kind == FDAR_FRAME_INFERRED)
			return TRUE;
	return FALSE;
}

void fdar_profile_free(struct fdar_profile *profile)
{
	if (!profile)
		return;
	for (uint32_t i = 0; i < profile->group_count; i++)
		group_clear(&profile->groups[i]);
	g_free(profile->groups);
	g_free(profile->functions);
	g_hash_table_unref(profile->function_ids);
	g_ptr_array_unref(profile->doubts);
	g_string_chunk_free(profile->texts);
	g_free(profile);
}

void profile_group_span(struct fdar_profile_group *group, const struct fdar_profile_grid *with)
{
	struct fdar_profile_grid old = group->grid;
	struct fdar_profile_grid grid = fdar_profile_grid_join(&old, with);

	group->grid = grid;
	if (!old.used || (old.first == grid.first && old.shift == grid.shift))
		return;
	fdar_profile_series_move(&group->block_sessions, &old, &grid);
	fdar_profile_series_move(&group->block_busy_ns, &old, &grid);
	fdar_profile_series_move(&group->block_running_ns, &old, &grid);
	for (uint32_t i = 0; i < group->entry_count; i++) {
		fdar_profile_series_move(&group->entries[i].block_own_ns, &old, &grid);
		fdar_profile_series_move(&group->entries[i].block_calls, &old, &grid);
	}
}

static void merge_blocks(struct fdar_profile_group *group, const struct fdar_profile_group *from)
{
	const struct fdar_profile_grid *grid = &group->grid;

	fdar_profile_series_add(&group->block_sessions, grid, &from->block_sessions, &from->grid);
	fdar_profile_series_add(&group->block_busy_ns, grid, &from->block_busy_ns, &from->grid);
	fdar_profile_series_add(&group->block_running_ns, grid, &from->block_running_ns,
				&from->grid);
}

static void merge_entries(struct fdar_profile_group *group, const struct fdar_profile_group *from,
			  const uint32_t *functions)
{
	for (uint32_t i = 0; i < from->entry_count; i++) {
		const struct fdar_profile_entry *entry = &from->entries[i];
		uint32_t below = entry->below == FDAR_PROFILE_NONE ? FDAR_PROFILE_NONE
								   : functions[entry->below];
		uint32_t at = profile_entry_add(group, functions[entry->function], below);
		struct fdar_profile_entry *to = &group->entries[at];

		stat_merge(&to->stat, &entry->stat);
		fdar_profile_series_add(&to->block_own_ns, &group->grid, &entry->block_own_ns,
					&from->grid);
		fdar_profile_series_add(&to->block_calls, &group->grid, &entry->block_calls,
					&from->grid);
	}
}

static void merge_group(struct fdar_profile_group *group, const struct fdar_profile_group *from,
			const uint32_t *functions)
{
	g_autofree uint32_t *nodes = g_new0(uint32_t, from->node_count);

	group->sessions += from->sessions;
	group->finished += from->finished;
	group->unfinished += from->unfinished;
	group->replaced += from->replaced;
	group->requests += from->requests;
	group->bytes_in = profile_sum(group->bytes_in, from->bytes_in);
	group->bytes_out = profile_sum(group->bytes_out, from->bytes_out);
	group->io_calls = profile_sum(group->io_calls, from->io_calls);
	group->counted_sessions = profile_sum(group->counted_sessions, from->counted_sessions);
	for (int kind = 0; kind < FDAR_COUNT_KINDS; kind++)
		group->counts[kind] = profile_sum(group->counts[kind], from->counts[kind]);
	group->counts_estimated = profile_sum(group->counts_estimated, from->counts_estimated);
	profile_group_span(group, &from->grid);
	merge_blocks(group, from);
	group->own_ns = profile_sum(group->own_ns, from->own_ns);
	group->unknown_ns = profile_sum(group->unknown_ns, from->unknown_ns);
	fdar_histogram_merge(&group->lifetime_ns, &from->lifetime_ns);
	fdar_histogram_merge(&group->busy_ns, &from->busy_ns);
	fdar_histogram_merge(&group->running_ns, &from->running_ns);
	/* A parent has the lower index. */
	for (uint32_t i = 1; i < from->node_count; i++) {
		const struct fdar_profile_node *node = &from->nodes[i];

		nodes[i] = profile_node_add(group, nodes[node->parent], functions[node->function]);
		stat_merge(&group->nodes[nodes[i]].stat, &node->stat);
	}
	merge_entries(group, from, functions);
}

static uint32_t *merge_functions(struct fdar_profile *profile, const struct fdar_profile *from)
{
	uint32_t *map = g_new(uint32_t, MAX(from->function_count, 1));

	for (uint32_t i = 0; i < from->function_count; i++)
		map[i] = profile_function_add(profile, &from->functions[i]);
	return map;
}

static void merge_figures(struct fdar_profile *profile, const struct fdar_profile *from)
{
	struct fdar_profile_losses *losses = &profile->losses;

	losses->events += from->losses.events;
	losses->calls += from->losses.calls;
	losses->discarded = profile_sum(losses->discarded, from->losses.discarded);
	losses->packets_lost = profile_sum(losses->packets_lost, from->losses.packets_lost);
	losses->lost_calls = profile_sum(losses->lost_calls, from->losses.lost_calls);
	losses->skipped_calls = profile_sum(losses->skipped_calls, from->losses.skipped_calls);
	losses->skipped_ns = profile_sum(losses->skipped_ns, from->losses.skipped_ns);
	losses->unwound += from->losses.unwound;
	losses->damaged += from->losses.damaged;
	losses->repaired += from->losses.repaired;
	losses->stray_exits += from->losses.stray_exits;
	losses->stray_sessions += from->losses.stray_sessions;
	losses->no_thread += from->losses.no_thread;
	losses->over += from->losses.over;
	fdar_doubts_add_all(profile->doubts, from->doubts);
	profile->unit = from->unit;
	if (from->begin_ns && (!profile->begin_ns || from->begin_ns < profile->begin_ns))
		profile->begin_ns = from->begin_ns;
	profile->end_ns = MAX(profile->end_ns, from->end_ns);
	profile->span_ns = profile_sum(profile->span_ns, from->span_ns);
	profile->threads += from->threads;
	profile->watched = profile_sum(profile->watched, from->watched);
	profile->io_sessions = profile_sum(profile->io_sessions, from->io_sessions);
	profile->price_measured = profile_sum(profile->price_measured, from->price_measured);
	profile->price_inner_ps = profile_sum(profile->price_inner_ps, from->price_inner_ps);
	profile->price_outer_ps = profile_sum(profile->price_outer_ps, from->price_outer_ps);
	profile->price_spread_ps = profile_sum(profile->price_spread_ps, from->price_spread_ps);
	profile->processes += from->processes;
}

void fdar_profile_merge(struct fdar_profile *profile, const struct fdar_profile *from)
{
	g_autofree uint32_t *functions = merge_functions(profile, from);

	merge_figures(profile, from);
	for (uint32_t i = 0; i < from->group_count; i++) {
		uint32_t at = i ? profile_group_add(profile, from->groups[i].label) : 0;

		merge_group(&profile->groups[at], &from->groups[i], functions);
	}
}

struct fdar_profile *fdar_profile_of_label(const struct fdar_profile *profile, const char *label)
{
	struct fdar_profile *flat = fdar_profile_new();
	g_autofree uint32_t *functions = merge_functions(flat, profile);
	uint32_t all = profile_group_add(flat, FDAR_PROFILE_ALL);

	merge_figures(flat, profile);
	for (uint32_t i = 0; i < profile->group_count; i++)
		if (!i || !label || strcmp(profile->groups[i].label, label) == 0)
			merge_group(&flat->groups[i ? all : 0], &profile->groups[i], functions);
	return flat;
}

gboolean fdar_profile_is_flat(const struct fdar_profile *profile)
{
	return profile->group_count == 1 ||
	       (profile->group_count == 2 &&
		strcmp(profile->groups[1].label, FDAR_PROFILE_ALL) == 0);
}

struct fdar_profile *fdar_profile_flatten(const struct fdar_profile *profile)
{
	return fdar_profile_of_label(profile, NULL);
}

uint64_t *fdar_profile_subtree_ns(const struct fdar_profile_group *group)
{
	uint64_t *sums = g_new0(uint64_t, group->node_count);

	for (uint32_t i = group->node_count - 1; i > 0; i--) {
		uint32_t parent = group->nodes[i].parent;

		sums[i] = profile_sum(sums[i], group->nodes[i].stat.own_ns);
		sums[parent] = profile_sum(sums[parent], sums[i]);
	}
	return sums;
}
