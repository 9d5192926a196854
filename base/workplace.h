/*
 * Temporary folders, which do not stay when whoever made them was killed.
 *
 * Place in the house: base; for commands that need many files for a while (reduce, hunt, verify; what makes a
 * damaged trace whole). A folder is locked (flock(2)) as long as its maker lives, or one of the processes that it
 * forked: the next that makes one takes away those of the same user that nobody holds. Somebody else's, also of another
 * pid namespace with the same $TMPDIR, is held by him, and stays.
 */
#ifndef FDAR_BASE_WORKPLACE_H
#define FDAR_BASE_WORKPLACE_H

#include <glib.h>

struct fdar_workplace {
	char *path; /* NULL: none */
	int lock;
};

/* Makes one in $TMPDIR, as flowdar-NAME.work-XXXXXX, 0700, and clears away what is left of others. FALSE and error
 * (G_FILE_ERROR). */
gboolean fdar_workplace_make(const char *name, struct fdar_workplace *place, GError **error);

/* Removes it with all that is in it. One without a path is allowed. */
void fdar_workplace_remove(struct fdar_workplace *place);

#endif
