/*
 * Picking: which session of a trace a story is told of.
 *
 * Place in the house: a visitor of a walk of its own; story_read.h feeds it. What a session is
 * measured by is the time inside the focus function, or, without one, how long the session was
 * open. Keeps some bytes a session, of the first FD_STORY_SESSIONS_MAX.
 */
#ifndef FD_ANALYZE_STORY_PICK_H
#define FD_ANALYZE_STORY_PICK_H

#include <glib.h>

#include "analyze/profile/profile_build.h"
#include "analyze/symbols/symbols.h"
#include "analyze/walk/walk.h"

#define FD_STORY_SESSIONS_MAX (1u << 20)

enum fd_story_pick {
	FD_PICK_WORST,  /* the longest */
	FD_PICK_MEDIAN, /* as many are longer as are shorter */
	FD_PICK_HEAVY,  /* the median of those above the mean: typical of what costs the time, where
			 * sessions of several kinds are mixed */
	FD_PICK_PEER,   /* the first of a client's address, with or without port */
	FD_PICK_KEY     /* the first with that key */
};

struct fd_story_choice {
	enum fd_story_pick pick;
	const char *peer;
	uint64_t key;
	const char *focus; /* NULL: none */
};

struct fd_story_picked {
	uint64_t id;         /* of the session (struct fd_walk_session); 0: there is none */
	uint64_t sessions;   /* that there are */
	uint64_t unfinished; /* of these */
	uint64_t measure_ns; /* of the one that was picked */
};

struct fd_story_picker;

/* What choice, symbols and texts point to must outlive the picker. symbols may be NULL. */
struct fd_story_picker *fd_story_picker_new(const struct fd_story_choice *choice,
					    struct fd_symbols *symbols, fd_text_fn text,
					    const void *texts);

/* The picker's walk, to be fed. */
struct fd_walk *fd_story_picker_walk(struct fd_story_picker *picker);

/* Finishes the walk and decides. */
void fd_story_picker_finish(struct fd_story_picker *picker, struct fd_story_picked *picked);

/* NULL is allowed. */
void fd_story_picker_free(struct fd_story_picker *picker);
typedef struct fd_story_picker fd_story_picker;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fd_story_picker, fd_story_picker_free)

#endif
