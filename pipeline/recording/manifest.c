#include "pipeline/recording/manifest.h"

#include <gio/gio.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_read.h"
#include "pipeline/recording/recording.h"
#include "pipeline/recording/stacks.h"

#define FIRST_LINE   "flowdar manifest "
#define DIGITS       64u
#define BUFFER_BYTES (256u << 10)
#define PATH_BYTES   4096u

static void free_file(gpointer data)
{
	struct fdar_manifest_file *file = data;

	g_free(file->path);
	g_free(file);
}

static struct fdar_manifest *manifest_new(void)
{
	struct fdar_manifest *manifest = g_new0(struct fdar_manifest, 1);

	manifest->recording = g_strdup("");
	manifest->streams = fdar_recording_streams_new();
	manifest->files = g_ptr_array_new_with_free_func(free_file);
	return manifest;
}

void fdar_manifest_free(struct fdar_manifest *manifest)
{
	if (!manifest)
		return;
	g_array_unref(manifest->streams);
	g_ptr_array_unref(manifest->files);
	g_free(manifest->recording);
	g_free(manifest);
}

/* ---- files ---- */

static int compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_below(const char *dir, const char *folder, GPtrArray *paths)
{
	g_autofree char *root = g_build_filename(dir, folder, NULL);
	char *const roots[] = { root, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	while (tree && paths->len < FDAR_MANIFEST_FILES_MAX && (entry = fts_read(tree)))
		if (entry->fts_info != FTS_D && entry->fts_info != FTS_DP &&
		    entry->fts_info != FTS_NS)
			g_ptr_array_add(paths, g_strdup(entry->fts_path + strlen(dir) + 1));
	if (tree)
		fts_close(tree);
}

GPtrArray *fdar_manifest_list(const char *dir)
{
	static const char *const singles[] = { FDAR_RECORDING_FILE, FDAR_STACKS_FILE,
					       FDAR_RECORDING_SAMPLES };
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *plain = g_canonicalize_filename(dir, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(singles); i++) {
		g_autofree char *path = g_build_filename(plain, singles[i], NULL);
		struct stat st;

		if (lstat(path, &st) == 0)
			g_ptr_array_add(paths, g_strdup(singles[i]));
	}
	list_below(plain, FDAR_RECORDING_TRACE, paths);
	list_below(plain, FDAR_RECORDING_SYMBOLS, paths);
	g_ptr_array_sort(paths, compare_texts);
	return paths;
}

static gboolean sum(int fd, struct fdar_manifest_file *file)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree guchar *buffer = g_malloc(BUFFER_BYTES);
	uint64_t bytes = 0;
	ssize_t n;

	while ((n = read(fd, buffer, BUFFER_BYTES)) > 0 || (n < 0 && errno == EINTR)) {
		g_checksum_update(checksum, buffer, MAX(n, 0));
		bytes += (uint64_t)MAX(n, 0);
	}
	file->bytes = bytes;
	g_strlcpy(file->sha256, g_checksum_get_string(checksum), sizeof(file->sha256));
	return n == 0;
}

gboolean fdar_manifest_sum(const char *dir, const char *path, struct fdar_manifest_file *file)
{
	g_autofree char *full = g_build_filename(dir, path, NULL);
	int fd = open(full, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	gboolean summed;

	if (fd < 0)
		return FALSE;
	summed = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && sum(fd, file);
	close(fd);
	return summed;
}

/* ---- writing ---- */

static gboolean add_files(const char *dir, GString *text, GError **error)
{
	g_autoptr(GPtrArray) paths = fdar_manifest_list(dir);

	for (guint i = 0; i < paths->len; i++) {
		const char *path = g_ptr_array_index(paths, i);
		struct fdar_manifest_file file = { 0 };

		if (!fdar_manifest_sum(dir, path, &file) || strpbrk(path, "\n\r")) {
			g_set_error(error, FDAR_RECORDING_ERROR, FDAR_RECORDING_ERROR_FORMAT,
				    "%s/%s: cannot be read back, there is no manifest", dir, path);
			return FALSE;
		}
		g_string_append_printf(text, "file %s %" G_GUINT64_FORMAT " %s\n", file.sha256,
				       file.bytes, path);
	}
	return TRUE;
}

static void add_end(GString *text)
{
	g_autofree char *digits = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
							      (const guchar *)text->str, text->len);

	g_string_append_printf(text, "end %s\n", digits);
}

static int compare_streams(gconstpointer a, gconstpointer b)
{
	const struct fdar_recording_stream *left = a, *right = b;

	return strcmp(left->path, right->path);
}

static void add_streams(GArray *streams, GString *text)
{
	g_array_sort(streams, compare_streams);
	for (guint i = 0; i < MIN(streams->len, FDAR_RECORDING_STREAMS_MAX); i++) {
		const struct fdar_recording_stream *stream =
			&g_array_index(streams, struct fdar_recording_stream, i);

		g_string_append_printf(text,
				       "stream %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s\n",
				       stream->events, stream->calls, stream->path);
	}
}

gboolean fdar_manifest_write(const char *dir, GArray *streams, GError **error)
{
	g_autofree char *path = g_build_filename(dir, FDAR_MANIFEST_FILE, NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	struct fdar_recording_info info = { 0 };

	if (!fdar_recording_info_load(dir, &info, error))
		return FALSE;
	g_string_printf(text,
			FIRST_LINE "%d\nrecording %s\nevents %" G_GUINT64_FORMAT
				   "\ncalls %" G_GUINT64_FORMAT "\n",
			FDAR_MANIFEST_FORMAT, info.name ? info.name : "", info.events,
			info.calls_found);
	fdar_recording_info_clear(&info);
	if (streams)
		add_streams(streams, text);
	if (!add_files(dir, text, error))
		return FALSE;
	add_end(text);
	return g_file_set_contents_full(path, text->str, (gssize)text->len,
					G_FILE_SET_CONTENTS_CONSISTENT |
						G_FILE_SET_CONTENTS_DURABLE,
					0600, error);
}

/* ---- reading ---- */

struct reading {
	char *at, *end; /* end: a NUL that may be written */
	const char *name;
	guint line;
};

static gboolean refuse(const struct reading *reading, const char *expected, GError **error)
{
	g_set_error(error, FDAR_RECORDING_ERROR, FDAR_RECORDING_ERROR_FORMAT,
		    "%s: line %u: expected %s", reading->name, reading->line, expected);
	return FALSE;
}

/* The next line without its end; NULL when there is none, or it has no end or a NUL in it. */
static char *next_line(struct reading *reading)
{
	char *line = reading->at;
	char *end = memchr(line, '\n', (size_t)(reading->end - line));

	reading->line++;
	if (!end || memchr(line, '\0', (size_t)(end - line)))
		return NULL;
	*end = '\0';
	reading->at = end + 1;
	return line;
}

static gboolean read_number(char **at, char stop, uint64_t *number)
{
	char *end;

	if (!g_ascii_isdigit(**at))
		return FALSE;
	errno = 0;
	*number = g_ascii_strtoull(*at, &end, 10);
	if (errno || *end != stop)
		return FALSE;
	*at = end;
	return TRUE;
}

static gboolean read_digits(const char *at, char *digits)
{
	if (strspn(at, "0123456789abcdef") != DIGITS)
		return FALSE;
	memcpy(digits, at, DIGITS);
	digits[DIGITS] = '\0';
	return TRUE;
}

/* Nothing that leads out of the recording. */
static gboolean is_path(const char *path)
{
	g_auto(GStrv) parts = NULL;

	if (!*path || strlen(path) > PATH_BYTES || *path == '/')
		return FALSE;
	parts = g_strsplit(path, "/", -1);
	for (char **part = parts; *part; part++)
		if (!**part || strcmp(*part, ".") == 0 || strcmp(*part, "..") == 0)
			return FALSE;
	return TRUE;
}

static gboolean read_file(struct fdar_manifest *manifest, char *line)
{
	struct fdar_manifest_file file = { 0 };
	char *at = line + DIGITS + 1;
	const struct fdar_manifest_file *last = NULL;

	if (!read_digits(line, file.sha256) || line[DIGITS] != ' ' ||
	    !read_number(&at, ' ', &file.bytes) || !is_path(at + 1))
		return FALSE;
	if (manifest->files->len)
		last = g_ptr_array_index(manifest->files, manifest->files->len - 1);
	if ((last && strcmp(last->path, at + 1) >= 0) ||
	    manifest->files->len >= FDAR_MANIFEST_FILES_MAX)
		return FALSE;
	file.path = g_strdup(at + 1);
	g_ptr_array_add(manifest->files, g_memdup2(&file, sizeof(file)));
	return TRUE;
}

static gboolean read_stream(struct fdar_manifest *manifest, char *at)
{
	struct fdar_recording_stream stream = { 0 };
	const GArray *streams = manifest->streams;
	const struct fdar_recording_stream *last =
		streams->len
			? &g_array_index(streams, struct fdar_recording_stream, streams->len - 1)
			: NULL;

	if (!read_number(&at, ' ', &stream.events))
		return FALSE;
	at++;
	if (!read_number(&at, ' ', &stream.calls) || !is_path(at + 1) || manifest->files->len ||
	    streams->len >= FDAR_RECORDING_STREAMS_MAX || (last && strcmp(last->path, at + 1) >= 0))
		return FALSE;
	stream.path = g_strdup(at + 1);
	g_array_append_val(manifest->streams, stream);
	return TRUE;
}

static gboolean read_entry(struct fdar_manifest *manifest, char *line)
{
	if (g_str_has_prefix(line, "stream "))
		return read_stream(manifest, line + strlen("stream "));
	return g_str_has_prefix(line, "file ") && read_file(manifest, line + strlen("file "));
}

static gboolean read_count(struct reading *reading, const char *word, uint64_t *count)
{
	char *line = next_line(reading);
	char *at = line && g_str_has_prefix(line, word) ? line + strlen(word) : NULL;

	return at && read_number(&at, '\0', count);
}

static gboolean read_head(struct reading *reading, struct fdar_manifest *manifest, GError **error)
{
	uint64_t format = 0;
	char *line;

	if (!read_count(reading, FIRST_LINE, &format) || format < 1)
		return refuse(reading, "\"" FIRST_LINE "1\"", error);
	if (format > FDAR_MANIFEST_FORMAT)
		return refuse(reading, "a manifest that this version of flowdar knows (1)", error);
	line = next_line(reading);
	if (!line || !g_str_has_prefix(line, "recording "))
		return refuse(reading, "\"recording NAME\"", error);
	g_free(manifest->recording);
	manifest->recording = g_strdup(line + strlen("recording "));
	if (!read_count(reading, "events ", &manifest->events))
		return refuse(reading, "\"events COUNT\"", error);
	if (!read_count(reading, "calls ", &manifest->calls))
		return refuse(reading, "\"calls COUNT\"", error);
	return TRUE;
}

/* Before the text is taken apart: the last line is the check sum of the others. */
static gboolean check_end(const char *text, gsize length)
{
	const gsize bytes = strlen("end \n") + DIGITS;
	const char *end = text + length - MIN(length, bytes);
	g_autofree char *digits = NULL;

	if (length <= bytes || end[-1] != '\n' || strncmp(end, "end ", 4) != 0 ||
	    text[length - 1] != '\n')
		return FALSE;
	digits = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text,
					     length - bytes);
	return strncmp(end + 4, digits, DIGITS) == 0;
}

struct fdar_manifest *fdar_manifest_parse(char *text, gsize length, const char *name,
					  GError **error)
{
	struct reading reading = { .at = text, .end = text + length, .name = name };
	g_autoptr(fdar_manifest) manifest = manifest_new();
	char *line;

	if (!check_end(text, length)) {
		g_set_error(error, FDAR_RECORDING_ERROR, FDAR_RECORDING_ERROR_FORMAT,
			    "%s: is damaged: expected a last line with the check sum of the others",
			    name);
		return NULL;
	}
	if (!read_head(&reading, manifest, error))
		return NULL;
	while ((line = next_line(&reading)) && !g_str_has_prefix(line, "end ")) {
		if (!read_entry(manifest, line)) {
			refuse(&reading,
			       "\"stream EVENTS CALLS PATH\", by path, then \"file SHA256 BYTES "
			       "PATH\", by path",
			       error);
			return NULL;
		}
	}
	if (line && reading.at == reading.end)
		return g_steal_pointer(&manifest);
	refuse(&reading, "\"end SHA256\"", error);
	return NULL;
}

struct fdar_manifest *fdar_manifest_load(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, FDAR_MANIFEST_FILE, NULL);
	g_autoptr(GError) cause = NULL;
	gsize length = 0;
	g_autofree char *text = fdar_file_read(path, FDAR_MANIFEST_BYTES_MAX, &length, &cause);

	if (text)
		return fdar_manifest_parse(text, length, path, error);
	g_set_error_literal(error, FDAR_RECORDING_ERROR,
			    g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)
				    ? FDAR_RECORDING_ERROR_MISSING
				    : FDAR_RECORDING_ERROR_FORMAT,
			    cause->message);
	return NULL;
}

const struct fdar_manifest_file *fdar_manifest_find(const struct fdar_manifest *manifest,
						    const char *path)
{
	guint low = 0, high = manifest->files->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		const struct fdar_manifest_file *file = g_ptr_array_index(manifest->files, middle);
		int order = strcmp(file->path, path);

		if (order == 0)
			return file;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
