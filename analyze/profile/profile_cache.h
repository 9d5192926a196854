/*
 * The profile that is kept beside a recording, so that the second question about it is answered at once.
 *
 * Place in the house: between cli/ and profile_read.h. Kept in PATH/.flowdar-cache (readers of traces
 * pass over names that begin with a dot), a file a key. The key says all that the profile was made of:
 * every file of the recording with its size, its times and its number, what was asked for, and the
 * program that reads. A profile with another key is not used; nor is one that belongs to another user,
 * or that others may write. Files that changed within the last moments may change again without
 * showing it: then nothing is kept. Written beside and renamed: two writers do no harm.
 *
 * That a cache cannot be written or read is no error: the recording is read.
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_CACHE_H
#define FDAR_ANALYZE_PROFILE_PROFILE_CACHE_H

#include "analyze/profile/profile_file.h"

#define FDAR_PROFILE_CACHE_DIR ".flowdar-cache"
#define FDAR_PROFILE_CACHE_MAX 16u /* profiles beside one recording: the newest */

/* What a profile of path would be made of now; files are others that matter (labels), words what was
 * asked for; both end with NULL. NULL: it cannot be said. The caller frees it. */
char *fdar_profile_cache_key(const char *path, const char *const *files, const char *const *words);

/* Of what such a key says, what does not depend on the question: the files of path and the program, as they are now.
 * For profiles that are kept elsewhere. NULL: it cannot be said. The caller frees it. */
char *fdar_profile_cache_state(const char *path);

/* NULL: there is none. about must be initialized. */
struct fdar_profile *fdar_profile_cache_find(const char *path, const char *key,
					     struct fdar_profile_about *about);

/* Keeps it, if key is still what it would be made of. Its functions must be named for good: one that
 * may get a name when its binary is found is not kept. */
void fdar_profile_cache_keep(const char *path, const char *key, const struct fdar_profile *profile,
			     struct fdar_profile_about *about);

#endif
