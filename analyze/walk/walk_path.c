/* Call paths: which one a call makes of the one around it. Most calls are made where the thread made them
 * before: these are remembered, each in one place, so that one look tells. */
#include "analyze/walk/walk_call.h"

#define FIRST_EDGES 1024u
#define CALLS_LOG   10u        /* of how many are remembered, at first and */
#define CALLS_MAX   (1u << 16) /* at most, where paths are few */

/* What a call of a key makes of a path; below is 0 in a free slot, and where paths are used up. */
struct walk_edge {
	uint32_t path;
	uint32_t key;
	uint32_t below;
	uint32_t used;
};

static struct call *calls_new(uint32_t room)
{
	struct call *calls = aligned_alloc(2 * sizeof(*calls), (size_t)room * sizeof(*calls));

	if (!calls)
		g_error("no memory for %u calls", room);
	memset(calls, 0, (size_t)room * sizeof(*calls));
	return calls;
}

void walk_paths_init(struct fdar_walk *walk)
{
	walk->path_room = FIRST_EDGES;
	walk->paths = g_new(struct path, walk->path_room);
	walk->paths[0] = (struct path){ .key = FDAR_INTERN_NONE };
	walk->path_count = 1;
	walk->edge_seed = (uint64_t)g_random_int() << 32 | g_random_int();
	walk->call_room = 1u << CALLS_LOG;
	walk->call_shift = 64 - CALLS_LOG;
	walk->calls = calls_new(walk->call_room);
}

void walk_paths_clear(struct fdar_walk *walk)
{
	g_free(walk->paths);
	g_free(walk->edges);
	free(walk->calls);
}

/* The finisher of MurmurHash3 (Austin Appleby, public domain); seeded, so that a hostile trace
 * cannot aim at one slot. */
static uint32_t hash(uint64_t seed, uint32_t path, uint32_t key)
{
	uint64_t mixed = ((uint64_t)path << 32 | key) ^ seed;

	mixed ^= mixed >> 33;
	mixed *= UINT64_C(0xff51afd7ed558ccd);
	mixed ^= mixed >> 33;
	mixed *= UINT64_C(0xc4ceb9fe1a85ec53);
	return (uint32_t)(mixed >> 32);
}

/* Where the edge is, or the free slot where it belongs. There is always a free one. */
static struct walk_edge *find_edge(const struct fdar_walk *walk, uint32_t path, uint32_t key)
{
	uint32_t mask = walk->edge_room - 1;
	uint32_t slot = hash(walk->edge_seed, path, key) & mask;

	while (walk->edges[slot].used &&
	       (walk->edges[slot].path != path || walk->edges[slot].key != key))
		slot = (slot + 1) & mask;
	return &walk->edges[slot];
}

/* Slots stay at most half full. */
static void grow_edges(struct fdar_walk *walk)
{
	struct walk_edge *old = walk->edges;
	uint32_t room = walk->edge_room;

	walk->edge_room = room ? room * 2 : FIRST_EDGES;
	walk->edges = g_new0(struct walk_edge, walk->edge_room);
	for (uint32_t i = 0; i < room; i++)
		if (old[i].used)
			*find_edge(walk, old[i].path, old[i].key) = old[i];
	g_free(old);
}

/* The path that a call of key makes of path: an old one where that is recursion. */
static uint32_t path_make(struct fdar_walk *walk, uint32_t path, uint32_t key,
			  const struct fdar_walk_path *like)
{
	for (uint32_t up = path; up; up = walk->paths[up].told.parent)
		if (walk->paths[up].key == key)
			return up;
	if (walk->path_count >= FDAR_WALK_PATHS_MAX)
		return 0;
	if (walk->path_count == walk->path_room) {
		walk->path_room *= 2;
		walk->paths = g_renew(struct path, walk->paths, walk->path_room);
	}
	walk->paths[walk->path_count] = (struct path){ .told = *like, .key = key };
	walk->paths[walk->path_count].told.parent = path;
	return walk->path_count++;
}

uint32_t walk_path_find(struct fdar_walk *walk, uint32_t path, uint32_t key,
			const struct fdar_walk_path *like)
{
	gboolean full = walk->edge_count >= WALK_EDGES_MAX;
	struct walk_edge *edge;

	if (!full && 2 * walk->edge_count >= walk->edge_room)
		grow_edges(walk);
	edge = find_edge(walk, path, key);
	if (edge->used || full)
		return edge->below;
	*edge = (struct walk_edge){ .path = path, .key = key, .used = 1 };
	edge->below = path_make(walk, path, key, like);
	walk->edge_count++;
	return edge->below;
}

/* Twice the room, as long as that is not out of proportion to what there is to remember. */
static void grow_calls(struct fdar_walk *walk)
{
	struct call *old = walk->calls;
	uint32_t room = walk->call_room;

	walk->call_misses = 0;
	if (room >= CALLS_MAX && room >= 2 * walk->path_count)
		return;
	walk->call_room *= 2;
	walk->call_shift--;
	walk->calls = calls_new(walk->call_room);
	for (uint32_t i = 0; i < room; i++)
		if (old[i].thread)
			walk->calls[walk_call_place(walk, old[i].path, old[i].addr,
						    old[i].thread)] = old[i];
	free(old);
}

void walk_call_remember(struct fdar_walk *walk, const struct call *call)
{
	if (++walk->call_misses > walk->call_room / 2)
		grow_calls(walk);
	walk->calls[walk_call_place(walk, call->path, call->addr, call->thread)] = *call;
}
