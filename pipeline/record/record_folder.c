#include "pipeline/record/record_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/target.h"
#include "base/tree.h"
#include "pipeline/recording/recording.h"
#include "pipeline/recording/stacks.h"

static gboolean fail(GError **error, const char *path, const char *why)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path, why);
	return FALSE;
}

static gboolean is_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;
	gboolean empty = list != NULL;

	while (list && empty && (entry = readdir(list)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (list)
		closedir(list);
	else if (copy >= 0)
		close(copy);
	return empty;
}

/* It is ours, nobody else can change it from now on, and nobody records into it. */
static gboolean claim(int fd, const char *path, GError **error)
{
	struct stat st;
	int file;

	if (fstat(fd, &st) != 0)
		return fail(error, path, g_strerror(errno));
	if (st.st_uid != geteuid()) {
		g_set_error(
			error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
			"%s: belongs to user %u, who could send what is written there elsewhere; "
			"record into a directory of your own",
			path, (unsigned)st.st_uid);
		return FALSE;
	}
	if (!is_empty(fd))
		return fail(error, path,
			    "is not empty; take it away, or record into another directory");
	/* Some file systems know no modes: what matters is that others cannot write. */
	if ((st.st_mode & 077) && fchmod(fd, 0700) != 0 && (st.st_mode & 022))
		return fail(error, path, g_strerror(errno));
	file = openat(fd, FDAR_RECORDING_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0)
		return fail(error, path,
			    errno == EEXIST ? "another recorder has just begun to record into it"
					    : g_strerror(errno));
	close(file);
	return TRUE;
}

/* held: the way to it. */
static const char *why_not_open(const char *held, int reason)
{
	struct stat st;

	if (reason != ENOTDIR && reason != ELOOP)
		return g_strerror(reason);
	return lstat(held, &st) == 0 && S_ISLNK(st.st_mode)
		       ? "is a link; name the directory that it leads to"
		       : "is a file; expected a directory to record into";
}

/* Through what is held, where there is a /proc to do that. */
static void name_parts(struct fdar_record_folder *folder, const char *path, int fd)
{
	g_autofree char *held = g_strdup_printf("/proc/self/fd/%d", fd);
	gboolean usable = access(held, W_OK | X_OK) == 0;

	folder->shown = g_strdup(path);
	folder->path = g_strdup(usable ? held : path);
	folder->trace = g_build_filename(folder->path, FDAR_RECORDING_TRACE, NULL);
	folder->fd = usable ? fd : -1;
	if (!usable)
		close(fd);
}

/* held: the way to path. -1 and error. */
static int make_and_open(const char *path, const char *held, gboolean *made, GError **error)
{
	int fd;

	*made = g_mkdir(held, 0700) == 0;
	if (!*made && errno != EEXIST) {
		fail(error, path, g_strerror(errno));
		return -1;
	}
	fd = open(held, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fail(error, path, why_not_open(held, errno));
	return fd;
}

gboolean fdar_record_folder_make(const char *output, struct fdar_record_folder *folder,
				 GError **error)
{
	g_autofree char *path = g_canonicalize_filename(output, NULL);
	g_autoptr(GError) cause = NULL;
	struct fdar_target target;
	gboolean made;
	int fd;

	if (!fdar_target_open(path, FDAR_TARGET_MAKE, &target, &cause))
		return fail(error, path, cause->message);
	fd = make_and_open(path, target.path, &made, error);
	fdar_target_clear(&target);
	if (fd < 0)
		return FALSE;
	if (!claim(fd, path, error)) {
		close(fd);
		return FALSE;
	}
	name_parts(folder, path, fd);
	folder->made = made;
	return TRUE;
}

gboolean fdar_record_folder_make_below(const struct fdar_record_folder *above, const char *name,
				       struct fdar_record_folder *folder, GError **error)
{
	g_autofree char *path = g_build_filename(above->path, name, NULL);

	if (!fdar_record_folder_make(path, folder, error))
		return FALSE;
	g_free(folder->shown);
	folder->shown = g_build_filename(above->shown, name, NULL);
	return TRUE;
}

char *fdar_record_folder_say(const struct fdar_record_folder *folder, const char *message)
{
	g_auto(GStrv) parts = NULL;

	if (!folder->path || folder->fd < 0)
		return g_strdup(message);
	parts = g_strsplit(message, folder->path, -1);
	return g_strjoinv(folder->shown, parts);
}

typedef void (*visit_fn)(const FTSENT *entry, void *user);

static void walk(const char *path, visit_fn visit, void *user)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	while (tree && (entry = fts_read(tree)))
		visit(entry, user);
	if (tree)
		fts_close(tree);
}

static void add_bytes(const FTSENT *entry, void *user)
{
	uint64_t *bytes = user;

	if (entry->fts_info == FTS_F)
		*bytes += (uint64_t)entry->fts_statp->st_size;
}

uint64_t fdar_record_folder_bytes(const struct fdar_record_folder *folder)
{
	uint64_t bytes = 0;

	walk(folder->trace, add_bytes, &bytes);
	return bytes;
}

uint64_t fdar_record_folder_room(const struct fdar_record_folder *folder)
{
	struct statvfs disk;

	if (statvfs(folder->path, &disk) != 0)
		return UINT64_MAX;
	return (uint64_t)disk.f_bavail * disk.f_frsize;
}

gboolean fdar_record_folder_full(const struct fdar_record_folder *folder)
{
	return fdar_record_folder_room(folder) < FDAR_RECORD_FOLDER_ROOM;
}

void fdar_record_folder_forget(const struct fdar_record_folder *folder)
{
	g_autofree char *info = g_build_filename(folder->path, FDAR_RECORDING_FILE, NULL);
	g_autofree char *stacks = g_build_filename(folder->path, FDAR_STACKS_FILE, NULL);

	g_unlink(info);
	g_unlink(stacks);
}

static gboolean is_named(const struct fdar_record_folder *folder)
{
	struct stat held, named;

	return folder->fd < 0 ||
	       (fstat(folder->fd, &held) == 0 && lstat(folder->shown, &named) == 0 &&
		held.st_dev == named.st_dev && held.st_ino == named.st_ino);
}

void fdar_record_folder_remove(const struct fdar_record_folder *folder)
{
	g_autofree char *keys = g_build_filename(folder->path, FDAR_RECORDING_TLS_KEYS, NULL);

	fdar_tree_remove(folder->trace);
	fdar_record_folder_forget(folder);
	g_unlink(keys);
	/* By its name, if that is still its. */
	if (folder->made && is_named(folder))
		g_rmdir(folder->shown);
}

void fdar_record_folder_clear(struct fdar_record_folder *folder)
{
	if (folder->path && folder->fd >= 0)
		close(folder->fd);
	folder->fd = -1;
	g_clear_pointer(&folder->shown, g_free);
	g_clear_pointer(&folder->path, g_free);
	g_clear_pointer(&folder->trace, g_free);
}
