/*
 * Picking: which session of a trace a story is told of.
 *
 * Place in the house: a visitor of a walk of its own; story_read.h feeds it. What a session is
 * measured by is the time inside the focus function, or, without one, how long the session was
 * open. Keeps 48 bytes a session, of the first FDAR_STORY_SESSIONS_MAX.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_PICK_H
#define FDAR_ANALYZE_STORY_STORY_PICK_H

#include <glib.h>

#include "analyze/activity/activity.h"
#include "analyze/profile/profile_build.h"
#include "analyze/story/story_work.h"
#include "analyze/symbols/symbols.h"
#include "analyze/walk/walk.h"

#define FDAR_STORY_SESSIONS_MAX (1u << 20)

enum fdar_story_pick {
	FDAR_PICK_WORST,  /* the longest */
	FDAR_PICK_MEDIAN, /* as many are longer as are shorter */
	FDAR_PICK_HEAVY, /* the median of those above the mean: typical of what costs the time, where
			 * sessions of several kinds are mixed */
	FDAR_PICK_ALIKE, /* the median of those that do nearly the same kind of work as another: of the nearest eight at
			   * least, where these differ by no more than a tenth of its functions more than the nearest */
	FDAR_PICK_PEER, /* the first of a client's address, with or without port */
	FDAR_PICK_KEY,  /* the first with that key */
	FDAR_PICK_BEGAN /* the one with that key that began at begin_ns: needs no reading to find it */
};

/* Another session of the same reading, whose story is to be told in short. */
struct fdar_story_other {
	uint64_t key, begin_ns; /* which one it is */
	struct fdar_story_tree
		*tree; /* filled in: the reader's (fdar_story_tree_free); NULL: not seen */
};

struct fdar_story_choice {
	enum fdar_story_pick pick;
	const char *peer;
	uint64_t key;
	uint64_t begin_ns;                   /* of FDAR_PICK_BEGAN; since the Unix epoch */
	const struct fdar_story_work *alike; /* of FDAR_PICK_ALIKE: that one's */
	const char *focus;                   /* NULL: none */
	const char *listing;                 /* of the program's symbols (symbols.h), or NULL */
	const char *const *tables;           /* of other recordings (symbols.h), or NULL */
	GHashTable *renamed;                 /* components (symbols.h), or NULL */
	const char *rules; /* a rules file (rules.h); NULL: the recording's own, where it has one */
	enum fdar_unit unit; /* what is told as sessions */
	/* Whether a session may be picked; NULL: any. */
	gboolean (*accept)(void *user, const struct fdar_walk_session *session);
	void *accept_user;
	const char *accept_text; /* what it asks of a session: "has the label \"attack\"" */
	/* Instead of a session: a thread, by its number or its name; NULL: a session. The rest but focus
	 * is of no use then. */
	const char *thread;
	/* NULL, or what all threads did is put there, of the same reading (the caller frees it). */
	struct fdar_activity **activity;
	/* Sessions, or requests, that are told beside it; not with a thread. */
	struct fdar_story_other *others;
	guint other_count;
	enum fdar_unit other_unit;
};

struct fdar_story_picked {
	uint64_t id;         /* of the session (struct fdar_walk_session); 0: there is none */
	uint64_t sessions;   /* that there are */
	uint64_t unfinished; /* of these */
	uint64_t measure_ns; /* of the one that was picked */
	struct fdar_story_work kind; /* the same */
};

struct fdar_story_picker;

/* What choice, symbols and texts point to must outlive the picker. symbols may be NULL. */
struct fdar_story_picker *fdar_story_picker_new(const struct fdar_story_choice *choice,
						struct fdar_symbols *symbols, fdar_text_fn text,
						const void *texts);

/* The picker's walk, to be fed. */
struct fdar_walk *fdar_story_picker_walk(struct fdar_story_picker *picker);

/* Finishes the walk and decides. */
void fdar_story_picker_finish(struct fdar_story_picker *picker, struct fdar_story_picked *picked);

/* NULL is allowed. */
void fdar_story_picker_free(struct fdar_story_picker *picker);
typedef struct fdar_story_picker fdar_story_picker;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_story_picker, fdar_story_picker_free)

#endif
