#include "analyze/profile/profile_build.h"

#include <string.h>

#include "analyze/profile/profile_build_private.h"
#include "analyze/profile/profile_counts.h"
#include "instrument/wire/events.h"

/* Of open sessions, that are not packed: some 3 MB. */
#define LOOSE_CELLS 8192u

static void on_costs(void *user, const struct fdar_walk_cost *costs, size_t count);
static void on_sum(void *user, const struct fdar_walk_sum *sum);
static void on_opened(void *user, struct fdar_walk_session *session);
static void on_closed(void *user, struct fdar_walk_session *session);
static void on_handoff(void *user, const struct fdar_walk_handoff *handoff);
static void on_switched(void *user, const struct fdar_walk_switch *switched);
static void on_io(void *user, const struct fdar_walk_io *io);
static void on_sample(void *user, const struct fdar_walk_sample *sample);

static const struct fdar_walk_visitor visitor = {
	.session_opened = on_opened,
	.session_closed = on_closed,
	.costs = on_costs,
	.sum = on_sum,
	.handoff = on_handoff,
	.switched = on_switched,
	.io = on_io,
	.sample = on_sample,
};

struct fdar_profile_builder *fdar_profile_builder_new(const struct fdar_profile_source *source)
{
	struct fdar_profile_builder *builder = g_new0(struct fdar_profile_builder, 1);

	builder->source = *source;
	builder->walk = fdar_walk_new(&visitor, builder);
	fdar_walk_set_unit(builder->walk, source->unit);
	fdar_walk_set_texts(builder->walk, source->text, source->texts);
	if (source->infer_work)
		fdar_walk_infer_work(builder->walk);
	builder->profile = fdar_profile_new();
	builder->profile->unit = source->unit;
	builder->folds = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	builder->path_functions = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	builder->path_outer = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	builder->clones = g_array_new(FALSE, TRUE, sizeof(guint8));
	builder->path_nodes = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	builder->samples = g_array_new(FALSE, TRUE, sizeof(struct sample));
	builder->open = g_hash_table_new(NULL, NULL);
	builder->node_cells = g_array_new(FALSE, TRUE, sizeof(struct cell));
	builder->entry_cells = g_array_new(FALSE, TRUE, sizeof(struct cell));
	builder->costs = profile_costs_new();
	builder->aside =
		(struct fdar_walk_aside){ .helper = source->helper, .sum = profile_costs_sum };
	if (source->helper)
		fdar_walk_set_helper(builder->walk, source->helper);
	builder->last_cells = g_array_new(FALSE, TRUE, sizeof(struct last_cell));
	profile_cells_init(&builder->cells, LOOSE_CELLS);
	builder->symbol_functions = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	return builder;
}

static void free_open(struct fdar_profile_builder *builder, struct open_session *open)
{
	profile_cells_close(&builder->cells, &open->cells);
	g_free(open);
}

void fdar_profile_builder_free(struct fdar_profile_builder *builder)
{
	GHashTableIter iter;
	gpointer open;

	if (!builder)
		return;
	fdar_walk_free(builder->walk);
	if (builder->aside.helper)
		fdar_helper_drain(builder->aside.helper);
	fdar_profile_free(builder->profile);
	g_array_unref(builder->path_functions);
	g_array_unref(builder->path_outer);
	g_array_unref(builder->clones);
	g_ptr_array_unref(builder->path_nodes);
	g_array_unref(builder->folds);
	g_array_unref(builder->samples);
	g_hash_table_iter_init(&iter, builder->open);
	while (g_hash_table_iter_next(&iter, &open, NULL))
		free_open(builder, open);
	g_hash_table_unref(builder->open);
	profile_cells_clear(&builder->cells);
	g_array_unref(builder->node_cells);
	g_array_unref(builder->entry_cells);
	fdar_intern_clear(&builder->node_ids);
	fdar_intern_clear(&builder->entry_ids);
	g_ptr_array_unref(builder->costs);
	fdar_walk_aside_clear(&builder->aside);
	g_array_unref(builder->last_cells);
	fdar_intern_clear(&builder->symbols);
	g_array_unref(builder->symbol_functions);
	g_free(builder);
}

struct fdar_walk *fdar_profile_builder_walk(struct fdar_profile_builder *builder)
{
	return builder->walk;
}

static void on_costs(void *user, const struct fdar_walk_cost *costs, size_t count)
{
	profile_costs_add(user, costs, count);
}

static void on_sum(void *user, const struct fdar_walk_sum *sum)
{
	profile_costs_add_sum(user, sum);
}

static void on_opened(void *user, struct fdar_walk_session *session)
{
	struct fdar_profile_builder *builder = user;
	struct open_session *open = g_new0(struct open_session, 1);
	const char *label = builder->source.label
				    ? builder->source.label(builder->source.labels, session)
				    : NULL;

	profile_cells_open(&builder->cells, &open->cells);
	open->group = profile_group_add(builder->profile, label ? label : FDAR_PROFILE_ALL);
	session->user = open;
	g_hash_table_add(builder->open, open);
}

static void add_session(struct fdar_profile_stat *stat, const struct cell *cell)
{
	struct fdar_profile_sessions *sessions = profile_stat_sessions(stat);

	fdar_histogram_add(&sessions->calls, cell->calls, 1);
	fdar_histogram_add(&sessions->own_ns, cell->own_ns, 1);
	fdar_histogram_add(&sessions->total_ns, cell->total_ns, 1);
}

static void lump(struct fdar_intern *ids, GArray *cells, uint32_t id, const struct cell *cell)
{
	uint32_t index = fdar_intern_add(ids, id, 0);

	if (index >= cells->len)
		g_array_set_size(cells, index + 1);
	struct cell *sum = &g_array_index(cells, struct cell, index);
	sum->calls = profile_sum(sum->calls, cell->calls);
	sum->own_ns = profile_sum(sum->own_ns, cell->own_ns);
	sum->total_ns = profile_sum(sum->total_ns, cell->total_ns);
}

static void unlump(struct fdar_intern *ids, GArray *cells)
{
	fdar_intern_reset(ids);
	g_array_set_size(cells, 0);
}

/* The node of a session's cell. The cell of a function that is not told loses its calls. */
static uint32_t node_of_cell(struct fdar_profile_builder *builder, uint32_t group,
			     struct placed_cell *placed)
{
	struct cell *cell = &placed->cell;
	uint32_t index = placed->index, node;

	if (placed->kind == CELL_QUEUE)
		return profile_node_add(&builder->profile->groups[group], 0, index);
	node = profile_node_of(builder, group, index);
	if (!profile_is_folded(builder, *profile_place(builder->path_functions, index))) {
		if (!profile_path_outer(builder, index))
			return node;
		cell->calls = profile_path_is_part(builder, index) ? 0 : cell->calls;
		cell->total_ns = 0;
		return node;
	}
	cell->calls = 0;
	cell->total_ns = 0;
	return node ? node
		    : profile_node_add(&builder->profile->groups[group], 0,
				       profile_function_folded(builder));
}

static void tell_switches(struct fdar_profile_session *told, const struct cell *cell,
			  const struct fdar_profile_function *below)
{
	if (below->kind != FDAR_FRAME_WAIT)
		return;
	if (below->wait != FDAR_WAIT_PROCESSOR) {
		told->waits = profile_sum(told->waits, cell->calls);
		return;
	}
	told->preemptions = profile_sum(told->preemptions, cell->calls);
	told->preempted_ns = profile_sum(told->preempted_ns, cell->own_ns);
}

static gboolean is_watched(const struct fdar_profile_builder *builder,
			   const struct fdar_profile_entry *entry)
{
	const struct fdar_profile_watch *watch = builder->source.watch;
	const struct fdar_profile_function *functions = builder->profile->functions;
	const char *below = entry->below == FDAR_PROFILE_NONE ? NULL : functions[entry->below].name;

	return watch && strcmp(functions[entry->function].name, watch->function) == 0 &&
	       strcmp(functions[entry->function].component, watch->component) == 0 &&
	       g_strcmp0(below, watch->below) == 0;
}

static void tell_session(struct fdar_profile_builder *builder, const struct open_session *open,
			 const struct fdar_walk_session *session)
{
	const struct fdar_profile *profile = builder->profile;
	const struct fdar_profile_group *group = &profile->groups[open->group];
	struct fdar_profile_session told = { .session = session,
					     .label = group->label,
					     .busy_ns = open->own_ns,
					     .running_ns = open->running_ns,
					     .is_counted = builder->source.counted };
	struct fdar_labels_seen seen;

	memcpy(told.counts, open->counts, sizeof(told.counts));
	if (builder->source.client &&
	    builder->source.client(builder->source.labels, session, &seen))
		told.client = &seen;
	for (uint32_t i = 0; i < builder->entry_cells->len; i++) {
		const struct cell *cell = &g_array_index(builder->entry_cells, struct cell, i);
		const struct fdar_profile_entry *entry =
			&group->entries[builder->entry_ids.pairs[i].a];

		told.calls = profile_sum(told.calls, cell->calls);
		if (entry->below != FDAR_PROFILE_NONE)
			tell_switches(&told, cell, &profile->functions[entry->below]);
		if (is_watched(builder, entry))
			told.watched_ns = profile_sum(told.watched_ns, cell->own_ns);
		if (cell->own_ns <= told.function_ns)
			continue;
		told.function_ns = cell->own_ns;
		told.function = profile->functions[entry->function].name;
		told.component = profile->functions[entry->function].component;
		told.below = entry->below == FDAR_PROFILE_NONE
				     ? NULL
				     : profile->functions[entry->below].name;
	}
	builder->source.session(builder->source.user, &told);
}

static void add_to_block(struct fdar_profile_series *series, uint32_t block, uint64_t value)
{
	series->at[block] = profile_sum(series->at[block], value);
}

/* The session's block, and the session in it. */
static uint32_t block_of(struct fdar_profile_group *group, const struct open_session *open,
			 uint64_t begin_ns)
{
	struct fdar_profile_grid one = fdar_profile_grid_of(begin_ns);

	profile_group_span(group, &one);
	uint32_t block = fdar_profile_grid_block(&group->grid, begin_ns);
	add_to_block(&group->block_sessions, block, 1);
	add_to_block(&group->block_busy_ns, block, open->own_ns);
	add_to_block(&group->block_running_ns, block, open->running_ns);
	return block;
}

/* A node may be that of several paths, and a function is called on many: the session's value is
 * their sum. */
static void fold_cells(struct fdar_profile_builder *builder, struct open_session *open,
		       const struct fdar_walk_session *session)
{
	struct fdar_profile_group *group = &builder->profile->groups[open->group];
	uint32_t block = block_of(group, open, session->begin_ns);
	GArray *gathered = profile_cells_gather(&builder->cells, &open->cells);

	for (uint32_t i = 0; i < gathered->len; i++) {
		struct placed_cell *placed = &g_array_index(gathered, struct placed_cell, i);
		uint32_t node = node_of_cell(builder, open->group, placed);

		lump(&builder->node_ids, builder->node_cells, node, &placed->cell);
	}
	for (uint32_t i = 0; i < builder->node_cells->len; i++) {
		const struct cell *cell = &g_array_index(builder->node_cells, struct cell, i);
		uint32_t node = (uint32_t)builder->node_ids.pairs[i].a;

		add_session(&group->nodes[node].stat, cell);
		lump(&builder->entry_ids, builder->entry_cells,
		     profile_entry_of(builder->profile, group, node), cell);
	}
	if (builder->source.session)
		tell_session(builder, open, session);
	for (uint32_t i = 0; i < builder->entry_cells->len; i++) {
		const struct cell *cell = &g_array_index(builder->entry_cells, struct cell, i);
		struct fdar_profile_entry *entry = &group->entries[builder->entry_ids.pairs[i].a];

		add_session(&entry->stat, cell);
		add_to_block(&entry->block_own_ns, block, cell->own_ns);
		add_to_block(&entry->block_calls, block, cell->calls);
	}
	unlump(&builder->node_ids, builder->node_cells);
	unlump(&builder->entry_ids, builder->entry_cells);
}

static void on_closed(void *user, struct fdar_walk_session *session)
{
	struct fdar_profile_builder *builder = user;
	struct open_session *open = session->user;
	struct fdar_profile_group *group = &builder->profile->groups[open->group];

	group->sessions++;
	group->finished += session->state == FDAR_SESSION_FINISHED;
	group->unfinished += session->state == FDAR_SESSION_UNFINISHED;
	group->replaced += session->state == FDAR_SESSION_REPLACED;
	group->requests += session->requests;
	group->bytes_in = profile_sum(group->bytes_in, session->bytes_in);
	group->bytes_out = profile_sum(group->bytes_out, session->bytes_out);
	group->counted_sessions += builder->source.counted ? 1 : 0;
	for (int kind = 0; kind < FDAR_COUNT_KINDS; kind++)
		group->counts[kind] = profile_sum(group->counts[kind], open->counts[kind]);
	group->counts_estimated = profile_sum(group->counts_estimated, open->counts_estimated);
	fdar_histogram_add(&group->lifetime_ns, session->end_ns - session->begin_ns, 1);
	fdar_histogram_add(&group->busy_ns, open->own_ns, 1);
	fdar_histogram_add(&group->running_ns, open->running_ns, 1);
	fold_cells(builder, open, session);
	g_hash_table_remove(builder->open, open);
	free_open(builder, open);
}

static void on_handoff(void *user, const struct fdar_walk_handoff *handoff)
{
	struct fdar_profile_builder *builder = user;
	struct open_session *open = handoff->session ? handoff->session->user : NULL;
	struct fdar_profile_group *group = &builder->profile->groups[open ? open->group : 0];
	struct fdar_profile_function queue = {
		.name = handoff->inferred
				? "accepted (inferred)"
				: builder->source.text(builder->source.texts, handoff->queue),
		.component = "queue",
		.kind = FDAR_FRAME_QUEUE,
		.known = TRUE,
	};
	uint64_t waited_ns = handoff->end_ns - handoff->put_ns;

	if (!handoff->from_tid) /* since when is not known */
		return;
	uint32_t function = profile_function_seen(builder, &queue, NULL);
	uint32_t node = profile_node_add(group, 0, function);
	struct fdar_profile_stat *stat = &group->nodes[node].stat;
	stat->calls++;
	stat->outer_calls++;
	stat->unfinished += handoff->to_tid == 0;
	stat->own_ns = profile_sum(stat->own_ns, waited_ns);
	stat->total_ns = profile_sum(stat->total_ns, waited_ns);
	stat->wait_ns = profile_sum(stat->wait_ns, waited_ns);
	fdar_histogram_add(&stat->call_ns, waited_ns, 1);
	if (open) {
		struct cell *cell =
			profile_cell(&builder->cells, &open->cells, function, CELL_QUEUE);

		cell->calls++;
		cell->own_ns = profile_sum(cell->own_ns, waited_ns);
		cell->total_ns = profile_sum(cell->total_ns, waited_ns);
		open->own_ns = profile_sum(open->own_ns, waited_ns);
	}
}

static void on_io(void *user, const struct fdar_walk_io *io)
{
	struct fdar_profile_builder *builder = user;
	struct open_session *open = io->session->user;
	struct fdar_profile_group *group = &builder->profile->groups[open->group];
	uint64_t bytes = io->result > 0 ? (uint64_t)io->result : 0;

	if (io->op != FDAR_IO_READ && io->op != FDAR_IO_WRITE && io->op != FDAR_WALK_WAKE)
		return;
	group->io_calls += io->op != FDAR_WALK_WAKE;
	if (!io->path)
		return;
	uint32_t node = profile_node_of(builder, open->group, io->path);
	struct fdar_profile_stat *stat = &group->nodes[node].stat;
	stat->io_calls++;
	stat->io_bytes = profile_sum(stat->io_bytes, bytes);
}

/* Threads that the trace does not have are no work of the server's: what records has some there. */
static void on_sample(void *user, const struct fdar_walk_sample *sample)
{
	struct fdar_profile_builder *builder = user;
	struct open_session *open = sample->session ? sample->session->user : NULL;

	uint64_t kind = PROFILE_COUNT_KIND(sample->sample);
	uint64_t number = PROFILE_COUNT_NUMBER(sample->sample);
	struct fdar_profile_group *rest = &builder->profile->groups[0];
	uint64_t *count = open ? &open->counts[kind] : &rest->counts[kind];
	uint64_t *estimated = open ? &open->counts_estimated : &rest->counts_estimated;

	if (!sample->is_known)
		return;
	*count = profile_sum(*count, number);
	if (number > 1)
		*estimated = profile_sum(*estimated, number);
}

static void on_switched(void *user, const struct fdar_walk_switch *switched)
{
	struct fdar_profile_builder *builder = user;
	uint32_t index = profile_function_at(builder, switched->pid, switched->addr);
	struct fdar_profile_function *function = &builder->profile->functions[index];

	function->off = TRUE;
	function->off_reason = switched->reason;
}

/* Calls were counted by node; entries are their sums. */
static void sum_group(struct fdar_profile *profile, struct fdar_profile_group *group)
{
	g_autoptr(GArray) tallies = g_array_new(FALSE, TRUE, sizeof(struct fdar_tally));

	g_array_set_clear_func(tallies, (GDestroyNotify)fdar_tally_clear);
	for (uint32_t i = 1; i < group->node_count; i++) {
		const struct fdar_profile_stat *stat = &group->nodes[i].stat;
		const struct fdar_profile_function *function =
			&profile->functions[group->nodes[i].function];

		if (!stat->calls && !stat->own_ns)
			continue;
		uint32_t entry = profile_entry_of(profile, group, i);
		profile_stat_add_sums(&group->entries[entry].stat, stat);
		if (entry >= tallies->len)
			g_array_set_size(tallies, entry + 1);
		fdar_tally_add_histogram(&g_array_index(tallies, struct fdar_tally, entry),
					 &stat->call_ns);
		group->own_ns = profile_sum(group->own_ns, stat->own_ns);
		if (!function->known)
			group->unknown_ns = profile_sum(group->unknown_ns, stat->own_ns);
	}
	for (uint32_t i = 0; i < tallies->len; i++)
		fdar_tally_to_histogram(&g_array_index(tallies, struct fdar_tally, i),
					&group->entries[i].stat.call_ns);
}

static void add_figures(const struct fdar_profile_builder *builder, struct fdar_profile *profile)
{
	struct fdar_walk_stats stats;

	fdar_walk_get_stats(builder->walk, &stats);
	profile->losses = (struct fdar_profile_losses){
		.events = stats.events,
		.lost_calls = stats.lost,
		.skipped_calls = stats.skipped_calls,
		.skipped_ns = stats.skipped_ns,
		.unwound = stats.unwound,
		.repaired = stats.repaired,
		.stray_exits = stats.stray_exits,
		.stray_sessions = stats.stray_sessions,
		.no_thread = stats.no_thread,
		.over = stats.too_deep + stats.pending_over + stats.paths_over + stats.puts_over,
	};
	profile->unit = builder->source.unit;
	profile->threads = stats.threads;
	profile->io_sessions = stats.io_sessions;
	profile->processes = stats.processes;
	profile->watched = stats.watched;
	profile->begin_ns = stats.begin_ns;
	profile->end_ns = stats.end_ns;
	profile->span_ns = stats.end_ns - stats.begin_ns;
}

/* Functions that turned out to be the same become one. */
static void become_one(struct fdar_profile_builder *builder)
{
	struct fdar_profile *old = builder->profile;
	g_autofree uint32_t *moved = g_new(uint32_t, MAX(old->function_count, 1));

	builder->profile = fdar_profile_new();
	fdar_profile_merge(builder->profile, old);
	for (uint32_t i = 0; i < old->function_count; i++)
		moved[i] = profile_function_add(builder->profile, &old->functions[i]);
	fdar_profile_free(old);
	profile_functions_moved(builder, moved);
	g_ptr_array_set_size(builder->path_nodes, 0);
}

struct fdar_profile *fdar_profile_builder_finish(struct fdar_profile_builder *builder)
{
	struct fdar_profile *profile;

	fdar_walk_finish(builder->walk);
	gboolean renamed = builder->source.symbols && profile_name_again(builder);
	if (builder->source.symbols && builder->source.lines)
		profile_add_lines(builder);
	if (renamed)
		become_one(builder);
	profile_costs_settle(builder);
	profile = builder->profile;
	builder->profile = NULL;
	for (uint32_t i = 0; i < profile->group_count; i++)
		sum_group(profile, &profile->groups[i]);
	add_figures(builder, profile);
	return profile;
}
