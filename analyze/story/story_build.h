/*
 * Building the story of one session out of what a walk tells.
 *
 * Place in the house: a visitor of a walk of its own; story_read.h feeds it. What it builds is a
 * tree with everything that the session did (story_tree.h: folded, bounded); story_tell.h makes the
 * story of it that fits on a page.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_BUILD_H
#define FDAR_ANALYZE_STORY_STORY_BUILD_H

#include <glib.h>

#include "analyze/activity/activity.h"
#include "analyze/profile/profile_build.h"
#include "analyze/rules/rules.h"
#include "analyze/symbols/symbols.h"
#include "analyze/walk/walk.h"

struct fdar_story_source {
	struct fdar_symbols *symbols; /* NULL: functions are named by their address */
	fdar_text_fn text;
	const void *texts;
	const struct fdar_rules *rules; /* components of functions; NULL: those of the symbols */
	struct fdar_rules_run *run;     /* of these: functions that are hidden; NULL: none */
	uint64_t
		session; /* id of the session whose story it is (struct fdar_walk_session); 0: of the one
			    * with this key that began then */
	uint64_t key;
	uint64_t begin_ns;
	struct fdar_activity *activity; /* is told all that the walk tells; NULL: none */
	const char *focus;              /* name of a function that is never left out; NULL: none */
	struct fdar_walk
		*walk; /* NULL: a walk of its own; else that of somebody who passes on what it tells
				 * (fdar_story_builder_visitor), and ends and frees it */
	uint32_t nodes_max; /* of its memory, some hundred bytes each; 0: FDAR_STORY_NODES_MAX */
};

struct fdar_story_builder;

/* What a session did, with names. */
struct fdar_story_tree;

/* The source is copied; what it points to must outlive the builder. */
struct fdar_story_builder *fdar_story_builder_new(const struct fdar_story_source *source);

/* A walk's visitor whose user is a builder. */
extern const struct fdar_walk_visitor fdar_story_builder_visitor;

/* The builder's walk, to be fed. Owned by the builder. */
struct fdar_walk *fdar_story_builder_walk(struct fdar_story_builder *builder);

/* Finishes the walk, gives everything its name and hands over the tree, which the caller owns
 * (fdar_story_tree_free). NULL when the session was not seen. Only fdar_story_builder_free may follow.
 */
struct fdar_story_tree *fdar_story_builder_finish(struct fdar_story_builder *builder);

/* NULL is allowed. */
void fdar_story_builder_free(struct fdar_story_builder *builder);
typedef struct fdar_story_builder fdar_story_builder;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_story_builder, fdar_story_builder_free)

void fdar_story_tree_free(struct fdar_story_tree *tree);
typedef struct fdar_story_tree fdar_story_tree;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_story_tree, fdar_story_tree_free)

#endif
