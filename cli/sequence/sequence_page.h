/*
 * A sequence diagram in the making: traces read, sessions picked, told and drawn. `flowdar sequence` saves
 * it, `flowdar report` shows it among other things.
 */
#ifndef FDAR_CLI_SEQUENCE_SEQUENCE_PAGE_H
#define FDAR_CLI_SEQUENCE_SEQUENCE_PAGE_H

#include "analyze/story/story_pick.h"
#include "analyze/story/story_tell.h"
#include "cli/sequence/sequence_options.h"
#include "viz/scene/scene.h"

/* All that a picture is made from, and its words. request, stop and warnings are set by the user. */
struct fdar_sequence_page {
	const struct fdar_sequence_request *request;
	const volatile int *stop;
	const struct fdar_usage *usage; /* for warnings while two sides are compared */
	GPtrArray *warnings;            /* of char *; NULL-terminated when it is drawn */
	struct fdar_story_tree *trees[2];
	struct fdar_story_picked picked[2];
	struct fdar_story_set *set;
	char *sources[2];
	char *heading; /* set before: the two sides were compared already */
	char *subheading;
	char *focus;         /* NULL: the tellers choose */
	GHashTable *renamed; /* binaries of the baseline (struct fdar_diff), or NULL */
	/* Other sessions of each side to be told in short, with the same focus; owned by the user. */
	GArray *others[2]; /* struct fdar_story_other; NULL: none */
	enum fdar_unit other_unit;
	/* NULL, or room for what all threads of each side did; the user frees them (fdar_activity_free). */
	struct fdar_activity **activities;
};

/* Reads and tells, with progress on a terminal. FALSE and error. */
gboolean fdar_sequence_page_make(struct fdar_sequence_page *page, GError **error);

/* What viz/ is told, after it was made, once. What is in it is the page's. */
void fdar_sequence_page_compose(struct fdar_sequence_page *page, struct fdar_sequence *sequence);

/* After it was made, once; instead of fdar_sequence_page_compose. The caller owns the result (fdar_scene_free). */
struct fdar_scene *fdar_sequence_page_draw(struct fdar_sequence_page *page);

/* Frees what the fields own but the request, warnings too. */
void fdar_sequence_page_clear(struct fdar_sequence_page *page);

#endif
