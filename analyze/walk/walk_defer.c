/* Closed frames that wait for an owner, where there are more of them than are kept one by one: summed up by
 * call path, so that what they take is bounded by paths, however long a thread works before it is known for
 * whom. */
#include <assert.h>

#include "base/pages.h"
#include "base/tally.h"
#include "analyze/walk/walk_private.h"

#define FIRST_ROOM 256u
#define CHUNK      256u /* call paths: those that were made one after the other are closed so, too */
#define PARTS      64u /* of all paths, and chunks of a part: there may be as many threads as sessions */

_Static_assert(FDAR_WALK_PATHS_MAX <= PARTS * PARTS * CHUNK, "each path has a place");

/* Frames of one path that are alike in all that is told of them but their times: what nearly all of them
 * add to, in a line of the processor's cache. */
struct sum {
	uint64_t self_ns;
	uint64_t wait_ns;
	struct fdar_tally total_ns; /* of each that is not recursive */
};

_Static_assert(sizeof(struct sum) == 64, "one line");

/* What most of them have not. */
struct rest {
	uint64_t likeness;
	uint64_t skipped_calls;
	uint64_t skipped_ns;
	uint64_t recursive_calls;
	uint64_t recursive_ns;
};

struct whose {
	uint32_t path;
	uint32_t rest; /* index + 1; 0: none */
};

_Static_assert(WALK_DEFER_LOT <= FDAR_TALLY_LATER, "there is room for all counts");

struct deferred {
	/* By path, CHUNK of them in a chunk and PARTS chunks in a part: index + 1 of the sum of its ordinary
	 * frames, those whose likeness is 0; 0: there is none. NULL: of no path of the part, or chunk. */
	uint32_t **parts[PARTS];
	struct fdar_intern others; /* (path, likeness) -> index of other_sums */
	GArray *other_sums;        /* of uint32_t: indexes of sums */
	struct sum *sums;
	struct whose *whose; /* by sum */
	GArray *rests;       /* of struct rest */
	uint32_t count, room;
	/* Who tells of them asks for this, while a helper may be at all else. */
	char apart[64];
	uint64_t calls;
	uint64_t first_ns; /* when the earliest of all was opened */
};

static uint64_t likeness_of(const struct fdar_walk_cost *cost)
{
	return (uint64_t)cost->kind | (uint64_t)cost->recursive << 8 |
	       (uint64_t)cost->unfinished << 16 | (uint64_t)cost->repaired << 24 |
	       (uint64_t)cost->ended << 32 | (uint64_t)cost->client << 40;
}

static struct deferred *deferred_of(struct thread *thread)
{
	struct deferred *deferred = thread->deferred;

	if (deferred)
		return deferred;
	deferred = thread->deferred = g_new0(struct deferred, 1);
	deferred->other_sums = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	deferred->rests = g_array_new(FALSE, TRUE, sizeof(struct rest));
	return deferred;
}

/* No helper is at it any more. */
static void drain(const struct thread *thread)
{
	if (thread->aside)
		fdar_walk_aside_drain(thread->aside);
}

void walk_defer_free(struct thread *thread)
{
	struct deferred *deferred = thread->deferred;

	if (!deferred)
		return;
	drain(thread);
	for (uint32_t i = 0; i < deferred->count; i++)
		fdar_tally_clear(&deferred->sums[i].total_ns);
	fdar_pages_free(deferred->sums, deferred->room * sizeof(*deferred->sums));
	fdar_pages_free(deferred->whose, deferred->room * sizeof(*deferred->whose));
	for (uint32_t i = 0; i < PARTS; i++) {
		for (uint32_t k = 0; deferred->parts[i] && k < PARTS; k++)
			g_free(deferred->parts[i][k]);
		g_free(deferred->parts[i]);
	}
	g_array_unref(deferred->rests);
	g_array_unref(deferred->other_sums);
	fdar_intern_clear(&deferred->others);
	g_clear_pointer(&thread->deferred, g_free);
}

/* Sums saturate: times can be anything in a hostile trace. */
static void add(uint64_t *sum, uint64_t value)
{
	*sum = *sum > UINT64_MAX - value ? UINT64_MAX : *sum + value;
}

/* ---- where sums are ---- */

/* Where the path's sum is said; NULL: nowhere yet. */
static inline uint32_t *find_place(const struct deferred *deferred, uint32_t path)
{
	uint32_t **part = deferred->parts[path / (CHUNK * PARTS)];
	uint32_t *chunk = G_LIKELY(part) ? part[path / CHUNK % PARTS] : NULL;

	return G_LIKELY(chunk) ? &chunk[path % CHUNK] : NULL;
}

static __attribute__((noinline)) uint32_t *make_place(struct deferred *deferred, uint32_t path)
{
	uint32_t ***part = &deferred->parts[path / (CHUNK * PARTS)];

	if (!*part)
		*part = g_new0(uint32_t *, PARTS);
	(*part)[path / CHUNK % PARTS] = g_new0(uint32_t, CHUNK);
	return find_place(deferred, path);
}

static void forget_place(const struct deferred *deferred, uint32_t path)
{
	uint32_t *place = find_place(deferred, path);

	if (place)
		*place = 0;
}

static void grow_sums(struct deferred *deferred)
{
	uint32_t old = deferred->room, room = MAX(FIRST_ROOM, 2 * old);

	deferred->sums = fdar_pages_grow(deferred->sums, old * sizeof(*deferred->sums),
					 room * sizeof(*deferred->sums));
	deferred->whose = fdar_pages_grow(deferred->whose, old * sizeof(*deferred->whose),
					  room * sizeof(*deferred->whose));
	deferred->room = room;
}

static struct rest *rest_of(struct deferred *deferred, uint32_t sum)
{
	struct whose *whose = &deferred->whose[sum];

	if (!whose->rest) {
		g_array_set_size(deferred->rests, deferred->rests->len + 1);
		whose->rest = deferred->rests->len;
	}
	return &g_array_index(deferred->rests, struct rest, whose->rest - 1);
}

static uint32_t sum_new(struct deferred *deferred, uint32_t path, uint64_t likeness)
{
	if (deferred->count == deferred->room)
		grow_sums(deferred);
	deferred->sums[deferred->count] = (struct sum){ 0 };
	deferred->whose[deferred->count] = (struct whose){ .path = path };
	if (likeness)
		rest_of(deferred, deferred->count)->likeness = likeness;
	return deferred->count++;
}

static __attribute__((noinline)) uint32_t find_other(struct deferred *deferred,
						     const struct fdar_walk_cost *cost)
{
	uint64_t likeness = likeness_of(cost);
	uint32_t id = fdar_intern_add(&deferred->others, cost->path, likeness);

	if (id == deferred->other_sums->len) {
		uint32_t sum = sum_new(deferred, cost->path, likeness);

		g_array_append_val(deferred->other_sums, sum);
	}
	return g_array_index(deferred->other_sums, uint32_t, id);
}

static uint32_t find_sum(struct deferred *deferred, const struct fdar_walk_cost *cost)
{
	uint32_t *place;

	if (G_UNLIKELY(likeness_of(cost)))
		return find_other(deferred, cost);
	place = find_place(deferred, cost->path);
	if (G_UNLIKELY(!place))
		place = make_place(deferred, cost->path);
	if (G_UNLIKELY(!*place))
		*place = sum_new(deferred, cost->path, 0) + 1;
	return *place - 1;
}

/* ---- adding ---- */

static void add_recursive(struct rest *rest, const struct fdar_walk_cost *cost)
{
	rest->recursive_calls++;
	add(&rest->recursive_ns, cost->total_ns);
}

static inline void add_cost(struct deferred *deferred, uint32_t id,
			    const struct fdar_walk_cost *cost, struct fdar_tally_later *later)
{
	struct sum *sum = &deferred->sums[id];

	add(&sum->self_ns, cost->self_ns);
	add(&sum->wait_ns, cost->wait_ns);
	if (G_UNLIKELY(cost->recursive))
		add_recursive(rest_of(deferred, id), cost);
	else
		fdar_tally_add_later(later, &sum->total_ns, cost->total_ns);
	if (G_UNLIKELY(cost->skipped_calls | cost->skipped_ns)) {
		struct rest *rest = rest_of(deferred, id);

		add(&rest->skipped_calls, cost->skipped_calls);
		add(&rest->skipped_ns, cost->skipped_ns);
	}
}

/* Costs are looked for in three rounds, so that what is far away is on its way for all of them before the
 * first is needed. */
static void add_all(struct deferred *deferred, const struct fdar_walk_cost *costs, size_t count)
{
	uint32_t ids[WALK_DEFER_LOT];
	struct fdar_tally_later later;

	later.count = 0;
	assert(count <= WALK_DEFER_LOT);
	for (size_t i = 0; i < count; i++)
		__builtin_prefetch(find_place(deferred, costs[i].path));
	for (size_t i = 0; i < count; i++) {
		ids[i] = find_sum(deferred, &costs[i]);
		__builtin_prefetch(&deferred->sums[ids[i]], 1);
	}
	for (size_t i = 0; i < count; i++)
		add_cost(deferred, ids[i], &costs[i], &later);
	fdar_tally_settle(&later);
}

/* The same, of threads that take turns. */
void walk_defer_sum(void *const *deferred, const struct fdar_walk_cost *costs, size_t count)
{
	uint32_t ids[FDAR_WALK_ASIDE_ROUND];
	struct fdar_tally_later later;

	later.count = 0;
	for (size_t i = 0; i < count; i++)
		__builtin_prefetch(find_place(deferred[i], costs[i].path));
	for (size_t i = 0; i < count; i++) {
		ids[i] = find_sum(deferred[i], &costs[i]);
		__builtin_prefetch(&((struct deferred *)deferred[i])->sums[ids[i]], 1);
	}
	for (size_t i = 0; i < count; i++)
		add_cost(deferred[i], ids[i], &costs[i], &later);
	fdar_tally_settle(&later);
}

void walk_defer(struct thread *thread, const struct fdar_walk_cost *costs, uint32_t count,
		uint64_t first_ns)
{
	struct deferred *deferred = deferred_of(thread);

	if (thread->aside)
		fdar_walk_aside_add(thread->aside, deferred, costs, count);
	else
		add_all(deferred, costs, count);
	deferred->first_ns = deferred->calls ? MIN(deferred->first_ns, first_ns) : first_ns;
	deferred->calls += count;
}

uint64_t walk_deferred_calls(const struct thread *thread)
{
	return thread->deferred ? thread->deferred->calls : 0;
}

uint64_t walk_deferred_first_ns(const struct thread *thread)
{
	return walk_deferred_calls(thread) ? thread->deferred->first_ns : UINT64_MAX;
}

static struct fdar_walk_sum sum_of(struct sum *sum, uint32_t path, const struct rest *rest)
{
	uint64_t likeness = rest->likeness;

	return (struct fdar_walk_sum){
		.cost = { .self_ns = sum->self_ns,
			  .total_ns =
				  (likeness >> 8 & 0xff) ? rest->recursive_ns : sum->total_ns.sum,
			  .wait_ns = sum->wait_ns,
			  .skipped_calls = rest->skipped_calls,
			  .skipped_ns = rest->skipped_ns,
			  .path = path,
			  .kind = likeness & 0xff,
			  .recursive = likeness >> 8 & 0xff,
			  .unfinished = likeness >> 16 & 0xff,
			  .repaired = likeness >> 24 & 0xff,
			  .ended = likeness >> 32 & 0xff,
			  .client = likeness >> 40 & 0xff },
		.calls = rest->recursive_calls + sum->total_ns.count,
		.total_ns = &sum->total_ns,
	};
}

static void tell(struct fdar_walk *walk, struct fdar_walk_sum *told, struct session *session)
{
	told->cost.session = session ? &session->told : NULL;
	walk->stats.deferred += told->calls;
	walk->stats.frames += told->calls;
	walk->stats.calls[told->cost.kind] += told->calls;
	walk->stats.unfinished += told->cost.unfinished ? told->calls : 0;
	walk->stats.repaired += told->cost.repaired ? told->calls : 0;
	walk->stats.ended += told->cost.ended ? told->calls : 0;
	walk->stats.adopted += session ? told->calls : 0;
	if (walk->visitor->sum)
		walk->visitor->sum(walk->user, told);
	fdar_tally_clear(told->total_ns);
}

void walk_defer_settle(struct fdar_walk *walk, struct thread *thread, struct session *session)
{
	static const struct rest none = { 0 };
	struct deferred *deferred = thread->deferred;

	if (!deferred || !deferred->calls)
		return;
	drain(thread);
	for (uint32_t i = 0; i < deferred->count; i++) {
		const struct whose *whose = &deferred->whose[i];
		const struct rest *rest =
			whose->rest ? &g_array_index(deferred->rests, struct rest, whose->rest - 1)
				    : &none;
		struct fdar_walk_sum told = sum_of(&deferred->sums[i], whose->path, rest);

		tell(walk, &told, session);
		forget_place(deferred, whose->path);
	}
	deferred->count = 0;
	g_array_set_size(deferred->rests, 0);
	g_array_set_size(deferred->other_sums, 0);
	fdar_intern_reset(&deferred->others);
	deferred->calls = 0;
}
