/*
 * Reading a profile out of a recording or trace directory: source, symbols, walk and builder
 * composed.
 *
 * Place in the house: what cli/ and tests call; everything below is analyze/ and pipeline/source/source.h.
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_READ_H
#define FDAR_ANALYZE_PROFILE_PROFILE_READ_H

#include <glib.h>

#include "analyze/profile/labels.h"
#include "analyze/profile/profile_build.h"
#include "analyze/rules/rules.h"
#include "pipeline/source/source.h"

/* Called after each batch with the events read so far, in the thread of fdar_profile_read. FALSE stops the
 * reading: fdar_profile_read fails with G_IO_ERROR_CANCELLED. */
typedef gboolean (*fdar_profile_progress_fn)(guint64 events, void *user);

struct fdar_profile_options {
	const struct fdar_labels *labels; /* NULL: one label, FDAR_PROFILE_ALL */
	const char *listing;              /* of the program's symbols (symbols.h), or NULL */
	const char *const *tables;        /* of other recordings (symbols.h), or NULL */
	gboolean *borrowed;               /* set: whether a name came from there; may be NULL */
	gboolean lines;                   /* look up file and line of each function */
	enum fdar_unit unit;              /* what is told as sessions */
	/* Instead of labels: the label of a session; NULL: FDAR_PROFILE_ALL. May be NULL. */
	const char *(*label)(void *user, const struct fdar_walk_session *session);
	void *label_user;
	GHashTable *folded;             /* functions that are not told (profile_build.h), or NULL */
	const struct fdar_rules *rules; /* what else events and functions mean; NULL: nothing */
	/* 0, 1: reads, walks and sums up in one thread; from 2 on: in three. What comes out is the same, to
	 * the byte. */
	unsigned threads;
	fdar_profile_progress_fn progress; /* may be NULL */
	void *user;
	/* Called for each session when it is through; may be NULL. */
	void (*session)(void *user, const struct fdar_profile_session *session);
	void *session_user;
	const struct fdar_profile_watch *watch; /* as in struct fdar_profile_source */
};

/* Whether work is inferred from I/O, as no function of the server was recorded. */
gboolean fdar_profile_read_infers(const char *path);

/* path as for fdar_source_open. options may be NULL. warnings may be NULL; else lines that a user
 * should be shown are appended to it (char *, the array frees them). NULL and error when nothing
 * could be read; a damaged trace gives what was readable and a warning. */
struct fdar_profile *fdar_profile_read(const char *path, const struct fdar_profile_options *options,
				       GPtrArray *warnings, GError **error);

#endif
