#include "analyze/profile_build.h"

#include "analyze/profile_private.h"

#define UNSET UINT32_MAX

/* What one open session did on one call path. */
struct cell {
	uint64_t calls;
	uint64_t own_ns;
	uint64_t total_ns;
};

struct open_session {
	struct fd_intern nodes; /* node -> index of cells */
	GArray *cells;          /* of struct cell */
	uint64_t own_ns;
	uint64_t running_ns;
	uint32_t group;
};

/* A process and address where a function was seen, to name and locate it again. */
struct sample {
	uint32_t pid;
	uint64_t addr;
};

struct fd_profile_builder {
	struct fd_profile_source source;
	struct fd_walk *walk;
	struct fd_profile *profile;
	GArray *path_functions;  /* of uint32_t by call path: function or UNSET */
	GPtrArray *path_nodes;   /* by group: GArray of uint32_t by call path: node or UNSET */
	GArray *samples;         /* of struct sample by function; pid and addr 0: none */
	GHashTable *open;        /* the open sessions, to free what the walk did not close */
	struct fd_intern lumped; /* scratch of session_closed: entry -> index of lumps */
	GArray *lumps;           /* of struct cell */
};

static void on_frame(void *user, const struct fd_walk_frame *frame);
static void on_opened(void *user, struct fd_walk_session *session);
static void on_closed(void *user, struct fd_walk_session *session);
static void on_handoff(void *user, const struct fd_walk_handoff *handoff);

static const struct fd_walk_visitor visitor = {
	.session_opened = on_opened,
	.session_closed = on_closed,
	.frame = on_frame,
	.handoff = on_handoff,
};

static void open_session_free(gpointer data)
{
	struct open_session *open = data;

	fd_intern_clear(&open->nodes);
	g_array_unref(open->cells);
	g_free(open);
}

struct fd_profile_builder *fd_profile_builder_new(const struct fd_profile_source *source)
{
	struct fd_profile_builder *builder = g_new0(struct fd_profile_builder, 1);

	builder->source = *source;
	builder->walk = fd_walk_new(&visitor, builder);
	builder->profile = fd_profile_new();
	builder->path_functions = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	builder->path_nodes = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	builder->samples = g_array_new(FALSE, TRUE, sizeof(struct sample));
	builder->open = g_hash_table_new_full(NULL, NULL, open_session_free, NULL);
	builder->lumps = g_array_new(FALSE, TRUE, sizeof(struct cell));
	return builder;
}

void fd_profile_builder_free(struct fd_profile_builder *builder)
{
	if (!builder)
		return;
	fd_walk_free(builder->walk);
	fd_profile_free(builder->profile);
	g_array_unref(builder->path_functions);
	g_ptr_array_unref(builder->path_nodes);
	g_array_unref(builder->samples);
	g_hash_table_unref(builder->open);
	g_array_unref(builder->lumps);
	fd_intern_clear(&builder->lumped);
	g_free(builder);
}

struct fd_walk *fd_profile_builder_walk(struct fd_profile_builder *builder)
{
	return builder->walk;
}

/* An index into an array that grows as needed; new places are UNSET. */
static uint32_t *place_at(GArray *array, uint32_t index)
{
	if (index >= array->len) {
		guint old = array->len;

		g_array_set_size(array, MAX(index + 1, array->len * 2));
		for (guint i = old; i < array->len; i++)
			g_array_index(array, uint32_t, i) = UNSET;
	}
	return &g_array_index(array, uint32_t, index);
}

static void name_address(const struct fd_profile_builder *builder, const struct sample *sample,
			 struct fd_profile_function *function, char number[24])
{
	if (builder->source.symbols) {
		const struct fd_symbol *symbol =
			fd_symbols_lookup(builder->source.symbols, sample->pid, sample->addr);

		function->name = symbol->function;
		function->component = symbol->component;
		function->known = symbol->known;
		return;
	}
	g_snprintf(number, 24, "0x%" G_GINT64_MODIFIER "x", sample->addr);
	function->name = number;
	function->component = "unknown";
}

static uint32_t add_function(struct fd_profile_builder *builder,
			     const struct fd_profile_function *like, const struct sample *sample)
{
	uint32_t function = profile_function_add(builder->profile, like);

	if (function >= builder->samples->len)
		g_array_set_size(builder->samples, function + 1);
	if (sample)
		g_array_index(builder->samples, struct sample, function) = *sample;
	return function;
}

static uint32_t make_function(struct fd_profile_builder *builder, const struct fd_walk_path *path)
{
	struct sample sample = { path->pid, path->addr };
	struct fd_profile_function function = { .kind = path->kind, .wait = path->wait };
	char number[24];

	if (path->kind == FD_FRAME_FUNCTION) {
		name_address(builder, &sample, &function, number);
		return add_function(builder, &function, &sample);
	}
	function.name = builder->source.text(builder->source.texts, path->name);
	function.component = path->kind == FD_FRAME_WAIT ? "libc" : FD_COMPONENT_PROGRAM;
	function.known = TRUE;
	return add_function(builder, &function, NULL);
}

/* Frames beyond FD_WALK_PATHS_MAX have path 0: together they are one function. */
static uint32_t other_paths(struct fd_profile_builder *builder)
{
	struct fd_profile_function function = { .name = "(other call paths)",
						.component = "unknown",
						.kind = FD_FRAME_SCOPE };

	return add_function(builder, &function, NULL);
}

static uint32_t function_of(struct fd_profile_builder *builder, uint32_t path,
			    const struct fd_walk_path *what)
{
	uint32_t *place = place_at(builder->path_functions, path);

	if (*place == UNSET)
		*place = path ? make_function(builder, what) : other_paths(builder);
	return *place;
}

static GArray *nodes_of(struct fd_profile_builder *builder, uint32_t group)
{
	while (group >= builder->path_nodes->len)
		g_ptr_array_add(builder->path_nodes, g_array_new(FALSE, FALSE, sizeof(uint32_t)));
	return g_ptr_array_index(builder->path_nodes, group);
}

/* The node of a call path, made with all above it when new. */
static uint32_t node_of(struct fd_profile_builder *builder, uint32_t group_index, uint32_t path)
{
	struct fd_profile_group *group = &builder->profile->groups[group_index];
	GArray *nodes = nodes_of(builder, group_index);
	uint32_t node = *place_at(nodes, path);

	if (node != UNSET)
		return node;
	/* Down from the nearest path that has one: nothing is held on the way up, so that deep
	 * paths cost no stack. */
	g_autoptr(GArray) missing = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint32_t at = path;

	node = 0;
	do {
		g_array_append_val(missing, at);
		at = fd_walk_path(builder->walk, at).parent;
	} while (at && (node = *place_at(nodes, at)) == UNSET);
	if (!at)
		node = 0;
	for (guint i = missing->len; i > 0; i--) {
		uint32_t below = g_array_index(missing, uint32_t, i - 1);
		struct fd_walk_path what = fd_walk_path(builder->walk, below);

		node = profile_node_add(group, node, function_of(builder, below, &what));
		*place_at(nodes, below) = node;
	}
	return node;
}

static void add_to_session(struct open_session *open, uint32_t node, uint64_t own_ns,
			   uint64_t total_ns, gboolean running)
{
	uint32_t index = fd_intern_add(&open->nodes, node, 0);

	if (index == open->cells->len)
		g_array_set_size(open->cells, index + 1);
	struct cell *cell = &g_array_index(open->cells, struct cell, index);
	cell->calls++;
	cell->own_ns = profile_sum(cell->own_ns, own_ns);
	cell->total_ns = profile_sum(cell->total_ns, total_ns);
	open->own_ns = profile_sum(open->own_ns, own_ns);
	if (running)
		open->running_ns = profile_sum(open->running_ns, own_ns);
}

static void on_frame(void *user, const struct fd_walk_frame *frame)
{
	struct fd_profile_builder *builder = user;
	struct open_session *open = frame->session ? frame->session->user : NULL;
	uint32_t group = open ? open->group : 0;
	uint32_t node = node_of(builder, group, frame->path);
	struct fd_profile_stat *stat = &builder->profile->groups[group].nodes[node].stat;
	uint64_t total_ns = frame->recursive ? 0 : frame->total_ns;

	stat->calls++;
	stat->unfinished += frame->unfinished;
	stat->own_ns = profile_sum(stat->own_ns, frame->self_ns);
	if (!frame->recursive) {
		stat->outer_calls++;
		stat->total_ns = profile_sum(stat->total_ns, total_ns);
		stat->wait_ns = profile_sum(stat->wait_ns, frame->wait_ns);
		fd_histogram_add(&stat->call_ns, total_ns, 1);
	}
	if (open)
		add_to_session(open, node, frame->self_ns, total_ns, frame->kind != FD_FRAME_WAIT);
}

static void on_opened(void *user, struct fd_walk_session *session)
{
	struct fd_profile_builder *builder = user;
	struct open_session *open = g_new0(struct open_session, 1);
	const char *label = builder->source.label
				    ? builder->source.label(builder->source.labels, session)
				    : NULL;

	open->cells = g_array_new(FALSE, TRUE, sizeof(struct cell));
	open->group = profile_group_add(builder->profile, label ? label : FD_PROFILE_ALL);
	session->user = open;
	g_hash_table_add(builder->open, open);
}

static void add_session(struct fd_profile_stat *stat, const struct cell *cell)
{
	fd_histogram_add(&stat->session_calls, cell->calls, 1);
	fd_histogram_add(&stat->session_own_ns, cell->own_ns, 1);
	fd_histogram_add(&stat->session_total_ns, cell->total_ns, 1);
}

/* A function is called on many paths: the session's value is their sum. */
static void lump(struct fd_profile_builder *builder, struct fd_profile_group *group, uint32_t node,
		 const struct cell *cell)
{
	uint32_t entry = profile_entry_of(builder->profile, group, node);
	uint32_t index = fd_intern_add(&builder->lumped, entry, 0);

	if (index >= builder->lumps->len)
		g_array_set_size(builder->lumps, index + 1);
	struct cell *sum = &g_array_index(builder->lumps, struct cell, index);
	sum->calls = profile_sum(sum->calls, cell->calls);
	sum->own_ns = profile_sum(sum->own_ns, cell->own_ns);
	sum->total_ns = profile_sum(sum->total_ns, cell->total_ns);
}

static void fold_cells(struct fd_profile_builder *builder, const struct open_session *open)
{
	struct fd_profile_group *group = &builder->profile->groups[open->group];

	for (uint32_t i = 0; i < open->cells->len; i++) {
		const struct cell *cell = &g_array_index(open->cells, struct cell, i);
		uint32_t node = (uint32_t)open->nodes.pairs[i].a;

		add_session(&group->nodes[node].stat, cell);
		lump(builder, group, node, cell);
	}
	for (uint32_t i = 0; i < builder->lumps->len; i++) {
		uint32_t entry = (uint32_t)builder->lumped.pairs[i].a;

		add_session(&group->entries[entry].stat,
			    &g_array_index(builder->lumps, struct cell, i));
	}
	fd_intern_clear(&builder->lumped);
	g_array_set_size(builder->lumps, 0);
}

static void on_closed(void *user, struct fd_walk_session *session)
{
	struct fd_profile_builder *builder = user;
	struct open_session *open = session->user;
	struct fd_profile_group *group = &builder->profile->groups[open->group];

	group->sessions++;
	group->finished += session->state == FD_SESSION_FINISHED;
	group->unfinished += session->state == FD_SESSION_UNFINISHED;
	group->replaced += session->state == FD_SESSION_REPLACED;
	fd_histogram_add(&group->lifetime_ns, session->end_ns - session->begin_ns, 1);
	fd_histogram_add(&group->busy_ns, open->own_ns, 1);
	fd_histogram_add(&group->running_ns, open->running_ns, 1);
	fold_cells(builder, open);
	g_hash_table_remove(builder->open, open);
}

static void on_handoff(void *user, const struct fd_walk_handoff *handoff)
{
	struct fd_profile_builder *builder = user;
	struct open_session *open = handoff->session ? handoff->session->user : NULL;
	struct fd_profile_group *group = &builder->profile->groups[open ? open->group : 0];
	struct fd_profile_function queue = {
		.name = builder->source.text(builder->source.texts, handoff->queue),
		.component = "queue",
		.kind = FD_FRAME_QUEUE,
		.known = TRUE,
	};
	uint64_t waited_ns = handoff->end_ns - handoff->put_ns;

	if (!handoff->from_tid) /* since when is not known */
		return;
	uint32_t node = profile_node_add(group, 0, add_function(builder, &queue, NULL));
	struct fd_profile_stat *stat = &group->nodes[node].stat;
	stat->calls++;
	stat->outer_calls++;
	stat->unfinished += handoff->to_tid == 0;
	stat->own_ns = profile_sum(stat->own_ns, waited_ns);
	stat->total_ns = profile_sum(stat->total_ns, waited_ns);
	stat->wait_ns = profile_sum(stat->wait_ns, waited_ns);
	fd_histogram_add(&stat->call_ns, waited_ns, 1);
	if (open)
		add_to_session(open, node, waited_ns, waited_ns, FALSE);
}

/* TRUE when another name, or another component, came of it. */
static gboolean name_function(const struct fd_profile_builder *builder,
			      struct fd_profile_function *function, const struct sample *sample)
{
	struct fd_profile_function old = *function;
	GStringChunk *texts = builder->profile->texts;
	char number[24];

	if (function->kind == FD_FRAME_SCOPE)
		function->component = fd_symbols_program(builder->source.symbols);
	else if (function->kind == FD_FRAME_FUNCTION && !function->known)
		name_address(builder, sample, function, number);
	function->name = g_string_chunk_insert_const(texts, function->name);
	function->component = g_string_chunk_insert_const(texts, function->component);
	return function->name != old.name || function->component != old.component;
}

/* Modules can be told after the first functions of them. */
static gboolean name_again(struct fd_profile_builder *builder)
{
	gboolean changed = FALSE;

	for (uint32_t i = 0; i < builder->profile->function_count; i++)
		changed |= name_function(builder, &builder->profile->functions[i],
					 &g_array_index(builder->samples, struct sample, i));
	return changed;
}

static void add_lines(struct fd_profile_builder *builder)
{
	struct fd_profile *profile = builder->profile;

	for (uint32_t i = 0; i < profile->function_count; i++) {
		struct fd_profile_function *function = &profile->functions[i];
		const struct sample *sample = &g_array_index(builder->samples, struct sample, i);

		if (function->kind != FD_FRAME_FUNCTION || !function->known)
			continue;
		struct fd_symbol_source source =
			fd_symbols_locate(builder->source.symbols, sample->pid, sample->addr);
		if (source.file) {
			function->file = g_string_chunk_insert_const(profile->texts, source.file);
			function->line = source.line;
		}
	}
}

/* Calls were counted by node; entries are their sums. */
static void sum_group(struct fd_profile *profile, struct fd_profile_group *group)
{
	for (uint32_t i = 1; i < group->node_count; i++) {
		const struct fd_profile_stat *stat = &group->nodes[i].stat;
		const struct fd_profile_function *function =
			&profile->functions[group->nodes[i].function];

		if (!stat->calls)
			continue;
		uint32_t entry = profile_entry_of(profile, group, i);
		profile_stat_add_calls(&group->entries[entry].stat, stat);
		group->own_ns = profile_sum(group->own_ns, stat->own_ns);
		if (!function->known)
			group->unknown_ns = profile_sum(group->unknown_ns, stat->own_ns);
	}
}

static void add_figures(const struct fd_profile_builder *builder, struct fd_profile *profile)
{
	struct fd_walk_stats stats;

	fd_walk_get_stats(builder->walk, &stats);
	profile->losses = (struct fd_profile_losses){
		.events = stats.events,
		.repaired = stats.repaired,
		.stray_exits = stats.stray_exits,
		.stray_sessions = stats.stray_sessions,
		.no_thread = stats.no_thread,
		.over = stats.too_deep + stats.pending_over + stats.paths_over + stats.puts_over,
	};
	profile->threads = stats.threads;
	profile->processes = stats.processes;
	profile->begin_ns = stats.begin_ns;
	profile->end_ns = stats.end_ns;
	profile->span_ns = stats.end_ns - stats.begin_ns;
}

struct fd_profile *fd_profile_builder_finish(struct fd_profile_builder *builder)
{
	struct fd_profile *profile = builder->profile;

	fd_walk_finish(builder->walk);
	gboolean renamed = builder->source.symbols && name_again(builder);
	if (builder->source.symbols && builder->source.lines)
		add_lines(builder);
	/* Functions that turned out to be the same become one. */
	if (renamed) {
		profile = fd_profile_new();
		fd_profile_merge(profile, builder->profile);
		fd_profile_free(builder->profile);
	}
	builder->profile = NULL;
	for (uint32_t i = 0; i < profile->group_count; i++)
		sum_group(profile, &profile->groups[i]);
	add_figures(builder, profile);
	return profile;
}
