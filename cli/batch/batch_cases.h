/*
 * The cases of a batch: recordings in, one profile each out.
 *
 * Place in the house: for cmd_batch.c. A case is done when its profile is there and no older than the
 * recording; one that failed is not, and is tried again by the next batch.
 */
#ifndef FDAR_CLI_BATCH_BATCH_CASES_H
#define FDAR_CLI_BATCH_BATCH_CASES_H

#include <glib.h>

#include "analyze/profile/profile.h"

struct fdar_batch_case {
	char *name; /* of the case, and of its profile without .profile: unique in the batch */
	char *path;
	char *profile_path;
	char *error; /* why there is no profile; NULL: there is, or it has not been tried */
	fdar_profile *profile; /* once loaded */
};

/* Of recordings, profiles, and folders of them (one level deep), by name. NULL and error when there is
 * none, or a path is missing. The caller unrefs it: of struct fdar_batch_case *. */
GPtrArray *fdar_batch_cases_new(char **paths, const char *output, GError **error);

/* Whether its profile can be taken as it is. */
gboolean fdar_batch_case_is_done(const struct fdar_batch_case *one);

#endif
