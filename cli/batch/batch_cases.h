/*
 * The cases of a batch: recordings in, one profile each out.
 *
 * Place in the house: for cmd_batch.c. A case is done when its profile is there, and of that recording as it is
 * now, what is asked for now, and this program, as .NAME.from beside it says; one that failed is not, and is
 * tried again by the next batch.
 */
#ifndef FDAR_CLI_BATCH_BATCH_CASES_H
#define FDAR_CLI_BATCH_BATCH_CASES_H

#include <glib.h>

#include "analyze/profile/profile.h"
#include "cli/batch/batch_making.h"

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

/* What a profile is made of besides the recording: unit, and the contents of the files of rules and symbols; each may
 * be NULL. The caller frees it. */
char *fdar_batch_asked(const char *unit, const char *rules, const char *listing);

/* What its profile would be made of now: the recording as all its files are, the program, and what is asked. NULL: it
 * cannot be said. The caller frees it. */
char *fdar_batch_case_from(const struct fdar_batch_case *one, const char *asked);

/* Whether its profile can be taken as it is. */
gboolean fdar_batch_case_is_done(const struct fdar_batch_case *one, const char *asked);

/* It is not made of anything that is known: before it is made. It is made of what fdar_batch_case_from gave before
 * that, as the recording may have changed meanwhile: after it is. */
void fdar_batch_case_forget(const struct fdar_batch_case *one);
gboolean fdar_batch_case_note(const struct fdar_batch_case *one,
			      const struct fdar_batch_making *making, const char *from,
			      GError **error);

#endif
