#include "cli/batch/batch_making.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 100 /* another batch's end may take the folder away at any moment */

struct fdar_batch_making {
	char *path;
	int folder;
	guint32 mark; /* another batch may make the same case at the same time, of what has changed since */
};

static void empty(const struct fdar_batch_making *making)
{
	g_autoptr(GDir) dir = g_dir_open(making->path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		unlinkat(making->folder, name, 0);
}

/* FALSE: it was taken away before it was locked. Where there are no locks nothing is taken away. */
static gboolean lock(const struct fdar_batch_making *making)
{
	struct stat status;

	if (flock(making->folder, LOCK_EX | LOCK_NB) == 0)
		empty(making);
	flock(making->folder, LOCK_SH);
	return fstat(making->folder, &status) == 0 && status.st_nlink > 0;
}

struct fdar_batch_making *fdar_batch_making_begin(const char *output, GError **error)
{
	struct fdar_batch_making *making = g_new0(struct fdar_batch_making, 1);
	int cause;

	making->path = g_build_filename(output, FDAR_BATCH_MAKING, NULL);
	making->mark = g_random_int();
	for (int i = 0; i < TRIES; i++) {
		g_mkdir(making->path, 0777);
		making->folder =
			open(making->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (making->folder >= 0 && lock(making))
			return making;
		cause = making->folder < 0 ? errno : ENOENT;
		if (making->folder >= 0)
			close(making->folder);
		if (cause != ENOENT)
			break;
	}
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: cannot be made: %s", making->path,
		    g_strerror(cause));
	g_free(making->path);
	g_free(making);
	return NULL;
}

char *fdar_batch_making_path(const struct fdar_batch_making *making, const char *name)
{
	return g_strdup_printf("%s/%08x-%s", making->path, making->mark, name);
}

gboolean fdar_batch_making_move(const struct fdar_batch_making *making, const char *name,
				const char *to, GError **error)
{
	g_autofree char *from = fdar_batch_making_path(making, name);

	if (g_rename(from, to) == 0)
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot write %s: %s", to,
		    g_strerror(errno));
	return FALSE;
}

void fdar_batch_making_end(struct fdar_batch_making *making)
{
	if (!making)
		return;
	if (flock(making->folder, LOCK_EX | LOCK_NB) == 0) {
		empty(making);
		g_rmdir(making->path);
	}
	close(making->folder);
	g_free(making->path);
	g_free(making);
}
