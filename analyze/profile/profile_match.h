/*
 * Which binary of one recording is which of another.
 *
 * Place in the house: diff.h and unrecorded.h compare functions by component and name. The same
 * program may lie in another file in the other recording: nginx-old and nginx-new. Binaries are the
 * same, by the first of these that fits (each of one side is paired with one of the other at most):
 *
 *	1. their build ids are equal
 *	2. their components are equal, and both are programs or both are libraries
 *	3. they are libraries with the same soname
 *	4. they are programs, and of all pairs that are left have the most functions in common; where
 *	   each side has one program left, these two
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_MATCH_H
#define FDAR_ANALYZE_PROFILE_PROFILE_MATCH_H

#include "analyze/profile/profile.h"

struct fdar_profile_match {
	GHashTable *renamed; /* component of the baseline -> that of the subject, where they differ;
			       * texts of the profiles */
	GHashTable *baseline; /* the other way round */
	const struct fdar_profile *subject;
	GHashTable *same; /* set of the baseline's components whose build id is the same there */
};

/* Both profiles must outlive it. */
void fdar_profile_match_init(struct fdar_profile_match *match, const struct fdar_profile *baseline,
			     const struct fdar_profile *subject);
void fdar_profile_match_clear(struct fdar_profile_match *match);

/* What the other side calls a component; the same pointer where it has no other name for it. */
const char *fdar_profile_match_component(const struct fdar_profile_match *match,
					 const char *component);
const char *fdar_profile_match_baseline(const struct fdar_profile_match *match,
					const char *component);

/* What the subject calls a function of the baseline: another name only for an address without one,
 * which counts from the beginning of its binary ("0x1a2b in nginx-old"). The caller frees it. */
char *fdar_profile_match_name(const struct fdar_profile_match *match,
			      const struct fdar_profile_function *function);

#endif
