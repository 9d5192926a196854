#include "instrument/patcher/patch_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file_write.h"

#define BESIDE ".flowdar-new" /* how a file is called until it takes its place */

static void set_error(GError **error, const struct fdar_patch_tree *tree, const char *path,
		      int code)
{
	const char *why = code == ELOOP || code == ENOTDIR
				  ? "is behind a symbolic link, or of what is no directory"
				  : g_strerror(code);

	g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code), "%s/%s: %s",
		    tree->path, path, why);
}

gboolean fdar_patch_path_is_inside(const char *path)
{
	if (!*path || *path == '/' || strlen(path) > 4095)
		return FALSE;
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 0 || (length == 1 && path[0] == '.') ||
		    (length == 2 && path[0] == '.' && path[1] == '.'))
			return FALSE;
		path += length;
		if (*path == '/' && !*++path)
			return FALSE;
	}
	return TRUE;
}

gboolean fdar_patch_tree_open(struct fdar_patch_tree *tree, const char *path, GError **error)
{
	tree->path = g_strdup(path);
	tree->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree->fd >= 0)
		return TRUE;
	g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", path,
		    g_strerror(errno));
	g_clear_pointer(&tree->path, g_free);
	return FALSE;
}

void fdar_patch_tree_close(struct fdar_patch_tree *tree)
{
	if (tree->path)
		close(tree->fd);
	g_clear_pointer(&tree->path, g_free);
}

/* The directory that holds path, and its name there. With make, missing directories are made. -1 and
 * errno when it cannot be reached without a link. */
static int open_parent(const struct fdar_patch_tree *tree, const char *path, gboolean make,
		       const char **name)
{
	int at = fcntl(tree->fd, F_DUPFD_CLOEXEC, 0);

	*name = path;
	if (!fdar_patch_path_is_inside(path)) {
		if (at >= 0)
			close(at);
		errno = EINVAL;
		return -1;
	}
	for (const char *slash; at >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
		g_autofree char *part = g_strndup(path, (gsize)(slash - path));
		int next, saved;

		if (make && mkdirat(at, part, 0755) < 0 && errno != EEXIST)
			next = -1;
		else
			next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		saved = errno;
		close(at);
		at = next;
		errno = saved;
	}
	*name = path;
	return at;
}

/* All of an open file that says how large it is; NULL and errno when it cannot be had. */
static GBytes *read_all(int fd, gsize size)
{
	guint8 *data = g_malloc(size + 1);
	gsize have = 0;

	while (have <= size) {
		ssize_t got = read(fd, data + have, size + 1 - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			g_free(data);
			return NULL;
		}
		if (got == 0)
			return g_bytes_new_take(data, have);
		have += (gsize)got;
	}
	g_free(data);
	errno = EFBIG; /* it grows while it is read */
	return NULL;
}

GBytes *fdar_patch_tree_read(const struct fdar_patch_tree *tree, const char *path,
			     struct stat *status, GError **error)
{
	struct stat own;
	const char *name;
	int fd = -1, parent = open_parent(tree, path, FALSE, &name);
	GBytes *content = NULL;

	if (!status)
		status = &own;
	/* A FIFO must not keep us waiting. */
	if (parent >= 0)
		fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, status) < 0)
		set_error(error, tree, path, errno);
	else if (!S_ISREG(status->st_mode))
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s/%s: is not a regular file",
			    tree->path, path);
	else if (status->st_size > (off_t)FDAR_PATCH_FILE_MAX)
		set_error(error, tree, path, EFBIG);
	else if (!(content = read_all(fd, (gsize)status->st_size)))
		set_error(error, tree, path, errno);
	if (fd >= 0)
		close(fd);
	if (parent >= 0)
		close(parent);
	return content;
}

/* The file under the name it has until it takes its place; FALSE and errno, and nothing is left. */
static gboolean write_beside(int parent, const char *beside, GBytes *content, mode_t mode)
{
	gsize size;
	const void *data = g_bytes_get_data(content, &size);
	struct stat directory;
	gboolean done;
	int fd, saved;

	if (unlinkat(parent, beside, 0) < 0 && errno != ENOENT)
		return FALSE;
	fd = openat(parent, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return FALSE;
	done = fdar_file_write_all(fd, data, size) && fsync(fd) == 0 &&
	       fstat(parent, &directory) == 0;
	if (done && geteuid() == 0)
		done = fchown(fd, directory.st_uid, directory.st_gid) == 0;
	done = done && fchmod(fd, mode & 0777) == 0;
	saved = errno;
	close(fd);
	if (!done)
		unlinkat(parent, beside, 0);
	errno = saved;
	return done;
}

gboolean fdar_patch_tree_replace(const struct fdar_patch_tree *tree, const char *path,
				 GBytes *content, mode_t mode, GError **error)
{
	const char *name;
	int parent = open_parent(tree, path, TRUE, &name);
	g_autofree char *beside = g_strconcat(name, BESIDE, NULL);
	gboolean done = parent >= 0 && write_beside(parent, beside, content, mode);

	if (done && renameat(parent, beside, parent, name) < 0) {
		int saved = errno;

		unlinkat(parent, beside, 0);
		errno = saved;
		done = FALSE;
	}
	if (!done)
		set_error(error, tree, path, errno);
	if (parent >= 0)
		close(parent);
	return done;
}

gboolean fdar_patch_tree_remove(const struct fdar_patch_tree *tree, const char *path,
				GError **error)
{
	const char *name;
	int parent = open_parent(tree, path, FALSE, &name);
	g_autofree char *beside = g_strconcat(name, BESIDE, NULL);
	gboolean done = FALSE;

	if (parent >= 0) {
		unlinkat(parent, beside, 0);
		done = unlinkat(parent, name, 0) == 0;
	}
	done = done || errno == ENOENT;
	if (!done)
		set_error(error, tree, path, errno);
	if (parent >= 0)
		close(parent);
	return done;
}

void fdar_patch_tree_clean(const struct fdar_patch_tree *tree, const char *path)
{
	const char *name;
	int parent = open_parent(tree, path, FALSE, &name);
	g_autofree char *beside = g_strconcat(name, BESIDE, NULL);

	if (parent >= 0) {
		unlinkat(parent, beside, 0);
		close(parent);
	}
}

guint fdar_patch_tree_missing(const struct fdar_patch_tree *tree, const char *path)
{
	guint missing = 0;
	g_autofree char *above = g_strdup(path);

	for (char *slash; (slash = strrchr(above, '/'));) {
		const char *name;
		int parent = open_parent(tree, above, FALSE, &name);

		if (parent >= 0) {
			close(parent);
			break;
		}
		missing++;
		*slash = '\0';
	}
	return missing;
}

gboolean fdar_patch_tree_remove_directory(const struct fdar_patch_tree *tree, const char *path)
{
	const char *name;
	int parent = open_parent(tree, path, FALSE, &name);
	gboolean gone = parent >= 0 && unlinkat(parent, name, AT_REMOVEDIR) == 0;

	if (parent >= 0)
		close(parent);
	return gone;
}

gboolean fdar_patch_tree_rename(const struct fdar_patch_tree *tree, const char *from,
				const char *to, GError **error)
{
	if (renameat2(tree->fd, from, tree->fd, to, RENAME_NOREPLACE) == 0)
		return TRUE;
	set_error(error, tree, to, errno);
	return FALSE;
}
