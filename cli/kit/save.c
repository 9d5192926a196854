#include "cli/kit/save.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file_write.h"

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
