#include "analyze/profile/profile_build.h"

#include "analyze/profile/profile_build_private.h"
#include "analyze/profile/profile_private.h"
#include "instrument/wire/events.h"

static void on_frame(void *user, const struct fdar_walk_frame *frame);
static void on_opened(void *user, struct fdar_walk_session *session);
static void on_closed(void *user, struct fdar_walk_session *session);
static void on_handoff(void *user, const struct fdar_walk_handoff *handoff);
static void on_switched(void *user, const struct fdar_walk_switch *switched);
static void on_io(void *user, const struct fdar_walk_io *io);

static const struct fdar_walk_visitor visitor = {
	.session_opened = on_opened,
	.session_closed = on_closed,
	.frame = on_frame,
	.handoff = on_handoff,
	.switched = on_switched,
	.io = on_io,
};

static void open_session_free(gpointer data)
{
	struct open_session *open = data;

	fdar_intern_clear(&open->nodes);
	g_array_unref(open->cells);
	g_free(open);
}

struct fdar_profile_builder *fdar_profile_builder_new(const struct fdar_profile_source *source)
{
	struct fdar_profile_builder *builder = g_new0(struct fdar_profile_builder, 1);

	builder->source = *source;
	builder->walk = fdar_walk_new(&visitor, builder);
	fdar_walk_set_unit(builder->walk, source->unit);
	builder->profile = fdar_profile_new();
	builder->profile->unit = source->unit;
	builder->folds = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	builder->path_functions = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	builder->path_outer = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	builder->clones = g_array_new(FALSE, TRUE, sizeof(guint8));
	builder->path_nodes = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	builder->samples = g_array_new(FALSE, TRUE, sizeof(struct sample));
	builder->open = g_hash_table_new_full(NULL, NULL, open_session_free, NULL);
	builder->lumps = g_array_new(FALSE, TRUE, sizeof(struct cell));
	return builder;
}

void fdar_profile_builder_free(struct fdar_profile_builder *builder)
{
	if (!builder)
		return;
	fdar_walk_free(builder->walk);
	fdar_profile_free(builder->profile);
	g_array_unref(builder->path_functions);
	g_array_unref(builder->path_outer);
	g_array_unref(builder->clones);
	g_ptr_array_unref(builder->path_nodes);
	g_array_unref(builder->folds);
	g_array_unref(builder->samples);
	g_hash_table_unref(builder->open);
	g_array_unref(builder->lumps);
	fdar_intern_clear(&builder->lumped);
	g_free(builder);
}

struct fdar_walk *fdar_profile_builder_walk(struct fdar_profile_builder *builder)
{
	return builder->walk;
}

static GArray *nodes_of(struct fdar_profile_builder *builder, uint32_t group)
{
	while (group >= builder->path_nodes->len)
		g_ptr_array_add(builder->path_nodes, g_array_new(FALSE, FALSE, sizeof(uint32_t)));
	return g_ptr_array_index(builder->path_nodes, group);
}

/* The node of a call path, made with all above it when new. */
static uint32_t node_of(struct fdar_profile_builder *builder, uint32_t group_index, uint32_t path)
{
	struct fdar_profile_group *group = &builder->profile->groups[group_index];
	GArray *nodes = nodes_of(builder, group_index);
	uint32_t node = *profile_place(nodes, path);

	if (node != FDAR_PROFILE_NONE)
		return node;
	/* Down from the nearest path that has one: nothing is held on the way up, so that deep
	 * paths cost no stack. */
	g_autoptr(GArray) missing = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint32_t at = path;

	node = 0;
	do {
		g_array_append_val(missing, at);
		at = fdar_walk_path(builder->walk, at).parent;
	} while (at && (node = *profile_place(nodes, at)) == FDAR_PROFILE_NONE);
	if (!at)
		node = 0;
	for (guint i = missing->len; i > 0; i--) {
		uint32_t below = g_array_index(missing, uint32_t, i - 1);
		struct fdar_walk_path what = fdar_walk_path(builder->walk, below);

		uint32_t function = profile_function_of(builder, below, &what);
		uint32_t outer = profile_path_outer(builder, below);

		nodes = nodes_of(builder, group_index);
		if (outer && *profile_place(nodes, outer) != FDAR_PROFILE_NONE)
			node = *profile_place(nodes, outer);
		else if (!profile_is_folded(builder, function))
			node = profile_node_add(group, node, function);
		*profile_place(nodes, below) = node;
	}
	return node;
}

static void add_to_session(struct open_session *open, uint32_t node, uint64_t calls,
			   uint64_t own_ns, uint64_t total_ns, gboolean running)
{
	uint32_t index = fdar_intern_add(&open->nodes, node, 0);

	if (index == open->cells->len)
		g_array_set_size(open->cells, index + 1);
	struct cell *cell = &g_array_index(open->cells, struct cell, index);
	cell->calls += calls;
	cell->own_ns = profile_sum(cell->own_ns, own_ns);
	cell->total_ns = profile_sum(cell->total_ns, total_ns);
	open->own_ns = profile_sum(open->own_ns, own_ns);
	if (running)
		open->running_ns = profile_sum(open->running_ns, own_ns);
}

static gboolean is_folded(struct fdar_profile_builder *builder, const struct fdar_walk_frame *frame)
{
	struct fdar_walk_path what = fdar_walk_path(builder->walk, frame->path);

	return profile_is_folded(builder, profile_function_of(builder, frame->path, &what));
}

/* A frame of a function that is not told: only its time is, as its caller's. */
static void add_folded(struct fdar_profile_builder *builder, const struct fdar_walk_frame *frame,
		       struct open_session *open, uint32_t group, uint32_t node)
{
	struct fdar_profile_stat *stat;

	if (!node)
		node = profile_node_add(&builder->profile->groups[group], 0,
					profile_function_folded(builder));
	stat = &builder->profile->groups[group].nodes[node].stat;
	stat->own_ns = profile_sum(stat->own_ns, frame->self_ns);
	stat->skipped_calls = profile_sum(stat->skipped_calls, frame->skipped_calls);
	stat->skipped_ns = profile_sum(stat->skipped_ns, frame->skipped_ns);
	if (open)
		add_to_session(open, node, 0, frame->self_ns, 0, TRUE);
}

static void on_frame(void *user, const struct fdar_walk_frame *frame)
{
	struct fdar_profile_builder *builder = user;
	struct open_session *open = frame->session ? frame->session->user : NULL;
	uint32_t group = open ? open->group : 0;
	uint32_t node = node_of(builder, group, frame->path);
	struct fdar_profile_stat *stat = &builder->profile->groups[group].nodes[node].stat;
	gboolean inner = profile_path_outer(builder, frame->path) != 0;
	gboolean recursive = frame->recursive || inner;
	uint64_t total_ns = recursive ? 0 : frame->total_ns;
	gboolean part;

	if (builder->source.folded && is_folded(builder, frame)) {
		add_folded(builder, frame, open, group, node);
		return;
	}
	part = inner && profile_path_is_part(builder, frame->path);
	stat->calls += !part;
	stat->skipped_calls = profile_sum(stat->skipped_calls, frame->skipped_calls);
	stat->skipped_ns = profile_sum(stat->skipped_ns, frame->skipped_ns);
	stat->unfinished += frame->unfinished;
	stat->own_ns = profile_sum(stat->own_ns, frame->self_ns);
	if (!recursive) {
		stat->outer_calls++;
		stat->total_ns = profile_sum(stat->total_ns, total_ns);
		stat->wait_ns = profile_sum(stat->wait_ns, frame->wait_ns);
		fdar_histogram_add(&stat->call_ns, total_ns, 1);
	}
	if (open)
		add_to_session(open, node, !part, frame->self_ns, total_ns,
			       frame->kind != FDAR_FRAME_WAIT);
}

static void on_opened(void *user, struct fdar_walk_session *session)
{
	struct fdar_profile_builder *builder = user;
	struct open_session *open = g_new0(struct open_session, 1);
	const char *label = builder->source.label
				    ? builder->source.label(builder->source.labels, session)
				    : NULL;

	open->cells = g_array_new(FALSE, TRUE, sizeof(struct cell));
	open->group = profile_group_add(builder->profile, label ? label : FDAR_PROFILE_ALL);
	session->user = open;
	g_hash_table_add(builder->open, open);
}

static void add_session(struct fdar_profile_stat *stat, const struct cell *cell)
{
	fdar_histogram_add(&stat->session_calls, cell->calls, 1);
	fdar_histogram_add(&stat->session_own_ns, cell->own_ns, 1);
	fdar_histogram_add(&stat->session_total_ns, cell->total_ns, 1);
}

/* A function is called on many paths: the session's value is their sum. */
static void lump(struct fdar_profile_builder *builder, struct fdar_profile_group *group,
		 uint32_t node, const struct cell *cell)
{
	uint32_t entry = profile_entry_of(builder->profile, group, node);
	uint32_t index = fdar_intern_add(&builder->lumped, entry, 0);

	if (index >= builder->lumps->len)
		g_array_set_size(builder->lumps, index + 1);
	struct cell *sum = &g_array_index(builder->lumps, struct cell, index);
	sum->calls = profile_sum(sum->calls, cell->calls);
	sum->own_ns = profile_sum(sum->own_ns, cell->own_ns);
	sum->total_ns = profile_sum(sum->total_ns, cell->total_ns);
}

static void tell_session(struct fdar_profile_builder *builder, const struct open_session *open,
			 const struct fdar_walk_session *session)
{
	const struct fdar_profile *profile = builder->profile;
	const struct fdar_profile_group *group = &profile->groups[open->group];
	struct fdar_profile_session told = { .session = session,
					     .label = group->label,
					     .busy_ns = open->own_ns,
					     .running_ns = open->running_ns };

	for (uint32_t i = 0; i < builder->lumps->len; i++) {
		const struct cell *cell = &g_array_index(builder->lumps, struct cell, i);
		const struct fdar_profile_entry *entry =
			&group->entries[builder->lumped.pairs[i].a];

		told.calls = profile_sum(told.calls, cell->calls);
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

static void fold_cells(struct fdar_profile_builder *builder, const struct open_session *open,
		       const struct fdar_walk_session *session)
{
	struct fdar_profile_group *group = &builder->profile->groups[open->group];
	uint32_t block = block_of(group, open, session->begin_ns);

	for (uint32_t i = 0; i < open->cells->len; i++) {
		const struct cell *cell = &g_array_index(open->cells, struct cell, i);
		uint32_t node = (uint32_t)open->nodes.pairs[i].a;

		add_session(&group->nodes[node].stat, cell);
		lump(builder, group, node, cell);
	}
	if (builder->source.session)
		tell_session(builder, open, session);
	for (uint32_t i = 0; i < builder->lumps->len; i++) {
		const struct cell *cell = &g_array_index(builder->lumps, struct cell, i);
		struct fdar_profile_entry *entry = &group->entries[builder->lumped.pairs[i].a];

		add_session(&entry->stat, cell);
		add_to_block(&entry->block_own_ns, block, cell->own_ns);
		add_to_block(&entry->block_calls, block, cell->calls);
	}
	fdar_intern_clear(&builder->lumped);
	g_array_set_size(builder->lumps, 0);
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
	fdar_histogram_add(&group->lifetime_ns, session->end_ns - session->begin_ns, 1);
	fdar_histogram_add(&group->busy_ns, open->own_ns, 1);
	fdar_histogram_add(&group->running_ns, open->running_ns, 1);
	fold_cells(builder, open, session);
	g_hash_table_remove(builder->open, open);
}

static void on_handoff(void *user, const struct fdar_walk_handoff *handoff)
{
	struct fdar_profile_builder *builder = user;
	struct open_session *open = handoff->session ? handoff->session->user : NULL;
	struct fdar_profile_group *group = &builder->profile->groups[open ? open->group : 0];
	struct fdar_profile_function queue = {
		.name = builder->source.text(builder->source.texts, handoff->queue),
		.component = "queue",
		.kind = FDAR_FRAME_QUEUE,
		.known = TRUE,
	};
	uint64_t waited_ns = handoff->end_ns - handoff->put_ns;

	if (!handoff->from_tid) /* since when is not known */
		return;
	uint32_t node = profile_node_add(group, 0, profile_function_seen(builder, &queue, NULL));
	struct fdar_profile_stat *stat = &group->nodes[node].stat;
	stat->calls++;
	stat->outer_calls++;
	stat->unfinished += handoff->to_tid == 0;
	stat->own_ns = profile_sum(stat->own_ns, waited_ns);
	stat->total_ns = profile_sum(stat->total_ns, waited_ns);
	stat->wait_ns = profile_sum(stat->wait_ns, waited_ns);
	fdar_histogram_add(&stat->call_ns, waited_ns, 1);
	if (open)
		add_to_session(open, node, 1, waited_ns, waited_ns, FALSE);
}

static void on_io(void *user, const struct fdar_walk_io *io)
{
	struct fdar_profile_builder *builder = user;
	struct open_session *open = io->session->user;
	struct fdar_profile_group *group = &builder->profile->groups[open->group];
	uint64_t bytes = io->result > 0 ? (uint64_t)io->result : 0;

	if (io->op != FDAR_IO_READ && io->op != FDAR_IO_WRITE)
		return;
	group->io_calls++;
	if (!io->path)
		return;
	uint32_t node = node_of(builder, open->group, io->path);
	struct fdar_profile_stat *stat = &group->nodes[node].stat;
	stat->io_calls++;
	stat->io_bytes = profile_sum(stat->io_bytes, bytes);
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
	for (uint32_t i = 1; i < group->node_count; i++) {
		const struct fdar_profile_stat *stat = &group->nodes[i].stat;
		const struct fdar_profile_function *function =
			&profile->functions[group->nodes[i].function];

		if (!stat->calls && !stat->own_ns)
			continue;
		uint32_t entry = profile_entry_of(profile, group, i);
		profile_stat_add_calls(&group->entries[entry].stat, stat);
		group->own_ns = profile_sum(group->own_ns, stat->own_ns);
		if (!function->known)
			group->unknown_ns = profile_sum(group->unknown_ns, stat->own_ns);
	}
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
	profile->processes = stats.processes;
	profile->begin_ns = stats.begin_ns;
	profile->end_ns = stats.end_ns;
	profile->span_ns = stats.end_ns - stats.begin_ns;
}

struct fdar_profile *fdar_profile_builder_finish(struct fdar_profile_builder *builder)
{
	struct fdar_profile *profile = builder->profile;

	fdar_walk_finish(builder->walk);
	gboolean renamed = builder->source.symbols && profile_name_again(builder);
	if (builder->source.symbols && builder->source.lines)
		profile_add_lines(builder);
	/* Functions that turned out to be the same become one. */
	if (renamed) {
		profile = fdar_profile_new();
		fdar_profile_merge(profile, builder->profile);
		fdar_profile_free(builder->profile);
	}
	builder->profile = NULL;
	for (uint32_t i = 0; i < profile->group_count; i++)
		sum_group(profile, &profile->groups[i]);
	add_figures(builder, profile);
	return profile;
}
