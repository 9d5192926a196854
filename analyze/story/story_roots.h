/*
 * The roots of a story: what several threads did, in one order, with the gaps between.
 *
 * Private to story_build.c and story_roots.c.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_ROOTS_H
#define FDAR_ANALYZE_STORY_STORY_ROOTS_H

#include "analyze/story/story_tree.h"

#define STORY_IDLE_NS 100000u /* shorter gaps are not told as a step of their own */

/* A gap of the session, as a node. */
struct story_node *story_idle_new(struct story_tree *tree, uint64_t from_ns, uint64_t to_ns);

/* Moves the nodes of all lists (struct story_list *) to the tree's roots, in the order in which they
 * began. Gaps that were found within a list are kept only when it is the only one; else gaps are
 * those between the nodes of all. open: the session had not ended at end_ns. */
void story_roots_join(struct story_tree *tree, const GPtrArray *lists, uint64_t begin_ns,
		      uint64_t end_ns, gboolean open);

#endif
