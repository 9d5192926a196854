#include "cli/kit/save.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_write.h"
#include "cli/kit/command.h"

gboolean fdar_save(const char *path, const void *data, gsize length, GError **error)
{
	if (strcmp(path, "-") != 0)
		return fdar_file_write(path, data, length, error);
	if (fwrite(data, 1, length, stdout) == length && fflush(stdout) == 0)
		return TRUE;
	g_set_error_literal(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
			    "cannot write standard output");
	return FALSE;
}

gboolean fdar_save_text(const char *path, GString *text, GError **error)
{
	gboolean fine = text && fdar_save(path, text->str, text->len, error);

	if (text)
		g_string_free(text, TRUE);
	return fine;
}

/* Without links and dots. A file that is not there yet is where its folder is. NULL: nowhere. */
static char *place_of(const char *path)
{
	char *place = realpath(path, NULL);
	g_autofree char *target = place ? NULL : g_file_read_link(path, NULL);
	g_autofree char *parent = g_path_get_dirname(path);
	g_autofree char *there = target && !g_path_is_absolute(target)
					 ? g_build_filename(parent, target, NULL)
					 : g_strdup(target ? target : path);
	g_autofree char *name = g_path_get_basename(there);
	g_autofree char *folder = g_path_get_dirname(there);
	char *known = place ? NULL : realpath(folder, NULL);

	if (known)
		place = g_build_filename(known, name, NULL);
	free(known);
	return place;
}

static gboolean is_in(const char *place, const char *folder)
{
	size_t length = strlen(folder);

	return strncmp(place, folder, length) == 0 &&
	       (place[length] == '\0' || place[length] == '/');
}

int fdar_save_check(const struct fdar_usage *usage, const char *output, const char *const *inputs)
{
	char *place = output && strcmp(output, "-") != 0 ? place_of(output) : NULL;
	int code = FDAR_EXIT_OK;

	for (; place && *inputs && code == FDAR_EXIT_OK; inputs++) {
		char *input = realpath(*inputs, NULL);

		if (input && is_in(place, input))
			code = fdar_usage_error(
				usage, "%s: is %s%s, which is read: writing it would damage that",
				output, strcmp(place, input) == 0 ? "" : "in ", *inputs);
		free(input);
	}
	free(place);
	return code;
}
