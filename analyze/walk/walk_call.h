/*
 * Where calls lead: most are made where their thread made them before, and are found by one look.
 *
 * Place in the house: inside the walk, before the tables of paths and of slots (walk_path.c,
 * walk_stack.c), which know all and are slower. Each call has WALK_CALL_WAYS places where it can be, side by side:
 * so a few hundred calls need little more room than their own, which the processor has at hand, and do not take each
 * other's place. The room grows with what was forgotten, as far as it is nearer than the tables: where there are
 * very many paths, the latter are asked.
 */
#ifndef FDAR_ANALYZE_WALK_WALK_CALL_H
#define FDAR_ANALYZE_WALK_WALK_CALL_H

#include "analyze/walk/walk_private.h"

/* There may be very many of them: what their key tells is not told again. */
struct path {
	uint64_t hash; /* of all that is on it */
	uint32_t key;  /* index of keys */
	uint32_t parent : 24;
	uint32_t wait : 8; /* enum fdar_wait_kind, of waits */
};

_Static_assert(sizeof(struct path) == 16, "four in a line of the processor's cache");
_Static_assert(FDAR_WALK_PATHS_MAX < 1u << 24, "parents are told by 24 bits");

/* A function, called on a thread from a path. */
struct call {
	uint64_t addr;
	uint32_t path;   /* around it */
	uint32_t thread; /* its index + 1; 0: nothing is remembered here */
	uint32_t below;  /* the path that it makes; 0: there was no room for one */
	uint32_t slot;   /* of the function */
	uint64_t below_hash;
};

_Static_assert(sizeof(struct call) == 32, "two in a line of the processor's cache");

#define WALK_CALL_WAYS 4u /* a power of two */

/* From so much room on, a table of edges does not fit into the processor's nearer caches. */
#define WALK_FAR_ROOM (1u << 14)

/* walk_path.c */
/* The path that a call of key makes of path, made when new, with that hash and kind of wait; 0: there is no
 * more room. The hash becomes that of the path that it is. */
uint32_t walk_path_find(struct fdar_walk *walk, uint32_t path, uint32_t key, uint64_t *hash,
			uint8_t wait);
/* Valid, as what it gives, until another one is. */
const struct call *walk_call_remember(struct fdar_walk *walk, const struct call *call,
				      uint64_t around_hash);
/* Something will be asked about the path with that hash: its edge is on its way. */
void walk_edge_prefetch(const struct fdar_walk *walk, uint64_t hash);

/* The hash of no path at all. Seeded, so that a hostile trace cannot aim at one place. */
static inline uint64_t walk_hash_none(const struct fdar_walk *walk)
{
	return walk->edge_seed;
}

/* The hash of the path that a call makes of one, which is known before the path itself is: what is looked
 * for next can be on its way. What it is of: the address, or kind and key where there is none. As the
 * finisher of MurmurHash3 (Austin Appleby, public domain), but for its last step: places are upper bits. */
static inline uint64_t walk_hash_below(uint64_t around, uint64_t what)
{
	uint64_t mixed = (around ^ what) * UINT64_C(0xff51afd7ed558ccd);

	mixed ^= mixed >> 32;
	return mixed * UINT64_C(0xc4ceb9fe1a85ec53);
}

static inline uint32_t walk_call_place(const struct fdar_walk *walk, uint64_t below_hash,
				       uint32_t thread)
{
	return (uint32_t)((below_hash + thread * WALK_MIX) >> walk->call_shift);
}

/* walk_stack.c: the same, where it is not remembered: it is from now on. */
const struct call *walk_call_learn(struct fdar_walk *walk, const struct thread *thread,
				   uint32_t around, uint64_t around_hash, uint64_t addr);

static inline gboolean walk_call_is(const struct call *call, uint64_t addr, uint32_t path,
				    uint32_t thread)
{
	return call->addr == addr && call->path == path && call->thread == thread;
}

/* NULL: it is to be learnt. */
static inline const struct call *walk_call_recall(const struct fdar_walk *walk, uint32_t path,
						  uint64_t path_hash, uint64_t addr,
						  const struct thread *thread)
{
	uint32_t number = thread->index + 1;
	uint32_t place = walk_call_place(walk, walk_hash_below(path_hash, addr), number);
	const struct call *call = &walk->calls[place];

	if (G_LIKELY(walk_call_is(call, addr, path, number)))
		return call;
	for (uint32_t way = 1; way < WALK_CALL_WAYS; way++) {
		call = &walk->calls[place ^ way];
		if (walk_call_is(call, addr, path, number))
			return call;
	}
	return NULL;
}

#endif
