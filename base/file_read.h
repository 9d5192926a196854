/*
 * Small files of strangers, read whole: with a bound, and without waiting for anybody.
 *
 * Place in the house: under every reader of what lies beside a trace. A FIFO, a device or a folder
 * in a file's place is refused before it is opened; a link to a file is followed.
 */
#ifndef FDAR_BASE_FILE_READ_H
#define FDAR_BASE_FILE_READ_H

#include <glib.h>

/* The bytes of the file, and a NUL behind them; the caller frees the result. length may be NULL. NULL
 * and error (G_IO_ERROR) with a message that names the file: G_IO_ERROR_NOT_FOUND when there is none,
 * G_IO_ERROR_NOT_REGULAR_FILE, G_IO_ERROR_MESSAGE_TOO_LARGE when it has more than most bytes. */
char *fdar_file_read(const char *path, gsize most, gsize *length, GError **error);

/* Opens it likewise, for who reads piece by piece. -1 and error. */
int fdar_file_open(const char *path, GError **error);

/* The same without an error: -1, errno is 0 when there is something, but no file. A stranger's path may name a device,
 * where it is an act to open it (a watchdog, a tape): that is not done. */
int fdar_file_open_plain(const char *path);

#endif
