/*
 * Building the story of one session out of what a walk tells.
 *
 * Place in the house: a visitor of a walk of its own; story_read.h feeds it. What it builds is a
 * tree with everything that the session did (story_tree.h: folded, bounded); story_tell.h makes the
 * story of it that fits on a page.
 */
#ifndef FD_ANALYZE_STORY_BUILD_H
#define FD_ANALYZE_STORY_BUILD_H

#include <glib.h>

#include "analyze/profile/profile_build.h"
#include "analyze/symbols/symbols.h"
#include "analyze/walk/walk.h"

struct fd_story_source {
	struct fd_symbols *symbols; /* NULL: functions are named by their address */
	fd_text_fn text;
	const void *texts;
	uint64_t session;  /* id of the session whose story it is (struct fd_walk_session) */
	const char *focus; /* name of a function that is never left out; NULL: none */
};

struct fd_story_builder;

/* What a session did, with names. */
struct fd_story_tree;

/* The source is copied; what it points to must outlive the builder. */
struct fd_story_builder *fd_story_builder_new(const struct fd_story_source *source);

/* The builder's walk, to be fed. Owned by the builder. */
struct fd_walk *fd_story_builder_walk(struct fd_story_builder *builder);

/* Finishes the walk, gives everything its name and hands over the tree, which the caller owns
 * (fd_story_tree_free). NULL when the session was not seen. Only fd_story_builder_free may follow.
 */
struct fd_story_tree *fd_story_builder_finish(struct fd_story_builder *builder);

/* NULL is allowed. */
void fd_story_builder_free(struct fd_story_builder *builder);
typedef struct fd_story_builder fd_story_builder;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fd_story_builder, fd_story_builder_free)

void fd_story_tree_free(struct fd_story_tree *tree);
typedef struct fd_story_tree fd_story_tree;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fd_story_tree, fd_story_tree_free)

#endif
