#include "pipeline/record/record_folder.h"

#include <errno.h>
#include <fts.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "pipeline/recording/recording.h"
#include "pipeline/recording/stacks.h"

static gboolean fail(GError **error, const char *path, const char *why)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path, why);
	return FALSE;
}

static gboolean is_empty(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);

	return dir && !g_dir_read_name(dir);
}

static gboolean check_existing(const char *path, GError **error)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return fail(error, path, g_strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return fail(error, path, "is a file; expected a directory to record into");
	if (!is_empty(path))
		return fail(error, path,
			    "is not empty; take it away, or record into another directory");
	return TRUE;
}

gboolean fdar_record_folder_make(const char *output, struct fdar_record_folder *folder,
				 GError **error)
{
	g_autofree char *path = g_canonicalize_filename(output, NULL);
	g_autofree char *parent = g_path_get_dirname(path);
	gboolean made;

	if (g_mkdir_with_parents(parent, 0777) != 0)
		return fail(error, parent, g_strerror(errno));
	made = g_mkdir(path, 0777) == 0;
	if (!made && errno != EEXIST)
		return fail(error, path, g_strerror(errno));
	if (!made && !check_existing(path, error))
		return FALSE;
	if (access(path, W_OK) != 0)
		return fail(error, path, g_strerror(errno));
	folder->path = g_steal_pointer(&path);
	folder->trace = g_build_filename(folder->path, FDAR_RECORDING_TRACE, NULL);
	folder->made = made;
	return TRUE;
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

static void remove_entry(const FTSENT *entry, void *user)
{
	(void)user;
	if (entry->fts_info == FTS_DP)
		g_rmdir(entry->fts_path);
	else if (entry->fts_info != FTS_D)
		g_unlink(entry->fts_path);
}

void fdar_record_tree_remove(const char *path)
{
	walk(path, remove_entry, NULL);
}

void fdar_record_folder_forget(const struct fdar_record_folder *folder)
{
	g_autofree char *info = g_build_filename(folder->path, "recording.json", NULL);
	g_autofree char *stacks = g_build_filename(folder->path, FDAR_STACKS_FILE, NULL);

	g_unlink(info);
	g_unlink(stacks);
}

void fdar_record_folder_remove(const struct fdar_record_folder *folder)
{
	walk(folder->trace, remove_entry, NULL);
	fdar_record_folder_forget(folder);
	if (folder->made)
		g_rmdir(folder->path);
}

void fdar_record_folder_clear(struct fdar_record_folder *folder)
{
	g_clear_pointer(&folder->path, g_free);
	g_clear_pointer(&folder->trace, g_free);
}
