/*
 * Reading the story of a session out of a recording or trace directory: source, symbols, walk,
 * picker and builder composed.
 *
 * Place in the house: what cli/ calls. The trace is read twice: to pick the session, and to listen to it; once
 * where the session is known (FDAR_PICK_BEGAN; picked is not filled then).
 */
#ifndef FDAR_ANALYZE_STORY_STORY_READ_H
#define FDAR_ANALYZE_STORY_STORY_READ_H

#include "analyze/profile/profile_read.h"
#include "analyze/story/story_build.h"
#include "analyze/story/story_pick.h"

/* path as for fdar_source_open. progress may be NULL; its events count both readings. picked may be
 * NULL. warnings may be NULL; else lines that a user should be shown are appended to it (char *,
 * the array frees them). NULL and error when nothing could be read, the trace has no session, or
 * none is the one that was asked for. The caller owns the result (fdar_story_tree_free). */
struct fdar_story_tree *fdar_story_read(const char *path, const struct fdar_story_choice *choice,
					fdar_profile_progress_fn progress, void *user,
					struct fdar_story_picked *picked, GPtrArray *warnings,
					GError **error);

/* The thread of a name or number, as choice->thread has it. FALSE and error, which names the threads that
 * there are, when it is not in the trace, or that could not be read. */
gboolean fdar_story_find_thread(const char *path, const char *wanted,
				fdar_profile_progress_fn progress, void *user, uint32_t *tid,
				GError **error);

#endif
