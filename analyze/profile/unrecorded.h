/*
 * Functions that one of two recordings does not have all calls of: switched off while it was
 * recorded, to keep a budget, or left out by the user's rules.
 *
 * Place in the house: beside diff.h, for its callers. Such a function must not be compared: where its
 * calls are missing it looks as if it were gone, and its callers, who have its time, as if they were
 * slower. So whoever compares asks here which functions those are, reads the sides again without them
 * (folded, profile_build.h), and the diff says so.
 */
#ifndef FDAR_ANALYZE_PROFILE_UNRECORDED_H
#define FDAR_ANALYZE_PROFILE_UNRECORDED_H

#include <glib.h>

#include "analyze/profile/profile.h"

/* One recording. */
struct fdar_recorded {
	const struct fdar_profile *profile;
	const char *const *rules; /* as in recording.json ("functions"), NULL: none */
};

/* On which side they are missing. */
enum fdar_missing { FDAR_MISSING_BASELINE = 1, FDAR_MISSING_SUBJECT = 2 };

/* The functions that are called on a side at least and missing on a side, for a part of the time or
 * all of it: fdar_profile_fold_key -> enum fdar_missing. Where the two have other names for a binary
 * (profile_match.h) its functions are there under both. Empty when there are none. The caller frees it
 * (g_hash_table_unref). */
GHashTable *fdar_unrecorded_find(const struct fdar_recorded *baseline,
				 const struct fdar_recorded *subject);

/* Whether the profile has calls of one of them. */
gboolean fdar_unrecorded_called(GHashTable *functions, const struct fdar_profile *profile);

#endif
