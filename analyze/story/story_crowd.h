/*
 * Many stories out of one reading: builders (story_build.h) that share a walk.
 *
 * Place in the house: story_read.c feeds it. The session that is told at length joins it where it is of the same
 * unit; else both have a walk. Sessions are known by their key and when they began, and cost something while they are open.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_CROWD_H
#define FDAR_ANALYZE_STORY_STORY_CROWD_H

#include "analyze/story/story_build.h"
#include "analyze/story/story_pick.h"

struct story_crowd;

/* Their stories are built as source says, apart from session, key, begin_ns and activity. others must outlive the
 * crowd. */
struct story_crowd *story_crowd_new(const struct fdar_story_source *source, enum fdar_unit unit,
				    struct fdar_story_other *others, guint count);

/* To be fed. */
struct fdar_walk *story_crowd_walk(struct story_crowd *crowd);

/* One more, whose source has this walk: it is told everything. Must outlive the crowd's walk. */
void story_crowd_join(struct story_crowd *crowd, struct fdar_story_builder *first);

/* Finishes the walk, and gives the others their trees. */
void story_crowd_finish(struct story_crowd *crowd);

/* NULL is allowed. */
void story_crowd_free(struct story_crowd *crowd);

#endif
