#include "base/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/target.h"

static gboolean set_error(const char *path, int code, const char *reason, GError **error)
{
	g_set_error(error, G_FILE_ERROR, code, "cannot write %s: %s", path, reason);
	return FALSE;
}

static gboolean set_errno(const char *path, GError **error)
{
	int cause = errno;

	return set_error(path, (int)g_file_error_from_errno(cause), g_strerror(cause), error);
}

/* A pipe or device is written to, not replaced. */
static gboolean write_through(const char *path, const struct fdar_target *target, const void *data,
			      gsize length, GError **error)
{
	int fd = open(target->path, O_WRONLY | O_TRUNC | O_CLOEXEC | fdar_target_nofollow(target));
	gboolean fine;

	if (fd < 0)
		return set_errno(path, error);
	fine = fdar_file_write_all(fd, data, length) || set_errno(path, error);
	if (close(fd) != 0 && fine)
		return set_errno(path, error);
	return fine;
}

static gboolean replace(const char *path, const char *held, const void *data, gsize length,
			int mode, GError **error)
{
	g_autoptr(GError) cause = NULL;
	const char *reason;

	if (g_file_set_contents_full(held, data, (gssize)length, G_FILE_SET_CONTENTS_CONSISTENT,
				     mode, &cause))
		return TRUE;
	/* GLib's message names the temporary file; what is wrong stands at its end */
	reason = g_strrstr(cause->message, ": ");
	return set_error(path, cause->code, reason ? reason + 2 : cause->message, error);
}

/* Of /proc (/dev/stdout): where it is now. NULL: nowhere that can be named, or it is no such link. */
static char *kernels_link(const struct fdar_target *target)
{
	char *text = target->kernels ? g_file_read_link(target->path, NULL) : NULL;

	if (text && g_path_is_absolute(text))
		return text;
	g_free(text);
	return NULL;
}

gboolean fdar_file_write(const char *path, const void *data, gsize length, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autofree char *named = NULL;
	struct fdar_target target;
	struct stat status;
	gboolean fine;
	int mode = fdar_target_mode(NULL);

	if (!fdar_target_open(path, FDAR_TARGET_FOLLOW, &target, &cause))
		return set_error(path, cause->code, cause->message, error);
	if (!fdar_target_stat(&target, &status))
		status.st_mode = 0;
	else if (S_ISREG(status.st_mode))
		mode = fdar_target_mode(&status);
	if (status.st_mode && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
		fine = write_through(path, &target, data, length, error);
	else if ((named = kernels_link(&target)))
		fine = replace(path, named, data, length, mode, error);
	else
		fine = replace(path, target.path, data, length, mode, error);
	fdar_target_clear(&target);
	return fine;
}

gboolean fdar_file_write_all(int fd, const void *bytes, gsize length)
{
	const char *at = bytes;

	while (length) {
		ssize_t done = write(fd, at, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done == 0)
			errno = EIO; /* of a device that takes nothing */
		if (done <= 0)
			return FALSE;
		at += done;
		length -= (gsize)done;
	}
	return TRUE;
}
