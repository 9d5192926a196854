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

int fdar_file_open(const char *path, GError **error)
{
	/* A FIFO that nobody writes to, a terminal, a tape: opening them may wait, too. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0) {
		fail(error, path, (int)g_io_error_from_errno(errno), g_strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
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
