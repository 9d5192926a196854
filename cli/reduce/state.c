#include "cli/reduce/state.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file_read.h"
#include "base/target.h"

#define MAGIC     "flowdar-reduce 1 "
#define NUMBER    "= "
#define BYTES_MAX ((gsize)256 << 20)

struct fdar_state {
	char *path;
	char *fingerprint;
	goffset whole;    /* length of the lines that are good */
	FILE *file;       /* NULL: not open yet */
	GPtrArray *lines; /* char *, of an earlier search */
	int wrong;        /* errno of the first failure */
	GError *refused;  /* why it cannot be opened */
};

static gboolean fail(GError **error, const char *path, const char *what)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path, what);
	return FALSE;
}

static gboolean fail_with(GError **error, GError *cause)
{
	g_propagate_error(error, cause);
	return FALSE;
}

/* Length of the whole lines in it. */
static gboolean read_lines(struct fdar_state *state, const char *fingerprint, goffset *whole,
			   GError **error)
{
	g_autofree char *first = g_strconcat(MAGIC, fingerprint, "\n", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) why = NULL;
	gsize size;
	char *at, *after;

	*whole = 0;
	text = fdar_file_read(state->path, BYTES_MAX, &size, &why);
	if (g_error_matches(why, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
		return TRUE;
	if (!text) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	if (size && !g_str_has_prefix(text, MAGIC))
		return fail(error, state->path, "is no state of a search");
	if (size && !g_str_has_prefix(text, first))
		return fail(error, state->path,
			    "is of a search for something else: remove it, or name another with "
			    "--state");
	for (at = text + (size ? strlen(first) : 0); (after = strchr(at, '\n')) != NULL;
	     at = after + 1)
		g_ptr_array_add(state->lines, g_strndup(at, (gsize)(after - at)));
	*whole = at - text;
	return TRUE;
}

struct fdar_state *fdar_state_open(const char *path, const char *fingerprint, GError **error)
{
	struct fdar_state *state = g_new0(struct fdar_state, 1);

	state->path = g_strdup(path);
	state->fingerprint = g_strdup(fingerprint);
	state->lines = g_ptr_array_new_with_free_func(g_free);
	if (read_lines(state, fingerprint, &state->whole, error))
		return state;
	fdar_state_close(state, FALSE, NULL);
	return NULL;
}

/* Only when there is something to keep: no answer, no file. */
static gboolean open_file(struct fdar_state *state)
{
	int fd = fdar_target_create(state->path, O_APPEND, &state->refused);

	if (fd < 0 || ftruncate(fd, state->whole) != 0 || !(state->file = fdopen(fd, "a"))) {
		state->wrong = fd < 0 ? EACCES : errno;
		if (fd >= 0)
			close(fd);
		return FALSE;
	}
	if (!state->whole)
		fprintf(state->file, MAGIC "%s\n", state->fingerprint);
	return TRUE;
}

guint fdar_state_answers(const struct fdar_state *state)
{
	guint answers = 0;

	for (guint i = 0; i < state->lines->len; i++)
		answers += !g_str_has_prefix(g_ptr_array_index(state->lines, i), NUMBER);
	return answers;
}

uint64_t fdar_state_number(const struct fdar_state *state, const char *name)
{
	g_autofree char *prefix = g_strconcat(NUMBER, name, " ", NULL);
	guint64 number = 0, found;

	for (guint i = 0; i < state->lines->len; i++) {
		const char *line = g_ptr_array_index(state->lines, i);

		if (g_str_has_prefix(line, prefix) &&
		    g_ascii_string_to_unsigned(line + strlen(prefix), 10, 0, G_MAXUINT64, &found,
					       NULL))
			number = found;
	}
	return number;
}

void fdar_state_keep_number(struct fdar_state *state, const char *name, uint64_t number)
{
	g_autofree char *line =
		g_strdup_printf("%s %" G_GUINT64_FORMAT "\n", name, (guint64)number);

	fdar_state_keep(state, "=", line);
}

void fdar_state_recall(const struct fdar_state *state, const char *step, struct fdar_tries *tries)
{
	g_autofree char *prefix = g_strconcat(step, " ", NULL);

	for (guint i = 0; i < state->lines->len; i++) {
		const char *line = g_ptr_array_index(state->lines, i);

		if (g_str_has_prefix(line, prefix) &&
		    !fdar_tries_recall(tries, line + strlen(prefix)))
			break;
	}
}

void fdar_state_keep(struct fdar_state *state, const char *step, const char *line)
{
	if (state->wrong || (!state->file && !open_file(state)))
		return;
	if (fprintf(state->file, "%s %s", step, line) < 0 || fflush(state->file) != 0)
		state->wrong = errno;
}

gboolean fdar_state_close(struct fdar_state *state, gboolean over, GError **error)
{
	gboolean fine = TRUE;

	if (!state)
		return TRUE;
	if (state->file && fclose(state->file) != 0 && !state->wrong)
		state->wrong = errno;
	if (over)
		g_unlink(state->path);
	else if (state->wrong && !state->refused)
		fine = fail(error, state->path, g_strerror(state->wrong));
	else if (state->wrong)
		fine = fail_with(error, g_steal_pointer(&state->refused));
	g_clear_error(&state->refused);
	g_ptr_array_unref(state->lines);
	g_free(state->fingerprint);
	g_free(state->path);
	g_free(state);
	return fine;
}

static gboolean add_file(GChecksum *sum, const char *path, GError **error)
{
	g_autofree guint8 *buffer = g_malloc(1 << 16);
	FILE *file = g_fopen(path, "rbe");
	size_t got;
	gboolean fine;

	if (!file)
		return fail(error, path, g_strerror(errno));
	if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
		fclose(file);
		return fail(error, path, "is a directory, a capture file is expected");
	}
	while ((got = fread(buffer, 1, 1 << 16, file)) > 0)
		g_checksum_update(sum, buffer, (gssize)got);
	fine = !ferror(file);
	fclose(file);
	return fine ? TRUE : fail(error, path, "cannot be read");
}

char *fdar_state_fingerprint(char *const *paths, const char *texts, GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	for (; *paths; paths++)
		if (!add_file(sum, *paths, error))
			return NULL;
	g_checksum_update(sum, (const guchar *)texts, -1);
	return g_strdup(g_checksum_get_string(sum));
}
