#include "analyze/walk/walk_aside.h"

#include "analyze/walk/walk_private.h"

/* What the path leaves of its word. */
enum {
	RECURSIVE = 1u << 24,
	UNFINISHED = 1u << 25,
	REPAIRED = 1u << 26,
	ENDED = 1u << 27,
	CLIENT = 1u << 28,
	KIND_AT = 29,
	PATH = RECURSIVE - 1
};

_Static_assert(FDAR_WALK_PATHS_MAX <= PATH, "paths are told by 24 bits");
_Static_assert(FDAR_FRAME_KINDS <= 8, "kinds by three");

/* A cost; and what most have not, if it has some, in a second one. */
struct fdar_walk_aside_record {
	union {
		struct {
			void *to;
			uint64_t self_ns;
			uint64_t total_ns;
			uint32_t what;
			uint32_t has_more;
		};
		struct {
			uint64_t wait_ns;
			uint64_t skipped_calls;
			uint64_t skipped_ns;
		};
	};
};

_Static_assert(sizeof(struct fdar_walk_aside_record) == 32, "two in a line of the cache");

#define RECORDS (FDAR_HELPER_BYTES / sizeof(struct fdar_walk_aside_record))

static inline uint32_t what_of(const struct fdar_walk_cost *cost)
{
	return cost->path | (cost->recursive ? RECURSIVE : 0) |
	       (cost->unfinished ? UNFINISHED : 0) | (cost->repaired ? REPAIRED : 0) |
	       (cost->ended ? ENDED : 0) | (cost->client ? CLIENT : 0) |
	       (uint32_t)cost->kind << KIND_AT;
}

static inline struct fdar_walk_cost cost_of(const struct fdar_walk_aside_record *record)
{
	struct fdar_walk_cost cost = {
		.self_ns = record->self_ns,
		.total_ns = record->total_ns,
		.path = record->what & PATH,
		.kind = (uint8_t)(record->what >> KIND_AT),
		.recursive = (record->what & RECURSIVE) != 0,
		.unfinished = (record->what & UNFINISHED) != 0,
		.repaired = (record->what & REPAIRED) != 0,
		.ended = (record->what & ENDED) != 0,
		.client = (record->what & CLIENT) != 0,
	};

	if (G_UNLIKELY(record->has_more)) {
		cost.wait_ns = record[1].wait_ns;
		cost.skipped_calls = record[1].skipped_calls;
		cost.skipped_ns = record[1].skipped_ns;
	}
	return cost;
}

/* In the helper's thread. */
static void sum_up(void *user, const void *bytes, size_t length)
{
	const struct fdar_walk_aside_record *record = bytes;
	const struct fdar_walk_aside_record *end = record + length / sizeof(*record);
	const struct fdar_walk_aside *aside = user;
	struct fdar_walk_cost costs[FDAR_WALK_ASIDE_ROUND];
	void *to[FDAR_WALK_ASIDE_ROUND];

	while (record < end) {
		size_t now = 0;

		for (; now < FDAR_WALK_ASIDE_ROUND && record < end; now++) {
			to[now] = record->to;
			costs[now] = cost_of(record);
			record += 1 + record->has_more;
		}
		aside->sum(to, costs, now);
	}
}

static void send(struct fdar_walk_aside *aside)
{
	if (aside->count)
		fdar_helper_send(aside->helper, aside->lot, aside->count * sizeof(*aside->lot),
				 sum_up, aside);
	aside->count = 0;
}

/* Room for a cost. */
static __attribute__((noinline)) void make_room(struct fdar_walk_aside *aside)
{
	send(aside);
	if (!aside->lot)
		aside->lot = g_malloc(FDAR_HELPER_BYTES);
}

void fdar_walk_aside_add(struct fdar_walk_aside *aside, void *to,
			 const struct fdar_walk_cost *costs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct fdar_walk_cost *cost = &costs[i];
		uint32_t has_more = (cost->wait_ns | cost->skipped_calls | cost->skipped_ns) != 0;
		struct fdar_walk_aside_record *record;

		if (G_UNLIKELY(!aside->lot || aside->count + 2 > RECORDS))
			make_room(aside);
		record = &aside->lot[aside->count++];
		record->to = to;
		record->self_ns = cost->self_ns;
		record->total_ns = cost->total_ns;
		record->what = what_of(cost);
		record->has_more = has_more;
		if (G_LIKELY(!has_more))
			continue;
		record = &aside->lot[aside->count++];
		record->wait_ns = cost->wait_ns;
		record->skipped_calls = cost->skipped_calls;
		record->skipped_ns = cost->skipped_ns;
	}
}

void fdar_walk_aside_drain(struct fdar_walk_aside *aside)
{
	send(aside);
	fdar_helper_drain(aside->helper);
}

void fdar_walk_aside_clear(struct fdar_walk_aside *aside)
{
	g_clear_pointer(&aside->lot, g_free);
}
