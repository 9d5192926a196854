/*
 * Where a command's document goes: a file, or standard output.
 */
#ifndef FDAR_CLI_KIT_SAVE_H
#define FDAR_CLI_KIT_SAVE_H

#include <glib.h>

#include "cli/kit/options.h"

/* path "-" is standard output; else base/file_write.h: whole or not at all. FALSE and error. */
gboolean fdar_save(const char *path, const void *data, gsize length, GError **error);

/* The same of a text, which is freed. NULL is passed on: error is set then. */
gboolean fdar_save_text(const char *path, GString *text, GError **error);

/* To be asked before anything is read or written: output (NULL and "-" are always right) may be neither an
 * input nor in the folder that one is, by whatever names and links; of a trace of a recording, in that. Inputs
 * end with NULL. FDAR_EXIT_OK, or
 * what to return: it has been said then. */
int fdar_save_check(const struct fdar_usage *usage, const char *output, const char *const *inputs);

/* The same of an output that is a file: a folder is refused, too, which writing would fail on after all the work. */
int fdar_save_check_file(const struct fdar_usage *usage, const char *output,
			 const char *const *inputs);

/* A file's name and the format of what is in it. */
struct fdar_save_ending {
	const char *ending; /* without the dot */
	const char *format;
};

/* What the ending of output (NULL: none is given) says of its format: *format where that is NULL is set (the
 * caller frees it). A name that belongs to another format than the one asked for is refused, and one of no
 * format that there is (a .png): nobody finds an SVG in it. Endings end with a row of NULLs. FDAR_EXIT_OK, or what
 * to return. */
int fdar_save_check_ending(const struct fdar_usage *usage, const char *output,
			   const struct fdar_save_ending *endings, char **format);

/* The same for a picture, which is always SVG. */
int fdar_save_check_svg(const struct fdar_usage *usage, const char *output);

#endif
