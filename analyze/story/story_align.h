/*
 * Aligning: the calls of one or two trees as rows, in order.
 *
 * Private to story_align.c, story_moved.c and story_tell.c.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_ALIGN_H
#define FDAR_ANALYZE_STORY_STORY_ALIGN_H

#include "analyze/story/story_tree.h"

struct story_plan_row {
	struct story_node *node[2]; /* NULL: this side has none */
	uint32_t parent[2];         /* the row of what it was called from; FDAR_STORY_NONE: none */
	uint32_t depth[2];          /* LOOP nodes not counted */
	enum fdar_story_beside beside;
	uint32_t moved; /* MOVED: the other side's row of the same call */
	double weight;  /* story_tell.c's */
	gboolean shown;
};

/* Rows of all nodes (struct story_plan_row); a parent's row comes before those of its children. The
 * caller owns the result. */
GArray *story_align(struct fdar_story_tree *const *trees, unsigned count);

/* Sets beside and moved of all rows: which calls without a partner are the other side's all the same. */
void story_find_moved(GArray *rows);

#endif
