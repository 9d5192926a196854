/*
 * The directory that a split makes: written beside its place, renamed when it is whole.
 *
 * Place in the house: private to split.c.
 */
#ifndef FDAR_REPLAY_SPLIT_SPLIT_DIR_H
#define FDAR_REPLAY_SPLIT_SPLIT_DIR_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "base/target.h"

struct fdar_split_dir {
	char *path; /* where it shall be, absolute */
	struct fdar_target target;
	char *temporary; /* where it is, NULL once renamed */
	int fd;
	int failed;        /* errno of the first write that failed */
	char *failed_file; /* and of which file */
};

/* Makes the temporary directory. FALSE and error (FDAR_CAPTURE_ERROR_OUTPUT) when it cannot, or when
 * path is there and not an empty directory. */
gboolean fdar_split_dir_init(struct fdar_split_dir *dir, const char *path, GError **error);

/* Appends to a file, which is made when it is not there. Failures are kept for the end. */
void fdar_split_dir_append(struct fdar_split_dir *dir, const char *file, const void *bytes,
			   size_t size);

/* Reads size bytes at an offset of a file that was appended to. FALSE when it cannot. */
gboolean fdar_split_dir_read(const struct fdar_split_dir *dir, const char *file, uint64_t offset,
			     void *bytes, size_t size);

void fdar_split_dir_rename(struct fdar_split_dir *dir, const char *from, const char *to);

/* Gives it its name. FALSE and error when this or anything before failed. */
gboolean fdar_split_dir_finish(struct fdar_split_dir *dir, GError **error);

/* Takes it away unless it was finished, and frees what the fields own. */
void fdar_split_dir_clear(struct fdar_split_dir *dir);

#endif
