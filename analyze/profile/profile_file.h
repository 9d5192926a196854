/*
 * Profiles as files: what batches and fleets pass on, and what is kept beside a recording.
 *
 * Place in the house: writes and reads profile.h's profiles; profile_cache.h and cli/ use it. The
 * format is docs/formats/profile.md: a magic, a message of numbered fields (base/wire.h), a checksum.
 * Reading checks everything: a profile that comes out of it is one that could have been made.
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_FILE_H
#define FDAR_ANALYZE_PROFILE_PROFILE_FILE_H

#include "analyze/profile/profile.h"

#define FDAR_PROFILE_FILE_VERSION 1u
#define FDAR_PROFILE_FILE_MAX     (UINT64_C(1) << 30) /* bytes */

/* What a file says beside the profile. */
struct fdar_profile_about {
	GPtrArray *sources;  /* char *: the recordings that it was made of, as they were called */
	GPtrArray *warnings; /* char *: what was said when they were read */
	GPtrArray *rules;    /* char *: which functions were recorded, as recording.json says; NULL
			      * or empty: not known */
	uint64_t min_duration_ns; /* calls that were recorded, likewise; 0: all */
	uint64_t depth;
	uint64_t dropped; /* events, by the recorder */
	char *detail;     /* what was recorded, as recording.json says; NULL: not known */
	char *unfinished; /* why the recording is, NULL: it is not */
	char *key;        /* of a cache: what it is of (profile_cache.h); NULL: none */
};

/* Empty arrays. */
void fdar_profile_about_init(struct fdar_profile_about *about);
void fdar_profile_about_clear(struct fdar_profile_about *about);

/* Adds what another one says: of what was merged. */
void fdar_profile_about_add(struct fdar_profile_about *about,
			    const struct fdar_profile_about *from);

/* What a recording says of itself: the source, and which calls were recorded. A plain trace says
 * nothing. */
void fdar_profile_about_recording(struct fdar_profile_about *about, const char *path);

/* about may be NULL in both. The caller unrefs the bytes. */
GBytes *fdar_profile_encode(const struct fdar_profile *profile,
			    const struct fdar_profile_about *about);

/* name is for messages. about must be initialized. NULL and error (G_IO_ERROR_INVALID_DATA) when it is
 * not a profile, is damaged, or of a version that is not known: file, byte, what was expected. */
struct fdar_profile *fdar_profile_decode(const void *data, size_t length, const char *name,
					 struct fdar_profile_about *about, GError **error);

/* Whole or not at all: written beside and renamed. FALSE and error. */
gboolean fdar_profile_save(const struct fdar_profile *profile,
			   const struct fdar_profile_about *about, const char *path,
			   GError **error);
struct fdar_profile *fdar_profile_load(const char *path, struct fdar_profile_about *about,
				       GError **error);

/* Whether there is a file at path that begins as profiles do. */
gboolean fdar_profile_is_file(const char *path);

#endif
