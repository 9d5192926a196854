/*
 * Where a command's document goes: a file, or standard output.
 */
#ifndef FDAR_CLI_KIT_SAVE_H
#define FDAR_CLI_KIT_SAVE_H

#include <glib.h>

/* path "-" is standard output; else base/file_write.h: whole or not at all. FALSE and error. */
gboolean fdar_save(const char *path, const void *data, gsize length, GError **error);

/* The same of a text, which is freed. NULL is passed on: error is set then. */
gboolean fdar_save_text(const char *path, GString *text, GError **error);

#endif
