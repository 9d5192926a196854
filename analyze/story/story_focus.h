/*
 * Whether a frame is a call of the function with a given name.
 *
 * Private to the story_*.c files. Asks the symbols once per address.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_FOCUS_H
#define FDAR_ANALYZE_STORY_STORY_FOCUS_H

#include "analyze/profile/profile_build.h"
#include "analyze/symbols/symbols.h"
#include "analyze/walk/walk.h"

struct story_focus;

/* name may be NULL: nothing is. name is copied, the rest must outlive the focus. */
struct story_focus *story_focus_new(struct fdar_symbols *symbols, fdar_text_fn text,
				    const void *texts, const char *name);

/* Waits and scopes match by their own name. */
gboolean story_focus_is(struct story_focus *focus, const struct fdar_walk_frame *frame);

void story_focus_free(struct story_focus *focus);

#endif
