#include "cli/kit/save.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file_write.h"
#include "cli/kit/command.h"
#include "pipeline/recording/recording.h"

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

/* Whether the file is one of those below input, by another name. */
static gboolean is_link_into(const char *place, const char *input)
{
	char *const roots[] = { (char *)input, NULL };
	gboolean found = FALSE;
	struct stat st;
	FTSENT *entry;
	FTS *tree;

	if (stat(place, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink < 2)
		return FALSE;
	tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	while (tree && !found && (entry = fts_read(tree)))
		found = entry->fts_info == FTS_F && entry->fts_statp->st_ino == st.st_ino &&
			entry->fts_statp->st_dev == st.st_dev;
	if (tree)
		fts_close(tree);
	return found;
}

int fdar_save_check(const struct fdar_usage *usage, const char *output, const char *const *inputs)
{
	char *place = output && strcmp(output, "-") != 0 ? place_of(output) : NULL;
	int code = FDAR_EXIT_OK;

	for (; place && *inputs && code == FDAR_EXIT_OK; inputs++) {
		char *input = realpath(*inputs, NULL);
		g_autofree char *around = input ? fdar_recording_around(input) : NULL;
		const char *with = around ? around : input;

		if (input && strcmp(place, input) == 0)
			code = fdar_usage_error(usage,
						"%s: is what is read: writing it would damage that",
						output);
		else if (input && is_in(place, with))
			code = fdar_usage_error(
				usage, "%s: is in %s, which is read: writing it would damage that",
				output, is_in(place, input) ? *inputs : with);
		else if (input && is_link_into(place, with))
			code = fdar_usage_error(usage,
						"%s: is a link to a file of %s, which is read",
						output, *inputs);
		free(input);
	}
	free(place);
	return code;
}

int fdar_save_check_file(const struct fdar_usage *usage, const char *output,
			 const char *const *inputs)
{
	int code = fdar_save_check(usage, output, inputs);

	if (code != FDAR_EXIT_OK || !output || strcmp(output, "-") == 0 ||
	    !g_file_test(output, G_FILE_TEST_IS_DIR))
		return code;
	return fdar_failure(usage, g_error_new(G_FILE_ERROR, G_FILE_ERROR_ISDIR,
					       "%s: is a directory; expected a file", output));
}

/* Behind the last dot of the name: letters and digits, a letter first ("old-1.2" has none). NULL. */
static const char *ending_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');

	if (!dot || dot == name || !g_ascii_isalpha(dot[1]))
		return NULL;
	for (const char *p = dot + 1; *p; p++) {
		if (!g_ascii_isalnum(*p))
			return NULL;
	}
	return dot + 1;
}

static char *endings_listed(const struct fdar_save_ending *endings)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; endings[i].ending; i++)
		g_string_append_printf(text, "%s.%s",
				       i == 0                  ? ""
				       : endings[i + 1].ending ? ", "
							       : " or ",
				       endings[i].ending);
	return g_strdup(text->str);
}

int fdar_save_check_ending(const struct fdar_usage *usage, const char *output,
			   const struct fdar_save_ending *endings, char **format)
{
	const char *ending = output ? ending_of(output) : NULL;
	const struct fdar_save_ending *row = endings;

	/* What is there and no file (a pipe, a device) has its name from somebody else. */
	if (!ending || (g_file_test(output, G_FILE_TEST_EXISTS) &&
			!g_file_test(output, G_FILE_TEST_IS_REGULAR)))
		return FDAR_EXIT_OK;
	while (row->ending && g_ascii_strcasecmp(row->ending, ending) != 0)
		row++;
	if (row->ending && *format && strcmp(row->format, *format) != 0)
		return fdar_usage_error(usage, "-o %s: its name says %s, and --format %s", output,
					row->format, *format);
	if (!row->ending && !*format) {
		g_autofree char *expected = endings_listed(endings);

		return fdar_usage_error(usage, "-o %s: expected a name that ends in %s", output,
					expected);
	}
	if (row->ending && !*format)
		*format = g_strdup(row->format);
	return FDAR_EXIT_OK;
}

int fdar_save_check_svg(const struct fdar_usage *usage, const char *output)
{
	static const struct fdar_save_ending endings[] = { { "svg", "svg" }, { NULL, NULL } };
	g_autofree char *format = NULL;

	return fdar_save_check_ending(usage, output, endings, &format);
}
