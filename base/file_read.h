/*
 * Small files of strangers, read whole: with a bound, and without waiting for anybody.
 *
 * Place in the house: under every reader of what lies beside a trace. A FIFO, a device or a folder
 * in a file's place is refused before it is read; a link to a file is followed.
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

#endif
