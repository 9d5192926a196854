/*
 * Files, written whole or not at all; and what is written to a descriptor.
 *
 * Place in the house: under everything that leaves a document: pictures, reports, exports. A reader of
 * the path sees the old file or the new one, never half of one.
 */
#ifndef FDAR_BASE_FILE_WRITE_H
#define FDAR_BASE_FILE_WRITE_H

#include <glib.h>

/* Writes data to path through a temporary file beside it and a rename: the old file stays until
 * the new one is whole. A link stays, what it points to is replaced; what is no regular file (a pipe,
 * a device) is written to as it is. Links that strangers made are not followed (target.h). A new file
 * is its user's alone (0600), as requests, names of clients and command lines may be in it; one that is there
 * keeps its rights, less the umask. FALSE and error (G_FILE_ERROR, naming path) when it cannot be
 * written. */
gboolean fdar_file_write(const char *path, const void *data, gsize length, GError **error);

/* All of the bytes to fd, a file, pipe or socket that blocks: however many calls it takes, and whatever interrupts them.
 * FALSE and errno when it does not take them; some may be written then. */
gboolean fdar_file_write_all(int fd, const void *bytes, gsize length);

#endif
