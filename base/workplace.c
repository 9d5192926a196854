#include "base/workplace.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BEGIN       "flowdar-"
#define MARK        ".work-"
#define RANDOM      "XXXXXX"
#define TRIES       100
#define CLEARED_MAX 64u /* at a time */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	remove(path);
	return 0;
}

/* With one descriptor: there may be few. */
static void remove_all(const char *path)
{
	nftw(path, remove_one, 1, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Its lock, if it still is what the path leads to; or -1. busy: somebody has it. */
static int lock_of(const char *path, gboolean *busy)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat held, there;
	gboolean locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;

	*busy = fd >= 0 && !locked && errno == EWOULDBLOCK;
	if (fd < 0)
		return -1;
	if (locked && fstat(fd, &held) == 0 && lstat(path, &there) == 0 &&
	    held.st_dev == there.st_dev && held.st_ino == there.st_ino &&
	    held.st_uid == geteuid() && (held.st_mode & 0777) == 0700)
		return fd;
	close(fd);
	return -1;
}

/* ---- what is left of others ---- */

/* Whether only we can put something else in the place of what is ours in there. */
static gboolean is_safe(const char *folder)
{
	struct stat status;

	return stat(folder, &status) == 0 &&
	       (!(status.st_mode & (S_IWGRP | S_IWOTH)) || status.st_mode & S_ISVTX) &&
	       (status.st_uid == geteuid() || status.st_uid == 0);
}

static gboolean is_name(const char *name)
{
	const char *mark = g_str_has_prefix(name, BEGIN) ? strstr(name, MARK) : NULL;

	return mark && strlen(mark) == strlen(MARK RANDOM);
}

static void clear_away(const char *folder)
{
	g_autoptr(GDir) dir = is_safe(folder) ? g_dir_open(folder, 0, NULL) : NULL;
	guint cleared = 0;
	const char *name;

	while (dir && cleared < CLEARED_MAX && (name = g_dir_read_name(dir))) {
		g_autofree char *path = is_name(name) ? g_build_filename(folder, name, NULL) : NULL;
		gboolean busy;
		int lock = path ? lock_of(path, &busy) : -1;

		if (lock < 0)
			continue;
		remove_all(path);
		close(lock);
		cleared++;
	}
}

/* ---- one's own ---- */

gboolean fdar_workplace_make(const char *name, struct fdar_workplace *place, GError **error)
{
	g_autofree char *wanted = g_strconcat(BEGIN, name, MARK, RANDOM, NULL);

	*place = (struct fdar_workplace){ .lock = -1 };
	clear_away(g_get_tmp_dir());
	for (int i = 0; i < TRIES; i++) {
		gboolean busy;

		place->path = g_dir_make_tmp(wanted, error);
		if (!place->path)
			return FALSE;
		place->lock = lock_of(place->path, &busy);
		/* Where there are no locks, nobody takes it away. */
		if (place->lock >= 0 || (!busy && g_file_test(place->path, G_FILE_TEST_EXISTS)))
			return TRUE;
		/* Between its birth and its lock another took it for one that was left. */
		g_clear_pointer(&place->path, g_free);
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
		    "%s: folders that are made there are gone at once", g_get_tmp_dir());
	return FALSE;
}

void fdar_workplace_remove(struct fdar_workplace *place)
{
	if (!place->path)
		return;
	remove_all(place->path);
	if (place->lock >= 0)
		close(place->lock);
	g_clear_pointer(&place->path, g_free);
	place->lock = -1;
}
