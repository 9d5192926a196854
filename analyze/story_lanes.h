/*
 * Lanes: which threads and components the shown steps of a story run on.
 *
 * Private to story_lanes.c and story_tell.c.
 */
#ifndef FD_ANALYZE_STORY_LANES_H
#define FD_ANALYZE_STORY_LANES_H

#include "analyze/story_tree.h"

/* Sets the story's lanes and those of its steps. nodes are the steps' (struct story_node), in the
 * same order. Threads stand in the order in which they first do something, the components of each
 * likewise, waits last. */
void story_add_lanes(struct fd_story *story, const struct fd_story_tree *tree,
		     const GPtrArray *nodes);

#endif
