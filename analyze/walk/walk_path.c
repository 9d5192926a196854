/* Call paths: which one a call makes of the one around it. Most calls are made where the thread made them
 * before: these are remembered, each in one place, so that one look tells. */
#include "base/pages.h"
#include "analyze/walk/walk_call.h"

#define FIRST_EDGES 1024u
#define CALLS_LOG   10u        /* of how many are remembered, at first and */
#define CALLS_MAX   (1u << 16) /* at most: more would be as far away as the edges are */

/* What a call of a key makes of a path. */
struct walk_edge {
	uint32_t path;
	uint32_t key;
	uint32_t below; /* 0 where paths are used up */
	uint32_t hash; /* the upper half of the path's that it would make; lowest bit set: in use */
};

#define IN_USE 1u
#define OTHER  (1u << 31) /* of below: that path has another hash, it is one further out or none */

_Static_assert(FDAR_WALK_PATHS_MAX < OTHER, "numbers of paths leave room for it");

/* Arrays on pages, by how many they have. */
static void *grown(void *array, uint32_t count, uint32_t room, size_t size)
{
	return fdar_pages_grow(array, count * size, room * size);
}

void walk_paths_init(struct fdar_walk *walk)
{
	walk->path_room = FIRST_EDGES;
	walk->paths = fdar_pages_new(walk->path_room * sizeof(*walk->paths));
	walk->edge_seed = (uint64_t)g_random_int() << 32 | g_random_int();
	walk->paths[0] = (struct path){ .hash = walk_hash_none(walk), .key = FDAR_INTERN_NONE };
	walk->path_count = 1;
	walk->call_room = 1u << CALLS_LOG;
	walk->call_shift = 64 - CALLS_LOG;
	walk->calls = fdar_pages_new(walk->call_room * sizeof(*walk->calls));
}

void walk_paths_clear(struct fdar_walk *walk)
{
	fdar_pages_free(walk->paths, walk->path_room * sizeof(*walk->paths));
	fdar_pages_free(walk->edges, walk->edge_room * sizeof(*walk->edges));
	fdar_pages_free(walk->calls, walk->call_room * sizeof(*walk->calls));
}

void walk_paths_finish(struct fdar_walk *walk)
{
	fdar_pages_free(walk->edges, walk->edge_room * sizeof(*walk->edges));
	fdar_pages_free(walk->calls, walk->call_room * sizeof(*walk->calls));
	walk->edges = NULL;
	walk->calls = NULL;
	walk->edge_room = walk->edge_count = walk->call_room = 0;
}

static uint32_t edge_hash(uint64_t hash)
{
	return (uint32_t)(hash >> 32) | IN_USE;
}

static uint32_t edge_place(const struct fdar_walk *walk, uint32_t hash)
{
	return hash >> 1 & (walk->edge_room - 1);
}

void walk_edge_prefetch(const struct fdar_walk *walk, uint64_t hash)
{
	__builtin_prefetch(&walk->edges[edge_place(walk, edge_hash(hash))]);
}

/* Where the edge is, or the free slot where it belongs. There is always a free one. */
static struct walk_edge *find_edge(const struct fdar_walk *walk, uint32_t path, uint32_t key,
				   uint32_t hash)
{
	uint32_t mask = walk->edge_room - 1;
	uint32_t slot = edge_place(walk, hash);

	while (walk->edges[slot].hash &&
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
	walk->edges = fdar_pages_new(walk->edge_room * sizeof(*walk->edges));
	for (uint32_t i = 0; i < room; i++)
		if (old[i].hash)
			*find_edge(walk, old[i].path, old[i].key, old[i].hash) = old[i];
	fdar_pages_free(old, room * sizeof(*old));
}

/* The path that a call of key makes of path: an old one where that is recursion. */
static uint32_t path_make(struct fdar_walk *walk, uint32_t path, uint32_t key, uint64_t hash,
			  uint8_t wait)
{
	for (uint32_t up = path; up; up = walk->paths[up].parent)
		if (walk->paths[up].key == key)
			return up;
	if (walk->path_count >= FDAR_WALK_PATHS_MAX)
		return 0;
	if (walk->path_count == walk->path_room) {
		walk->paths = grown(walk->paths, walk->path_count, 2 * walk->path_room,
				    sizeof(*walk->paths));
		walk->path_room *= 2;
	}
	walk->paths[walk->path_count] =
		(struct path){ .hash = hash, .key = key, .parent = path & 0xffffffu, .wait = wait };
	return walk->path_count++;
}

static uint32_t edge_make(struct fdar_walk *walk, struct walk_edge *edge, uint32_t path,
			  uint32_t key, uint64_t hash, uint8_t wait)
{
	*edge = (struct walk_edge){ .path = path, .key = key, .hash = edge_hash(hash) };
	edge->below = path_make(walk, path, key, hash, wait);
	if (walk->paths[edge->below].hash != hash)
		edge->below |= OTHER;
	walk->edge_count++;
	return edge->below;
}

uint32_t walk_path_find(struct fdar_walk *walk, uint32_t path, uint32_t key, uint64_t *hash,
			uint8_t wait)
{
	gboolean full = walk->edge_count >= WALK_EDGES_MAX;
	struct walk_edge *edge;
	uint32_t below;

	if (!full && 2 * walk->edge_count >= walk->edge_room)
		grow_edges(walk);
	edge = find_edge(walk, path, key, edge_hash(*hash));
	if (edge->hash)
		below = edge->below;
	else
		below = full ? OTHER : edge_make(walk, edge, path, key, *hash, wait);
	/* Else the path itself, which may be far away, need not be looked at. */
	if (below & OTHER) {
		below &= ~OTHER;
		*hash = walk->paths[below].hash;
	}
	return below;
}

/* Where the call is to be, the first of its places that is free; NULL: none is. */
static struct call *free_place(const struct fdar_walk *walk, uint32_t place)
{
	for (uint32_t way = 0; way < WALK_CALL_WAYS; way++)
		if (!walk->calls[place ^ way].thread)
			return &walk->calls[place ^ way];
	return NULL;
}

static struct call *put_call(struct fdar_walk *walk, const struct call *call, uint64_t around_hash)
{
	uint32_t place =
		walk_call_place(walk, walk_hash_below(around_hash, call->addr), call->thread);
	struct call *at = free_place(walk, place);

	if (!at)
		at = &walk->calls[place ^ walk->call_misses++ % WALK_CALL_WAYS];
	*at = *call;
	return at;
}

/* Twice the room, as far as that is near. */
static void grow_calls(struct fdar_walk *walk)
{
	struct call *old = walk->calls;
	uint32_t room = walk->call_room;

	if (room < CALLS_MAX) {
		walk->call_room *= 2;
		walk->call_shift--;
		walk->calls = fdar_pages_new(walk->call_room * sizeof(*walk->calls));
		for (uint32_t i = 0; i < room; i++)
			if (old[i].thread)
				put_call(walk, &old[i], walk->paths[old[i].path].hash);
		fdar_pages_free(old, room * sizeof(*old));
	}
	walk->call_misses = 0;
}

const struct call *walk_call_remember(struct fdar_walk *walk, const struct call *call,
				      uint64_t around_hash)
{
	if (walk->call_misses > walk->call_room / 2)
		grow_calls(walk);
	return put_call(walk, call, around_hash);
}
