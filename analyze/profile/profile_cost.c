/* What frames cost, summed by call path: here every closed frame of a trace comes by. */
#include "base/pages.h"
#include "analyze/profile/profile_build_private.h"

#define FIRST_PATHS 256u
#define LOT         64u /* costs that are added at once */
#define FAR         16u /* paths whose nodes are looked for ahead */

/* A line of the processor's cache. Calls that are not recursive, and what they took, are the
 * tally's. */
struct sum {
	uint64_t own_ns;
	uint64_t wait_ns;
	struct fdar_tally total_ns;
};

_Static_assert(sizeof(struct sum) == 64, "one line");

/* What most call paths have not. */
struct extra {
	uint64_t recursive; /* calls */
	uint64_t unfinished;
	uint64_t skipped_calls;
	uint64_t skipped_ns;
	uint64_t client_ns;
};

struct path_costs {
	struct sum *sums; /* by call path */
	uint32_t room;
	struct fdar_intern extra_ids; /* call path -> index of extras */
	GArray *extras;               /* of struct extra */
};

static void costs_free(gpointer data)
{
	struct path_costs *costs = data;

	for (uint32_t i = 0; i < costs->room; i++)
		fdar_tally_clear(&costs->sums[i].total_ns);
	fdar_pages_free(costs->sums, costs->room * sizeof(*costs->sums));
	fdar_intern_clear(&costs->extra_ids);
	g_array_unref(costs->extras);
	g_free(costs);
}

GPtrArray *profile_costs_new(void)
{
	return g_ptr_array_new_with_free_func(costs_free);
}

static __attribute__((noinline)) struct path_costs *add_groups(GPtrArray *all, uint32_t group)
{
	while (group >= all->len) {
		struct path_costs *costs = g_new0(struct path_costs, 1);

		costs->extras = g_array_new(FALSE, TRUE, sizeof(struct extra));
		g_ptr_array_add(all, costs);
	}
	return g_ptr_array_index(all, group);
}

static __attribute__((noinline)) void grow(struct path_costs *costs, uint32_t path)
{
	uint32_t room = MAX(FIRST_PATHS, 2 * costs->room);

	while (room <= path)
		room *= 2;
	costs->sums = fdar_pages_grow(costs->sums, costs->room * sizeof(*costs->sums),
				      room * sizeof(*costs->sums));
	costs->room = room;
}

/* Nearly every frame comes by these: where compilers do not inline them, as they have two callers, reading
 * a trace takes a fortieth longer. */
static inline __attribute__((always_inline)) struct extra *extra_of(struct path_costs *costs,
								    uint32_t path)
{
	uint32_t index = fdar_intern_add(&costs->extra_ids, path, 0);

	if (index == costs->extras->len)
		g_array_set_size(costs->extras, index + 1);
	return &g_array_index(costs->extras, struct extra, index);
}

/* Of so many calls that are alike; the cost's times are those of all. */
static inline __attribute__((always_inline)) void add_extra(struct path_costs *costs,
							    const struct fdar_walk_cost *cost,
							    uint64_t calls)
{
	struct extra *extra = extra_of(costs, cost->path);

	extra->recursive += cost->recursive ? calls : 0;
	extra->unfinished += cost->unfinished ? calls : 0;
	extra->skipped_calls = profile_sum(extra->skipped_calls, cost->skipped_calls);
	extra->skipped_ns = profile_sum(extra->skipped_ns, cost->skipped_ns);
	if (cost->client)
		extra->client_ns = profile_sum(extra->client_ns, cost->self_ns);
}

/* What a path is called is asked when its first frame is closed: later another module may be where
 * its functions were. */
static __attribute__((noinline)) void name_path(struct fdar_profile_builder *builder, uint32_t path)
{
	do {
		struct fdar_walk_path what = fdar_walk_path(builder->walk, path);

		if (*profile_place(builder->path_functions, path) != FDAR_PROFILE_NONE)
			return;
		profile_is_folded(builder, profile_function_of(builder, path, &what));
		path = what.parent;
	} while (path);
}

static inline __attribute__((always_inline)) struct cell *cell_of(
	struct fdar_profile_builder *builder, struct open_session *open, uint32_t path)
{
	struct last_cell *last;
	struct cell *cell;

	if (G_UNLIKELY(path >= builder->last_cells->len))
		g_array_set_size(builder->last_cells, MAX(path + 1, 2 * builder->last_cells->len));
	last = &g_array_index(builder->last_cells, struct last_cell, path);
	if (G_LIKELY(last->serial == open->cells.serial))
		return &g_array_index(open->cells.loose->cells, struct cell, last->cell);
	cell = profile_cell(&builder->cells, &open->cells, path, CELL_PATH);
	last->serial = open->cells.serial;
	last->cell = (uint32_t)(cell - (struct cell *)open->cells.loose->cells->data);
	return cell;
}

/* What a batch of costs has in common as a rule. */
struct lot {
	struct fdar_profile_builder *builder;
	const struct fdar_walk_session *session;
	struct open_session *open;
	struct path_costs *costs;
	struct fdar_tally_later later;
};

_Static_assert(LOT <= FDAR_TALLY_LATER, "there is room for those of a lot");

static void set_session(struct lot *lot, const struct fdar_walk_session *session)
{
	struct fdar_profile_builder *builder = lot->builder;
	uint32_t group;

	lot->session = session;
	lot->open = session ? session->user : NULL;
	group = lot->open ? lot->open->group : 0;
	if (lot->open)
		profile_cells_turn(&builder->cells, &lot->open->cells);
	lot->costs = G_LIKELY(group < builder->costs->len)
			     ? g_ptr_array_index(builder->costs, group)
			     : add_groups(builder->costs, group);
}

static inline __attribute__((always_inline)) void add_to_session(struct lot *lot,
								 const struct fdar_walk_cost *cost,
								 uint64_t calls)
{
	struct open_session *open = lot->open;
	struct cell *cell = cell_of(lot->builder, open, cost->path);

	cell->calls += calls;
	cell->own_ns = profile_sum(cell->own_ns, cost->self_ns);
	if (!cost->recursive)
		cell->total_ns = profile_sum(cell->total_ns, cost->total_ns);
	open->own_ns = profile_sum(open->own_ns, cost->self_ns);
	if (cost->kind != FDAR_FRAME_WAIT)
		open->running_ns = profile_sum(open->running_ns, cost->self_ns);
}

static inline __attribute__((always_inline)) void add_to_path(struct lot *lot,
							      const struct fdar_walk_cost *cost)
{
	struct sum *sum = &lot->costs->sums[cost->path];

	sum->own_ns = profile_sum(sum->own_ns, cost->self_ns);
	if (!cost->recursive) {
		sum->wait_ns = profile_sum(sum->wait_ns, cost->wait_ns);
		fdar_tally_add_later(&lot->later, &sum->total_ns, cost->total_ns);
	}
	if (G_UNLIKELY(cost->recursive | cost->unfinished | cost->client || cost->skipped_calls))
		add_extra(lot->costs, cost, 1);
}

static inline void add_cost(struct lot *lot, const struct fdar_walk_cost *cost)
{
	if (G_UNLIKELY(!lot->costs->sums[cost->path].total_ns.count))
		name_path(lot->builder, cost->path);
	add_to_path(lot, cost);
	if (lot->open)
		add_to_session(lot, cost, 1);
}

static void add_lot(struct lot *lot, const struct fdar_walk_cost *costs, size_t count)
{
	/* Most have the same session: then the sums of all are on their way before the first is
	 * needed. */
	for (size_t i = 0; i < count && costs[i].session == lot->session; i++)
		if (costs[i].path < lot->costs->room)
			__builtin_prefetch(&lot->costs->sums[costs[i].path], 1);
	for (size_t i = 0; i < count; i++) {
		if (G_UNLIKELY(costs[i].session != lot->session))
			set_session(lot, costs[i].session);
		if (G_UNLIKELY(costs[i].path >= lot->costs->room)) {
			fdar_tally_settle(&lot->later);
			grow(lot->costs, costs[i].path);
		}
		add_cost(lot, &costs[i]);
	}
	fdar_tally_settle(&lot->later);
}

/* ---- beside a helper: names and sessions here, paths there ---- */

static inline gboolean is_named(const struct fdar_profile_builder *builder, uint32_t path)
{
	const GArray *functions = builder->path_functions;

	return path < functions->len &&
	       g_array_index(functions, uint32_t, path) != FDAR_PROFILE_NONE;
}

/* Costs of one session. */
static void add_beside(struct lot *lot, const struct fdar_walk_cost *costs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (G_UNLIKELY(!is_named(lot->builder, costs[i].path)))
			name_path(lot->builder, costs[i].path);
		if (lot->open)
			add_to_session(lot, &costs[i], 1);
	}
	fdar_walk_aside_add(&lot->builder->aside, lot->costs, costs, count);
}

static void add_all_beside(struct fdar_profile_builder *builder, const struct fdar_walk_cost *costs,
			   size_t count)
{
	struct lot lot = { .builder = builder };
	size_t first = 0, end;

	for (; first < count; first = end) {
		for (end = first + 1; end < count && costs[end].session == costs[first].session;)
			end++;
		set_session(&lot, costs[first].session);
		add_beside(&lot, costs + first, end - first);
	}
}

void profile_costs_sum(void *const *to, const struct fdar_walk_cost *costs, size_t count)
{
	struct lot lot;

	_Static_assert(FDAR_WALK_ASIDE_ROUND <= LOT, "all of them have a place");
	lot.later.count = 0;
	for (size_t i = 0; i < count; i++) {
		lot.costs = to[i];
		if (costs[i].path < lot.costs->room)
			__builtin_prefetch(&lot.costs->sums[costs[i].path], 1);
	}
	for (size_t i = 0; i < count; i++) {
		lot.costs = to[i];
		if (G_UNLIKELY(costs[i].path >= lot.costs->room)) {
			fdar_tally_settle(&lot.later);
			grow(lot.costs, costs[i].path);
		}
		add_to_path(&lot, &costs[i]);
	}
	fdar_tally_settle(&lot.later);
}

/* ---- */

void profile_costs_add(struct fdar_profile_builder *builder, const struct fdar_walk_cost *costs,
		       size_t count)
{
	struct lot lot;
	size_t now;

	if (builder->aside.helper) {
		add_all_beside(builder, costs, count);
		return;
	}
	lot.builder = builder;
	lot.later.count = 0;
	set_session(&lot, costs->session);
	for (; count; costs += now, count -= now) {
		now = MIN(count, LOT);
		add_lot(&lot, costs, now);
	}
}

/* What waited for its owner: many calls of one path at once. */
void profile_costs_add_sum(struct fdar_profile_builder *builder, const struct fdar_walk_sum *told)
{
	const struct fdar_walk_cost *cost = &told->cost;
	struct lot lot;

	lot.builder = builder;
	set_session(&lot, cost->session);
	if (cost->path >= lot.costs->room)
		grow(lot.costs, cost->path);
	struct sum *sum = &lot.costs->sums[cost->path];
	if (!sum->total_ns.count)
		name_path(builder, cost->path);
	sum->own_ns = profile_sum(sum->own_ns, cost->self_ns);
	if (!cost->recursive) {
		sum->wait_ns = profile_sum(sum->wait_ns, cost->wait_ns);
		fdar_tally_add_tally(&sum->total_ns, told->total_ns);
	}
	if (cost->recursive | cost->unfinished | cost->client || cost->skipped_calls)
		add_extra(lot.costs, cost, told->calls);
	if (lot.open)
		add_to_session(&lot, cost, told->calls);
}

/* ---- the end ---- */

/* A path whose function is not told: only its time is, as its caller's. */
static void settle_folded(struct fdar_profile_builder *builder, uint32_t group, uint32_t node,
			  const struct sum *sum)
{
	struct fdar_profile_stat *stat;

	if (!node)
		node = profile_node_add(&builder->profile->groups[group], 0,
					profile_function_folded(builder));
	stat = &builder->profile->groups[group].nodes[node].stat;
	stat->own_ns = profile_sum(stat->own_ns, sum->own_ns);
	stat->folded_calls += sum->total_ns.count;
}

static void settle_sum(struct fdar_profile_builder *builder, uint32_t group, uint32_t path,
		       const struct sum *sum)
{
	uint32_t node = profile_node_of(builder, group, path);
	struct fdar_profile_stat *stat = &builder->profile->groups[group].nodes[node].stat;
	uint32_t outer;

	if (profile_is_folded(builder, *profile_place(builder->path_functions, path))) {
		settle_folded(builder, group, node, sum);
		return;
	}
	outer = profile_path_outer(builder, path);
	stat->own_ns = profile_sum(stat->own_ns, sum->own_ns);
	if (!outer || !profile_path_is_part(builder, path))
		stat->calls += sum->total_ns.count;
	/* Another clone of the function is further out: this is recursion. */
	if (outer)
		return;
	stat->outer_calls += sum->total_ns.count;
	stat->total_ns = profile_sum(stat->total_ns, sum->total_ns.sum);
	stat->wait_ns = profile_sum(stat->wait_ns, sum->wait_ns);
	fdar_tally_to_histogram(&sum->total_ns, &stat->call_ns);
}

static void settle_extra(struct fdar_profile_builder *builder, uint32_t group, uint32_t path,
			 const struct extra *extra)
{
	gboolean folded = profile_is_folded(builder, *profile_place(builder->path_functions, path));
	uint32_t node = profile_node_of(builder, group, path);
	struct fdar_profile_stat *stat;

	if (!node)
		node = profile_node_add(&builder->profile->groups[group], 0,
					profile_function_folded(builder));
	stat = &builder->profile->groups[group].nodes[node].stat;
	stat->skipped_calls = profile_sum(stat->skipped_calls, extra->skipped_calls);
	stat->skipped_ns = profile_sum(stat->skipped_ns, extra->skipped_ns);
	stat->client_ns = profile_sum(stat->client_ns, extra->client_ns);
	if (folded) {
		stat->folded_calls += extra->recursive;
		return;
	}
	if (!profile_path_outer(builder, path) || !profile_path_is_part(builder, path))
		stat->calls += extra->recursive;
	stat->unfinished += extra->unfinished;
}

static gboolean is_empty(const struct sum *sum)
{
	return !sum->total_ns.count && !sum->own_ns;
}

void profile_costs_settle(struct fdar_profile_builder *builder)
{
	if (builder->aside.helper)
		fdar_walk_aside_drain(&builder->aside);
	for (uint32_t group = 0; group < builder->costs->len; group++) {
		struct path_costs *costs = g_ptr_array_index(builder->costs, group);

		for (uint32_t path = 0; path < costs->room; path++) {
			if (costs->room - path > FAR && !is_empty(&costs->sums[path + FAR]))
				profile_node_prefetch(builder, group, path + FAR);
			if (!is_empty(&costs->sums[path]))
				settle_sum(builder, group, path, &costs->sums[path]);
			fdar_tally_clear(&costs->sums[path].total_ns);
		}
		for (uint32_t i = 0; i < costs->extras->len; i++)
			settle_extra(builder, group, (uint32_t)costs->extra_ids.pairs[i].a,
				     &g_array_index(costs->extras, struct extra, i));
	}
}
