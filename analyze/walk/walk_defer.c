/* Closed frames that wait for an owner, where there are more of them than are kept one by one: summed up by
 * call path, so that what they take is bounded by paths, however long a thread works before it is known for
 * whom. */
#include "base/tally.h"
#include "analyze/walk/walk_private.h"

/* Frames of one path that are alike in all that is told of them but their times. */
struct deferred_sum {
	struct fdar_walk_cost cost; /* session: none yet; its times are sums */
	uint64_t calls;
	struct fdar_tally total_ns; /* of each, unless it is recursive */
};

struct deferred {
	struct fdar_intern ids; /* (path, how they are alike) -> index of sums */
	GArray *sums;           /* of struct deferred_sum */
	uint64_t calls;
	uint64_t first_ns; /* when the earliest of all was opened */
};

static uint64_t likeness(const struct fdar_walk_cost *cost)
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
	deferred->sums = g_array_new(FALSE, TRUE, sizeof(struct deferred_sum));
	return deferred;
}

void walk_defer_free(struct thread *thread)
{
	struct deferred *deferred = thread->deferred;

	if (!deferred)
		return;
	for (guint i = 0; i < deferred->sums->len; i++)
		fdar_tally_clear(&g_array_index(deferred->sums, struct deferred_sum, i).total_ns);
	g_array_unref(deferred->sums);
	fdar_intern_clear(&deferred->ids);
	g_clear_pointer(&thread->deferred, g_free);
}

/* Sums saturate: times can be anything in a hostile trace. */
static void add(uint64_t *sum, uint64_t value)
{
	*sum = *sum > UINT64_MAX - value ? UINT64_MAX : *sum + value;
}

void walk_defer(struct thread *thread, const struct fdar_walk_cost *cost, uint64_t start_ns)
{
	struct deferred *deferred = deferred_of(thread);
	uint32_t id = fdar_intern_add(&deferred->ids, cost->path, likeness(cost));
	struct deferred_sum *sum;

	if (id == deferred->sums->len) {
		struct deferred_sum fresh = { .cost = { .path = cost->path,
							.kind = cost->kind,
							.recursive = cost->recursive,
							.unfinished = cost->unfinished,
							.repaired = cost->repaired,
							.ended = cost->ended,
							.client = cost->client } };

		g_array_append_val(deferred->sums, fresh);
	}
	sum = &g_array_index(deferred->sums, struct deferred_sum, id);
	sum->calls++;
	add(&sum->cost.self_ns, cost->self_ns);
	add(&sum->cost.total_ns, cost->total_ns);
	add(&sum->cost.wait_ns, cost->wait_ns);
	add(&sum->cost.skipped_calls, cost->skipped_calls);
	add(&sum->cost.skipped_ns, cost->skipped_ns);
	if (!cost->recursive)
		fdar_tally_add(&sum->total_ns, cost->total_ns);
	deferred->first_ns = deferred->calls ? MIN(deferred->first_ns, start_ns) : start_ns;
	deferred->calls++;
}

uint64_t walk_deferred_calls(const struct thread *thread)
{
	return thread->deferred ? thread->deferred->calls : 0;
}

uint64_t walk_deferred_first_ns(const struct thread *thread)
{
	return walk_deferred_calls(thread) ? thread->deferred->first_ns : UINT64_MAX;
}

static void tell(struct fdar_walk *walk, struct deferred_sum *sum, struct session *session)
{
	struct fdar_walk_sum told = { .cost = sum->cost, .calls = sum->calls };

	told.cost.session = session ? &session->told : NULL;
	walk->stats.deferred += sum->calls;
	walk->stats.frames += sum->calls;
	walk->stats.calls[sum->cost.kind] += sum->calls;
	walk->stats.unfinished += sum->cost.unfinished ? sum->calls : 0;
	walk->stats.repaired += sum->cost.repaired ? sum->calls : 0;
	walk->stats.ended += sum->cost.ended ? sum->calls : 0;
	walk->stats.adopted += session ? sum->calls : 0;
	fdar_tally_to_histogram(&sum->total_ns, &told.total_ns);
	if (walk->visitor->sum)
		walk->visitor->sum(walk->user, &told);
	fdar_histogram_clear(&told.total_ns);
	fdar_tally_clear(&sum->total_ns);
}

void walk_defer_settle(struct fdar_walk *walk, struct thread *thread, struct session *session)
{
	struct deferred *deferred = thread->deferred;

	if (!deferred || !deferred->calls)
		return;
	for (guint i = 0; i < deferred->sums->len; i++)
		tell(walk, &g_array_index(deferred->sums, struct deferred_sum, i), session);
	g_array_set_size(deferred->sums, 0);
	fdar_intern_reset(&deferred->ids);
	deferred->calls = 0;
}
