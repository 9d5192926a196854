/*
 * Search: one minimal set of units that hurts. Internal to reduce.c, whose header says how.
 */
#ifndef FDAR_REPLAY_REDUCE_SEARCH_H
#define FDAR_REPLAY_REDUCE_SEARCH_H

#include "replay/reduce/reduce.h"

struct fdar_search {
	struct fdar_tries *tries;
	const struct fdar_reduce_options *options;
	GArray *order; /* uint32_t: units that may still be dropped are the first `open` of it */
	guint open;
	GArray *found; /* uint32_t: units that are needed, in the order in which they were found */
	GArray *steps; /* struct fdar_step: sets that hurt, each within the one before */
	GArray *asked; /* scratch */
	unsigned went_back;
};

struct fdar_step {
	guint found, open;
};

/* Every unit but those in without (may be NULL). */
void fdar_search_init(struct fdar_search *search, struct fdar_tries *tries,
		      const struct fdar_reduce_options *options, const GArray *without);
void fdar_search_clear(struct fdar_search *search);

/* Whether all that it begins with hurts; with weights, so many of the heaviest as do: the others are
 * not looked at then. */
enum fdar_answer fdar_search_whole(struct fdar_search *search);

/* found becomes the minimal set: DONE; or STOPPED, when found and the open ones hurt; or DOUBTFUL.
 * The whole must
 * hurt. */
enum fdar_reduce_end fdar_search_run(struct fdar_search *search);

/* The set at hand: what was found and what is open. Valid until the next call. */
struct fdar_try fdar_search_best(struct fdar_search *search);

#endif
