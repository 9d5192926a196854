#include "replay/split/split_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_write.h"
#include "replay/capture/capture.h"

static gboolean fail(const char *path, int number, GError **error)
{
	g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_OUTPUT,
		    "%s: cannot be written: %s", path, g_strerror(number));
	return FALSE;
}

/* 0 when path is free: not there, or an empty directory; else an errno. */
static int check_free(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	int number = 0;

	if (!dir)
		return errno == ENOENT ? 0 : errno;
	while (!number && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			number = ENOTEMPTY;
	closedir(dir);
	return number;
}

gboolean fdar_split_dir_init(struct fdar_split_dir *dir, const char *path, GError **error)
{
	g_autoptr(GError) cause = NULL;
	int number;

	memset(dir, 0, sizeof(*dir));
	dir->fd = dir->target.folder = -1;
	dir->path = g_canonicalize_filename(path, NULL);
	if (!fdar_target_open(dir->path, 0, &dir->target, &cause)) {
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_OUTPUT,
			    "%s: cannot be written: %s", path, cause->message);
		return FALSE;
	}
	number = check_free(dir->target.path);
	if (number)
		return fail(path, number, error);
	dir->temporary = g_strdup_printf("%s.XXXXXX", dir->target.path);
	if (!g_mkdtemp_full(dir->temporary, 0700)) {
		g_clear_pointer(&dir->temporary, g_free);
		return fail(path, errno, error);
	}
	dir->fd = open(dir->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir->fd >= 0 || fail(path, errno, error);
}

static void note_failure(struct fdar_split_dir *dir, const char *file, int number)
{
	if (dir->failed)
		return;
	dir->failed = number;
	dir->failed_file = g_strdup(file);
}

void fdar_split_dir_append(struct fdar_split_dir *dir, const char *file, const void *bytes,
			   size_t size)
{
	int fd;

	if (dir->failed)
		return;
	fd = openat(dir->fd, file, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		note_failure(dir, file, errno);
		return;
	}
	if (!fdar_file_write_all(fd, bytes, size))
		note_failure(dir, file, errno);
	if (close(fd) != 0)
		note_failure(dir, file, errno);
}

gboolean fdar_split_dir_read(const struct fdar_split_dir *dir, const char *file, uint64_t offset,
			     void *bytes, size_t size)
{
	int fd = openat(dir->fd, file, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return FALSE;
	got = pread(fd, bytes, size, (off_t)offset);
	close(fd);
	return got == (ssize_t)size;
}

void fdar_split_dir_rename(struct fdar_split_dir *dir, const char *from, const char *to)
{
	if (!dir->failed && renameat(dir->fd, from, dir->fd, to) != 0)
		note_failure(dir, to, errno);
}

gboolean fdar_split_dir_finish(struct fdar_split_dir *dir, GError **error)
{
	if (dir->failed) {
		g_autofree char *path = g_build_filename(dir->path, dir->failed_file, NULL);

		return fail(path, dir->failed, error);
	}
	if (rename(dir->temporary, dir->target.path) != 0)
		return fail(dir->path, errno, error);
	g_clear_pointer(&dir->temporary, g_free);
	return TRUE;
}

/* It holds plain files only. */
static void take_away(struct fdar_split_dir *dir)
{
	DIR *entries = fdopendir(dir->fd);
	const struct dirent *entry;

	dir->fd = -1;
	while (entries && (entry = readdir(entries)))
		unlinkat(dirfd(entries), entry->d_name, 0);
	if (entries)
		closedir(entries);
	rmdir(dir->temporary);
}

void fdar_split_dir_clear(struct fdar_split_dir *dir)
{
	if (dir->temporary && dir->fd >= 0)
		take_away(dir);
	if (dir->fd >= 0)
		close(dir->fd);
	fdar_target_clear(&dir->target);
	g_free(dir->path);
	g_free(dir->temporary);
	g_free(dir->failed_file);
}
