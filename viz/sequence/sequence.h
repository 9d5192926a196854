/*
 * The sequence diagram: one or two stories as a scene.
 *
 * Place in the house: stories (analyze/story/story.h) in, scene (scene.h) out; cli/pictures/cmd_sequence.c
 * composes it. Lifelines are threads x components, time goes down, a row is a step. What each sign
 * means is in docs/sequence-diagrams.md, and in the legend of every picture.
 */
#ifndef FDAR_VIZ_SEQUENCE_SEQUENCE_H
#define FDAR_VIZ_SEQUENCE_SEQUENCE_H

#include "analyze/story/story.h"
#include "viz/scene/scene.h"

#define FDAR_SEQUENCE_DOT_NS 500000u
#define FDAR_SEQUENCE_DOTS   4u
#define FDAR_SEQUENCE_MANY   200u  /* dots; more are a time, as nobody pictures so many */
#define FDAR_SEQUENCE_REVIEW 900.0 /* points: a column of a review */

struct fdar_sequence_side {
	const struct fdar_story *story;
	const char *role;   /* "baseline", "subject"; NULL when there is only one */
	const char *source; /* what was recorded, in a few words */
};

struct fdar_sequence {
	struct fdar_sequence_side sides[2];
	unsigned side_count;
	const struct fdar_story_row *rows; /* of two sides; NULL for one: its steps in order */
	uint32_t row_count;
	const char *heading;    /* the verdict, or what is shown */
	const char *subheading; /* NULL: none */
	const char *const
		*warnings; /* NULL-terminated, or NULL: what the reader must not overlook */
};

struct fdar_sequence_options {
	uint64_t dot_unit_ns; /* a dot's worth; 0: FDAR_SEQUENCE_DOT_NS */
	unsigned dots;   /* more than this many are written as a number; 0: FDAR_SEQUENCE_DOTS */
	gboolean narrow; /* to fit FDAR_SEQUENCE_REVIEW where that is possible */
	enum fdar_theme theme;
};

/* The caller owns the result (fdar_scene_free); the stories are not needed any more then. */
struct fdar_scene *fdar_sequence_scene(const struct fdar_sequence *sequence,
				       const struct fdar_sequence_options *options);

#endif
