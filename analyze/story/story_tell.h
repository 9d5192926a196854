/*
 * Telling: which of a session's calls are shown, alone or beside another session's.
 *
 * Place in the house: trees of story_build.h in, stories of story.h out. Two trees are aligned call
 * path by call path, in order; calls that both have stand on one row.
 *
 * What is shown: the calls that took the largest part of their session's time (on either side, of
 * a pair), until max_steps are shown; and always the way to the focus, calls that never returned,
 * and hand-offs. A call is never shown without the calls it was made from, unless it is to be brief. The
 * rest is hidden, and counted where it was.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_TELL_H
#define FDAR_ANALYZE_STORY_STORY_TELL_H

#include "analyze/story/story.h"
#include "analyze/story/story_build.h"

#define FDAR_STORY_STEPS 60u

struct fdar_story_options {
	uint32_t max_steps;     /* rows to show; 0: FDAR_STORY_STEPS */
	uint64_t hide_below_ns; /* shorter steps are hidden (all calls together); 0: none */
	double min_share;   /* and those with less than this part of the session's time; 0: none */
	uint32_t max_depth; /* and those below this many others; 0: no limit */
	gboolean
		brief; /* callers between what is told may be left out (struct fdar_story_step, elided),
			 * and of notes and hand-offs all but the first few */
};

struct fdar_story_set {
	struct fdar_story *stories[2];
	unsigned count;
	struct fdar_story_row *rows;
	uint32_t row_count;
	const char *focus; /* the function marked as the focus, NULL: none; owned by a story */
};

/* One or two trees (baseline, subject). Without a focus in them (struct fdar_story_source) the most
 * expensive function is it: by own time, or by what it has more of than on the other side. The
 * trees are not needed any more after it. The caller owns the result (fdar_story_set_free). */
struct fdar_story_set *fdar_story_tell(struct fdar_story_tree *const *trees, unsigned count,
				       const struct fdar_story_options *options);

/* NULL is allowed. */
void fdar_story_set_free(struct fdar_story_set *set);
typedef struct fdar_story_set fdar_story_set;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_story_set, fdar_story_set_free)

#endif
