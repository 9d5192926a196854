#include "pipeline/record/record_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/recording/recording.h"

/* The server gets the same number: one that is in nobody's way. */
#define NUMBER_WANTED 900

gboolean fdar_record_keys_make(const struct fdar_record_folder *folder,
			       struct fdar_record_keys *keys, GError **error)
{
	g_autofree char *file = g_build_filename(folder->path, FDAR_RECORDING_TLS_KEYS, NULL);
	int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int high = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, NUMBER_WANTED) : -1;

	keys->fd = -1;
	if (fd < 0) {
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "%s: %s", file,
			    g_strerror(errno));
		return FALSE;
	}
	if (high >= 0)
		close(fd);
	keys->fd = high >= 0 ? high : fd;
	keys->path = g_build_filename(folder->shown, FDAR_RECORDING_TLS_KEYS, NULL);
	return TRUE;
}

uint64_t fdar_record_keys_bytes(const struct fdar_record_keys *keys)
{
	struct stat st;

	return keys->fd >= 0 && fstat(keys->fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

void fdar_record_keys_clear(struct fdar_record_keys *keys)
{
	if (keys->fd >= 0)
		close(keys->fd);
	keys->fd = -1;
	g_clear_pointer(&keys->path, g_free);
}
