/* Call paths: which one a call makes of the one around it. Most calls are made where they were made
 * before: each path remembers two calls below it, next to what is read of it anyway. */
#include "analyze/walk/walk_private.h"

#define FIRST_EDGES 1024u

/* What a call of a key makes of a path; below is 0 in a free slot, and where paths are used up. */
struct walk_edge {
	uint32_t path;
	uint32_t key;
	uint32_t below;
	uint32_t used;
};

/* g_realloc does not keep to the lines. */
static struct path *lines_grow(struct path *old, uint32_t count, uint32_t room)
{
	struct path *lines = aligned_alloc(sizeof(struct path), (size_t)room * sizeof(*lines));

	if (!lines)
		g_error("no memory for %u call paths", room);
	if (count)
		memcpy(lines, old, (size_t)count * sizeof(*lines));
	free(old);
	return lines;
}

void walk_paths_init(struct fdar_walk *walk)
{
	walk->path_room = FIRST_EDGES;
	walk->paths = lines_grow(NULL, 0, walk->path_room);
	walk->paths[0] = (struct path){ .key = FDAR_INTERN_NONE };
	walk->path_count = 1;
	walk->edge_seed = (uint64_t)g_random_int() << 32 | g_random_int();
}

void walk_paths_clear(struct fdar_walk *walk)
{
	free(walk->paths);
	g_free(walk->edges);
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
		walk->paths = lines_grow(walk->paths, walk->path_count, walk->path_room);
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

void walk_path_remember(struct fdar_walk *walk, uint32_t path, uint32_t below, uint64_t addr,
			uint32_t slot, const struct thread *thread)
{
	struct path *above = &walk->paths[path];

	walk->paths[below].slot = slot;
	walk->paths[below].slot_thread = thread->index + 1;
	if (above->below[0] == below && above->below_addr[0] == addr)
		return;
	above->below[1] = above->below[0];
	above->below_addr[1] = above->below_addr[0];
	above->below[0] = below;
	above->below_addr[0] = addr;
}
