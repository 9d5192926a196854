#include "base/file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_BYTES 65536u

static void fail(GError **error, const char *path, int code, const char *why)
{
	g_set_error(error, G_IO_ERROR, code, "%s: %s", path, why);
}

/* What was looked at is what is opened, whatever its name leads to by now. Without /proc it is looked at again. */
static int open_looked_at(int seen, const char *path)
{
	g_autofree char *name = g_strdup_printf("/proc/self/fd/%d", seen);
	struct stat status;
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
		close(fd);
		errno = 0;
		return -1;
	}
	return fd;
}

int fdar_file_open_plain(const char *path)
{
	int seen = open(path, O_PATH | O_CLOEXEC), fd = -1, why = 0;
	struct stat status;

	if (seen < 0)
		return -1;
	if (fstat(seen, &status) == 0 && S_ISREG(status.st_mode)) {
		fd = open_looked_at(seen, path);
		why = errno;
	}
	close(seen);
	errno = why;
	return fd;
}

int fdar_file_open(const char *path, GError **error)
{
	int fd = fdar_file_open_plain(path);

	if (fd >= 0)
		return fd;
	if (errno)
		fail(error, path, (int)g_io_error_from_errno(errno), g_strerror(errno));
	else
		fail(error, path, G_IO_ERROR_NOT_REGULAR_FILE, "not a file");
	return -1;
}

/* It may grow while it is read: what counts is what comes. */
static gboolean read_all(int fd, gsize most, GByteArray *bytes)
{
	for (;;) {
		guint have = bytes->len;
		ssize_t n;

		g_byte_array_set_size(bytes, have + STEP_BYTES);
		do {
			n = read(fd, bytes->data + have, STEP_BYTES);
		} while (n < 0 && errno == EINTR);
		g_byte_array_set_size(bytes, have + (guint)MAX(n, 0));
		if (n <= 0)
			return n == 0;
		if (bytes->len > most) {
			errno = EFBIG;
			return FALSE;
		}
	}
}

char *fdar_file_read(const char *path, gsize most, gsize *length, GError **error)
{
	g_autoptr(GByteArray) bytes = NULL;
	int fd = fdar_file_open(path, error);
	gboolean read;

	if (fd < 0)
		return NULL;
	bytes = g_byte_array_new();
	read = read_all(fd, MIN(most, G_MAXINT32), bytes);
	if (!read && errno == EFBIG)
		fail(error, path, G_IO_ERROR_MESSAGE_TOO_LARGE, "larger than any such file");
	else if (!read)
		fail(error, path, (int)g_io_error_from_errno(errno), g_strerror(errno));
	close(fd);
	if (!read)
		return NULL;
	if (length)
		*length = bytes->len;
	g_byte_array_append(bytes, (const guint8 *)"", 1);
	return (char *)g_byte_array_free(g_steal_pointer(&bytes), FALSE);
}
