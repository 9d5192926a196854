/*
 * Runs Coccinelle's `spatch` on the content of one file, in a temporary directory of its own, under
 * names of ours: nothing that a hostile tree is called by reaches it, and it is not told of the tree.
 */
#ifndef FDAR_INSTRUMENT_PATCHER_PATCH_SPATCH_H
#define FDAR_INSTRUMENT_PATCHER_PATCH_SPATCH_H

#include <glib.h>

struct fdar_spatch {
	const char *macros;       /* a macro file, or NULL */
	const volatile int *stop; /* not 0: give up; may be NULL */
	char *program;            /* filled by begin */
	char *directory;
};

/* Finds spatch and makes the directory. Fails with a line that names the package when there is no
 * spatch. Whether it fails or not, fdar_spatch_end is to be called. */
gboolean fdar_spatch_begin(struct fdar_spatch *spatch, GError **error);

/* The content as the patch leaves it: the same when it does not match. The caller frees it. NULL when
 * spatch fails, takes more than two minutes, or is stopped (G_IO_ERROR_CANCELLED). */
GBytes *fdar_spatch_run(const struct fdar_spatch *spatch, const char *patch, GBytes *content,
			GError **error);

/* Removes the directory with all in it. */
void fdar_spatch_end(struct fdar_spatch *spatch);

#endif
