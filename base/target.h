/*
 * The way to what is to be written: folder by folder, held, and not by links that strangers made.
 *
 * Place in the house: under everything that leaves files. Who runs flowdar as root in somebody else's
 * folder, or in one that all may write to, is not to write where they want: a link on the way is followed if the
 * superuser or the caller's user made it, in a folder of one of these two that others cannot change (the
 * kernel's rule for /tmp, fs.protected_symlinks, for all folders). The last folder is held open: what is done by
 * fdar_target's path is done there, whatever its name leads to meanwhile.
 */
#ifndef FDAR_BASE_TARGET_H
#define FDAR_BASE_TARGET_H

#include <glib.h>
#include <sys/stat.h>

enum fdar_target_how {
	FDAR_TARGET_FOLLOW = 1, /* the last of it, too, may be a link: path is what it leads to */
	FDAR_TARGET_MAKE = 2    /* folders that are missing are made */
};

struct fdar_target {
	int folder; /* -1: not held, there is no /proc to use it by */
	gboolean
		kernels; /* its folder is one of /proc: a link there (/dev/stdout) leads where only the kernel knows */
	char *path; /* for the calling process and its threads, not for programs that it starts */
};

/* how: of enum fdar_target_how. What path names need not be there. FALSE, an error (G_FILE_ERROR; its message is the reason
 * alone) and nothing to clear when a folder cannot be entered, or a link is a stranger's. */
gboolean fdar_target_open(const char *path, unsigned how, struct fdar_target *target,
			  GError **error);

/* O_NOFOLLOW for who opens path, as what is there may have become a link since; 0 where one is to be followed: of the
 * kernel's own, and of a path that is not held. */
int fdar_target_nofollow(const struct fdar_target *target);

/* What is there, by the same rule. FALSE and errno. */
gboolean fdar_target_stat(const struct fdar_target *target, struct stat *status);

/* What a file has for rights that takes the place of another: those of the caller's own one; else, and where there is none
 * (NULL), 0600. */
int fdar_target_mode(const struct stat *status);

/* Opens a file to write to, by that way, which is its user's alone if it is new; flags: more than O_WRONLY, O_CREAT and
 * O_CLOEXEC. The caller closes it. -1 and error (G_FILE_ERROR, naming path). */
int fdar_target_create(const char *path, int flags, GError **error);

/* Makes a folder of the user's own (0700) by that way; *made (may be NULL): it was not there. Whether what was there is a
 * folder is not looked at. FALSE and error (G_FILE_ERROR, naming path). */
gboolean fdar_target_folder(const char *path, unsigned how, gboolean *made, GError **error);

/* Also of one that is all zero but folder, -1, and of one that was cleared. */
void fdar_target_clear(struct fdar_target *target);

#endif
