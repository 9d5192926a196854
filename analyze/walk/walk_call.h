/*
 * Where calls lead: most are made where their thread made them before, and are found by one look.
 *
 * Place in the house: inside the walk, before the tables of paths and of slots (walk_path.c,
 * walk_stack.c), which know all and are slower. Each call has one place where it can be; another one
 * that comes there takes it. The room grows with what is looked for in vain, and is bounded by the number
 * of paths.
 */
#ifndef FDAR_ANALYZE_WALK_WALK_CALL_H
#define FDAR_ANALYZE_WALK_WALK_CALL_H

#include "analyze/walk/walk_private.h"

/* A function, called on a thread from a path. */
struct call {
	uint64_t addr;
	uint32_t path;   /* around it */
	uint32_t thread; /* its index + 1; 0: nothing is remembered here */
	uint32_t below;  /* the path that it makes; 0: there was no room for one */
	uint32_t slot;   /* of the function */
	uint64_t unused;
};

_Static_assert(sizeof(struct call) == 32, "two in a line of the processor's cache");

/* walk_path.c */
void walk_call_remember(struct fdar_walk *walk, const struct call *call);

static inline uint32_t walk_call_place(const struct fdar_walk *walk, uint32_t path, uint64_t addr,
				       uint32_t thread)
{
	uint64_t mixed = (addr ^ walk->edge_seed) + ((uint64_t)thread << 32 | path) * WALK_MIX;

	return (uint32_t)((mixed * WALK_MIX) >> walk->call_shift);
}

/* NULL: it is to be looked up. */
static inline const struct call *walk_call_recall(const struct fdar_walk *walk, uint32_t path,
						  uint64_t addr, const struct thread *thread)
{
	uint32_t number = thread->index + 1;
	const struct call *call = &walk->calls[walk_call_place(walk, path, addr, number)];

	return call->addr == addr && call->path == path && call->thread == number ? call : NULL;
}

#endif
