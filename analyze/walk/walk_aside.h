/*
 * Costs on their way to where they are summed up: in lots, by a helper (base/helper.h), aside of the walk.
 *
 * Place in the house: between those who get costs one by one or some at a time, of changing owners, and their
 * sums; for the walk itself (walk_defer.c) and for profiles. Who adds says to what each belongs; what does
 * the sums gets them in that order, many at once. Sums are free of order anyway.
 *
 * On the way a cost takes half a line of the processor's cache, as a rule: they go from one processor to
 * another. Its session is not told.
 */
#ifndef FDAR_ANALYZE_WALK_WALK_ASIDE_H
#define FDAR_ANALYZE_WALK_WALK_ASIDE_H

#include "analyze/walk/walk.h"
#include "base/helper.h"

#define FDAR_WALK_ASIDE_ROUND 64u

/* Up to FDAR_WALK_ASIDE_ROUND costs, and to what each belongs. In the helper's thread. */
typedef void (*fdar_walk_aside_fn)(void *const *to, const struct fdar_walk_cost *costs,
				   size_t count);

struct fdar_walk_aside {
	struct fdar_helper *helper; /* the caller's */
	fdar_walk_aside_fn sum;
	struct fdar_walk_aside_record *lot; /* that is to be sent next; NULL: there never was one */
	size_t count;                       /* of its records */
};

/* The costs belong to that, which is to be there until the next drain. */
void fdar_walk_aside_add(struct fdar_walk_aside *aside, void *to,
			 const struct fdar_walk_cost *costs, size_t count);

/* All that were added are summed up. */
void fdar_walk_aside_drain(struct fdar_walk_aside *aside);

/* Frees what it owns; nothing may be under way. */
void fdar_walk_aside_clear(struct fdar_walk_aside *aside);

#endif
