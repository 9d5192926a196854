/*
 * What runs and belongs to no session: how much of the whole that is, and where most of it is.
 *
 * Place in the house: beside profile.h, for whoever prints or judges one. An event loop has little of it.
 * Where it is much, either the server is busy with something of its own, or the walk could not tell for
 * whom: both are to be said before any time per session.
 */
#ifndef FDAR_ANALYZE_PROFILE_UNOWNED_H
#define FDAR_ANALYZE_PROFILE_UNOWNED_H

#include "analyze/profile/profile.h"

struct fdar_unowned {
	uint64_t
		running_ns; /* own times of functions and scopes in no session; what is inferred, too */
	double part;        /* of all running time, 0 to 1 */
	char *path; /* "main > loop": the call path where most of it is, its inner end; NULL: none */
	uint32_t node; /* in the profile's group 0, where that path ends; 0: none */
};

/* out is overwritten; the caller frees its path. */
void fdar_unowned_find(const struct fdar_profile *profile, struct fdar_unowned *out);

#endif
