/*
 * A source tree that files are read from and replaced in. The tree is hostile input: what is touched
 * must be regular files that are reached without a symbolic link below the tree, so that nothing
 * outside of it is ever read or written; a file is replaced as a whole, by renaming.
 *
 * Paths are relative to the tree, of components that are neither "." nor "..".
 */
#ifndef FDAR_INSTRUMENT_PATCHER_PATCH_TREE_H
#define FDAR_INSTRUMENT_PATCHER_PATCH_TREE_H

#include <glib.h>
#include <sys/stat.h>

#define FDAR_PATCH_FILE_MAX (16u << 20) /* no source file that is to be marked is larger */

struct fdar_patch_tree {
	char *path; /* as the user gave it, for messages */
	int fd;
};

/* "server/core.c": not absolute, no empty, "." or ".." component, at most 4095 bytes. */
gboolean fdar_patch_path_is_inside(const char *path);

/* Fails when it is no directory. Close with fdar_patch_tree_close. */
gboolean fdar_patch_tree_open(struct fdar_patch_tree *tree, const char *path, GError **error);
void fdar_patch_tree_close(struct fdar_patch_tree *tree);

/* All of a file. status may be NULL. Fails with G_FILE_ERROR_NOENT when it is not there; and when it is
 * not a regular file, is behind a symbolic link, or larger than FDAR_PATCH_FILE_MAX. */
GBytes *fdar_patch_tree_read(const struct fdar_patch_tree *tree, const char *path,
			     struct stat *status, GError **error);

/* Writes a file anew, beside its place, and renames it there: at any moment all of the old or all of
 * the new is there. It gets the mode's permissions, and the owner of the directory when we are root.
 * Directories that are missing are made. */
gboolean fdar_patch_tree_replace(const struct fdar_patch_tree *tree, const char *path,
				 GBytes *content, mode_t mode, GError **error);

/* Removes a file, and what an interrupted replacement may have left beside it. Not there: fine. */
gboolean fdar_patch_tree_remove(const struct fdar_patch_tree *tree, const char *path,
				GError **error);

/* Removes what an interrupted replacement may have left beside a file. */
void fdar_patch_tree_clean(const struct fdar_patch_tree *tree, const char *path);

/* How many directories above a file are not there yet. */
guint fdar_patch_tree_missing(const struct fdar_patch_tree *tree, const char *path);

/* Removes an empty directory; TRUE if it is gone now. */
gboolean fdar_patch_tree_remove_directory(const struct fdar_patch_tree *tree, const char *path);

/* Renames a directory within the top of the tree; fails when there is something under the new name. */
gboolean fdar_patch_tree_rename(const struct fdar_patch_tree *tree, const char *from,
				const char *to, GError **error);

#endif
