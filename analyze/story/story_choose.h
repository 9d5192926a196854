/*
 * Choosing: the focus, and which rows are shown.
 *
 * Private to story_choose.c and story_tell.c.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_CHOOSE_H
#define FDAR_ANALYZE_STORY_STORY_CHOOSE_H

#include "analyze/story/story_align.h"
#include "analyze/story/story_tell.h"

struct story_teller {
	GArray *rows; /* struct story_plan_row */
	struct fdar_story_tree *const *trees;
	unsigned count;
	const struct fdar_story_options *options;
	double busy_ns[2]; /* what all steps of a side are a share of */
};

static inline struct story_plan_row *story_row(const struct story_teller *t, uint32_t index)
{
	return &g_array_index(t->rows, struct story_plan_row, index);
}

/* Sets is_focus of nodes where none has it, and shown of all rows. Gives the focus' name, NULL: none. */
const char *story_choose(struct story_teller *teller);

#endif
