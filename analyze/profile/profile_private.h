/* The inside of a profile: how its parts are found and added. For profile*.c only. */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_PRIVATE_H
#define FDAR_ANALYZE_PROFILE_PROFILE_PRIVATE_H

#include "base/intern.h"
#include "analyze/profile/profile.h"

struct fdar_profile_index {
	struct fdar_intern nodes;   /* (parent, function) -> node - 1 */
	struct fdar_intern entries; /* (function, below) -> entry */
};

/* Index of the function that is like this, FDAR_PROFILE_NONE: there is none. */
uint32_t profile_function_find(const struct fdar_profile *profile,
			       const struct fdar_profile_function *like);
/* Index of the function, added when new. The texts are copied. */
uint32_t profile_function_add(struct fdar_profile *profile,
			      const struct fdar_profile_function *like);

/* Index of the group of a label, added when new. Group 0 is never found by its label. */
uint32_t profile_group_add(struct fdar_profile *profile, const char *label);

uint32_t profile_node_add(struct fdar_profile_group *group, uint32_t parent, uint32_t function);
uint32_t profile_entry_add(struct fdar_profile_group *group, uint32_t function, uint32_t below);

/* Index of the entry that the node's own time belongs to, added when new. */
uint32_t profile_entry_of(const struct fdar_profile *profile, struct fdar_profile_group *group,
			  uint32_t node);

/* Makes room in the group's blocks for the sessions of another grid. */
void profile_group_span(struct fdar_profile_group *group, const struct fdar_profile_grid *with);

/* To be added to: from then on it has some. */
struct fdar_profile_sessions *profile_stat_sessions(struct fdar_profile_stat *stat);

/* Frees what it owns. */
void profile_stat_clear(struct fdar_profile_stat *stat);

/* Sums of what can be summed over calls, without histograms. */
void profile_stat_add_sums(struct fdar_profile_stat *stat, const struct fdar_profile_stat *from);

static inline uint64_t profile_sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

#endif
