#include "base/file_write.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

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
static gboolean write_through(const char *path, const void *data, gsize length, GError **error)
{
	FILE *file = fopen(path, "we");
	gboolean fine;

	if (!file)
		return set_errno(path, error);
	fine = fwrite(data, 1, length, file) == length;
	if (fclose(file) != 0 || !fine)
		return set_errno(path, error);
	return TRUE;
}

gboolean fdar_file_write(const char *path, const void *data, gsize length, GError **error)
{
	g_autoptr(GError) cause = NULL;
	const char *reason;
	char *target;
	GStatBuf status;

	if (g_stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
		return write_through(path, data, length, error);
	target = realpath(path, NULL); /* a link stays, and what it points to is replaced */
	if (g_file_set_contents_full(target ? target : path, data, (gssize)length,
				     G_FILE_SET_CONTENTS_CONSISTENT, 0666, &cause)) {
		free(target);
		return TRUE;
	}
	free(target);
	/* GLib's message names the temporary file; what is wrong stands at its end */
	reason = g_strrstr(cause->message, ": ");
	return set_error(path, cause->code, reason ? reason + 2 : cause->message, error);
}
