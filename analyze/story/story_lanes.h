/*
 * Lanes: which threads and components the shown steps of a story run on.
 *
 * Private to story_lanes.c, story_order.c and story_tell.c.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_LANES_H
#define FDAR_ANALYZE_STORY_STORY_LANES_H

#include "analyze/story/story_tree.h"

/* The components of all sides, from left to right: story_order.c. */
struct story_order {
	GPtrArray *components; /* const char *, not owned */
	GArray *waits;         /* of gboolean, beside it: only waits are in it */
	GArray *calls;         /* of uint32_t: calls from one to another, by both ids */
};

void story_order_init(struct story_order *order);

/* nodes are the story's steps' (struct story_node), in the same order, and parents known. */
void story_order_add(struct story_order *order, const struct fdar_story *story,
		     const GPtrArray *nodes);

/* After all have been added: those that call stand left of those that they call more often than
 * the other way round, else they stand in the order in which they came; waits last. */
void story_order_settle(struct story_order *order);

/* The place of a component from the left. */
uint32_t story_order_find(const struct story_order *order, const char *component);

void story_order_clear(struct story_order *order);

/* Sets the story's lanes and those of its steps. Threads stand in the order in which they first do
 * something, the components of each in the order given. */
void story_add_lanes(struct fdar_story *story, const struct fdar_story_tree *tree,
		     const GPtrArray *nodes, const struct story_order *order);

/* Threads of a pool have other numbers in each run: where names of two stories differ in nothing else, the
 * threads get the same name on both sides, in the order in which they first do something. And a thread that
 * has only its program's name gets that of the one whose steps stand beside its own. */
void story_same_threads(struct fdar_story *const stories[2], const char *const programs[2],
			const struct fdar_story_row *rows, uint32_t row_count);

#endif
