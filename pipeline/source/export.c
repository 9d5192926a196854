#include "pipeline/source/export.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/file_read.h"
#include "base/file_write.h"
#include "base/target.h"
#include "pipeline/metadata/ctf_metadata.h"
#include "pipeline/packed/packed_read.h"
#include "pipeline/recording/recording.h"
#include "pipeline/recording/trace_find.h"

#define METADATA_MAX (32u << 20) /* pipeline/metadata reads no more */
#define COPY_BYTES   (1u << 20)
#define INDEX        "index" /* LTTng's folder in a trace */

struct work {
	struct fdar_export *result;
	fdar_export_progress_fn progress;
	void *user;
	const char *out, *draft; /* what it becomes, and what it is until then */
	struct fdar_packed_reader *reader;
	uint64_t total; /* bytes to write, about */
	uint8_t *bytes; /* a packet, or a piece of a file */
	size_t capacity;
};

/* A file that is read and the one that is made of it. */
struct pair {
	mode_t mode; /* what may be read by whom stays as it is */
	const char *from, *to;
	int in, out;
	uint64_t size; /* of from */
};

static gboolean fail(const char *path, GError **error)
{
	int saved = errno;

	g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(saved), "%s: %s", path,
		    g_strerror(saved));
	return FALSE;
}

/* Of a path in the draft, by the name that the user knows. */
static gboolean fail_to_write(const struct work *work, const char *path, GError **error)
{
	int saved = errno;
	g_autofree char *known = g_strconcat(work->out, path + strlen(work->draft), NULL);

	errno = saved;
	return fail(known, error);
}

static gboolean go_on(const struct work *work, GError **error)
{
	if (!work->progress || work->progress(work->result->bytes, work->total, work->user))
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
	return FALSE;
}

/* ---- files ---- */

static gboolean pair_open(struct pair *pair, GError **error)
{
	struct stat st;

	pair->out = -1;
	pair->in = fdar_file_open(pair->from, error);
	if (pair->in < 0)
		return FALSE;
	if (fstat(pair->in, &st) != 0)
		return fail(pair->from, error);
	pair->size = (uint64_t)st.st_size;
	pair->mode = st.st_mode & 0777;
	return TRUE;
}

static void pair_close(struct pair *pair)
{
	if (pair->in >= 0)
		close(pair->in);
	if (pair->out >= 0)
		close(pair->out);
}

/* The file is made when there is something to write: one without a packet is none. */
static gboolean put(const struct work *work, struct pair *pair, const uint8_t *bytes, size_t length,
		    GError **error)
{
	if (pair->out < 0)
		pair->out = open(pair->to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, pair->mode);
	if (pair->out < 0)
		return fail_to_write(work, pair->to, error);
	work->result->bytes += length;
	return fdar_file_write_all(pair->out, bytes, length) ||
	       fail_to_write(work, pair->to, error);
}

static gboolean copy(struct work *work, struct pair *pair, GError **error)
{
	if (work->capacity < COPY_BYTES) {
		work->bytes = g_realloc(work->bytes, COPY_BYTES);
		work->capacity = COPY_BYTES;
	}
	for (;;) {
		ssize_t n = read(pair->in, work->bytes, COPY_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(pair->from, error);
		if (!put(work, pair, work->bytes, (size_t)n, error) || !go_on(work, error))
			return FALSE;
		if (!n)
			return TRUE;
	}
}

static void note_damage(struct fdar_export *result, const char *path, GError *why)
{
	if (!result->damaged++)
		result->damage = g_strdup_printf("stream file %s: %s", path, why->message);
	g_error_free(why);
}

/* Packet by packet, up to the damage if there is any. */
static gboolean unpack(struct work *work, struct pair *pair, GError **error)
{
	struct fdar_packed_entry entry;
	GError *damage = NULL;

	for (uint64_t at = 0; at < pair->size; at += fdar_packed_step(&entry)) {
		if (!fdar_packed_read_note(pair->in, at, pair->size, &entry, &damage))
			break;
		work->result->dropped += entry.dropped;
		if (!entry.packet_bytes) {
			work->result->dropped_ends += entry.dropped;
			continue;
		}
		if (!fdar_packed_read_packet(work->reader, pair->in, at, &entry, &work->bytes,
					     &work->capacity, &damage))
			break;
		if (!put(work, pair, work->bytes, entry.packet_bytes, error) || !go_on(work, error))
			return FALSE;
	}
	if (damage)
		note_damage(work->result, pair->from, damage);
	return TRUE;
}

/* ---- folders ---- */

/* Under its own name, or, where a part of the stream was left unpacked beside it, another. */
static char *target_of(const char *from, const char *to, const char *name)
{
	g_autofree char *plain = NULL, *beside = NULL;

	if (!fdar_packed_is_name(name))
		return g_build_filename(to, name, NULL);
	plain = fdar_packed_plain_name(name);
	beside = g_build_filename(from, plain, NULL);
	if (!g_file_test(beside, G_FILE_TEST_EXISTS))
		return g_build_filename(to, plain, NULL);
	return g_strdup_printf("%s/%s-packed", to, plain);
}

static gboolean export_file(struct work *work, const char *from, const char *to, const char *name,
			    gboolean stream, GError **error)
{
	g_autofree char *source = g_build_filename(from, name, NULL);
	g_autofree char *target = target_of(from, to, name);
	gboolean packed = stream && fdar_packed_is_name(name);
	struct pair pair = { .from = source, .to = target };
	uint64_t before = work->result->bytes;
	gboolean ok = pair_open(&pair, error) &&
		      (packed ? unpack(work, &pair, error) : copy(work, &pair, error));

	if (!stream)
		work->result->bytes = before;
	if (stream && pair.out >= 0)
		work->result->files++;
	if (packed)
		work->result->packed++;
	work->result->packed_bytes += packed ? pair.size : 0;
	pair_close(&pair);
	return ok;
}

static gboolean is_file(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	struct stat st;

	return name[0] != '.' && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Of a folder: its owner may go in, in any case. */
static mode_t mode_of(const char *folder)
{
	struct stat st;

	return stat(folder, &st) == 0 ? (st.st_mode & 0777) | 0700 : 0700;
}

/* An index tells where packets are: in the file that it was written for. */
static gboolean export_index(struct work *work, const char *from, const char *to, GError **error)
{
	g_autofree char *source = g_build_filename(from, INDEX, NULL);
	g_autofree char *target = g_build_filename(to, INDEX, NULL);
	g_autoptr(GDir) dir = g_dir_open(source, 0, NULL);
	gboolean made = FALSE;
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *stream = g_str_has_suffix(name, ".idx")
						  ? g_strndup(name, strlen(name) - strlen(".idx"))
						  : NULL;

		if (!stream || !is_file(source, name) || !is_file(from, stream))
			continue;
		if (!made && g_mkdir(target, mode_of(source)) != 0)
			return fail_to_write(work, target, error);
		made = TRUE;
		if (!export_file(work, source, target, name, FALSE, error))
			return FALSE;
	}
	return TRUE;
}

/* Copied as it is, a file without an end would fill the disk. */
static gboolean check_metadata(const char *from, GError **error)
{
	g_autofree char *path = g_build_filename(from, "metadata", NULL);
	struct stat st;

	if (stat(path, &st) != 0 || st.st_size <= METADATA_MAX)
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
		    "%s: larger than any metadata (%u MiB)", path, METADATA_MAX >> 20);
	return FALSE;
}

static gboolean export_trace(struct work *work, const char *from, const char *to, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(from, 0, error);
	const char *name;

	if (!dir)
		return FALSE;
	if (!check_metadata(from, error))
		return FALSE;
	if (g_mkdir_with_parents(to, (int)mode_of(from)) != 0)
		return fail_to_write(work, to, error);
	while ((name = g_dir_read_name(dir))) {
		if (is_file(from, name) &&
		    !export_file(work, from, to, name, strcmp(name, "metadata") != 0, error))
			return FALSE;
	}
	work->result->traces++;
	return export_index(work, from, to, error);
}

/* ---- how much it will be ---- */

static uint64_t unpacked_bytes(const char *path, uint64_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct fdar_packed_entry entry;
	uint64_t bytes = 0;

	for (uint64_t at = 0; fd >= 0 && at < size; at += fdar_packed_step(&entry)) {
		if (!fdar_packed_read_note(fd, at, size, &entry, NULL))
			break;
		bytes += entry.packet_bytes;
	}
	if (fd >= 0)
		close(fd);
	return bytes;
}

static uint64_t trace_bytes(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	uint64_t bytes = 0;
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct stat st;

		if (!is_file(folder, name) || stat(path, &st) != 0)
			continue;
		bytes += fdar_packed_is_name(name) ? unpacked_bytes(path, (uint64_t)st.st_size)
						   : (uint64_t)st.st_size;
	}
	return bytes;
}

/* ---- the whole ---- */

/* FALSE and error unless there is nothing at out, or an empty directory. held: the way to it. */
static gboolean check_out(const char *out, const char *held, GError **error)
{
	g_autoptr(GDir) dir = NULL;
	struct stat st;

	if (lstat(held, &st) != 0)
		return errno == ENOENT || fail(out, error);
	dir = S_ISDIR(st.st_mode) ? g_dir_open(held, 0, error) : NULL;
	if (S_ISDIR(st.st_mode) && !dir)
		return FALSE;
	if (dir && !g_dir_read_name(dir))
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
		    dir ? "%s: is not empty; expected a new or an empty directory"
			: "%s: is a file; expected a new or an empty directory",
		    out);
	return FALSE;
}

/* To out; of a folder that is missing on it, its parent is told. */
static gboolean find_way(const char *out, struct fdar_target *target, GError **error)
{
	g_autofree char *whole = g_canonicalize_filename(out, NULL);
	g_autofree char *parent = g_path_get_dirname(whole);
	g_autoptr(GError) cause = NULL;
	const char *named = out;

	if (fdar_target_open(whole, 0, target, &cause))
		return TRUE;
	if (g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		named = parent;
	g_propagate_prefixed_error(error, g_steal_pointer(&cause), "%s: ", named);
	return FALSE;
}

/* The folder that becomes out: beside it, so that it can be renamed. NULL and error. */
static char *make_draft(const char *out, const char *held, mode_t mode, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(held), *name = g_path_get_basename(held);
	char *draft = g_strdup_printf("%s/.%s.flowdar-%ld", parent, name, (long)getpid());

	if (g_mkdir(draft, mode) == 0)
		return draft;
	fail(out, error);
	g_free(draft);
	return NULL;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
	(void)st;
	(void)kind;
	(void)place;
	return remove(path);
}

static gboolean export_all(struct work *work, const char *root, const GPtrArray *traces,
			   const char *draft, GError **error)
{
	for (guint i = 0; i < traces->len; i++)
		work->total += trace_bytes(g_ptr_array_index(traces, i));
	for (guint i = 0; i < traces->len; i++) {
		const char *trace = g_ptr_array_index(traces, i);
		g_autofree char *to = g_strconcat(draft, trace + strlen(root), NULL);

		if (!export_trace(work, trace, to, error))
			return FALSE;
	}
	return TRUE;
}

/* A folder may have a file of that name and be no trace. */
static gboolean check_traces(const GPtrArray *traces, GError **error)
{
	for (guint i = 0; i < traces->len; i++) {
		g_autoptr(GError) failure = NULL;
		GString *text =
			fdar_ctf_metadata_read(g_ptr_array_index(traces, i), NULL, &failure);

		if (text)
			g_string_free(text, TRUE);
		else if (g_error_matches(failure, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT)) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return FALSE;
		}
	}
	return TRUE;
}

gboolean fdar_export_ctf(const char *path, const char *out, fdar_export_progress_fn progress,
			 void *user, struct fdar_export *result, GError **error)
{
	struct work work = { .result = result, .progress = progress, .user = user };
	g_autofree char *root = NULL, *draft = NULL;
	g_autoptr(GPtrArray) traces = NULL;
	struct fdar_target target;
	gboolean ok;

	*result = (struct fdar_export){ .damage = NULL };
	root = fdar_recording_trace_path(path, error);
	if (!root)
		return FALSE;
	traces = fdar_trace_find(root, error);
	if (!traces || !check_traces(traces, error))
		return FALSE;
	if (!find_way(out, &target, error))
		return FALSE;
	if (check_out(out, target.path, error))
		draft = make_draft(out, target.path, mode_of(root), error);
	if (!draft) {
		fdar_target_clear(&target);
		return FALSE;
	}
	work.out = out;
	work.draft = draft;
	work.reader = fdar_packed_reader_new();
	ok = export_all(&work, root, traces, draft, error);
	if (ok && rename(draft, target.path) != 0)
		ok = fail(out, error);
	if (!ok) /* one descriptor is enough: there may be few */
		nftw(draft, remove_one, 1, FTW_DEPTH | FTW_PHYS);
	fdar_target_clear(&target);
	fdar_packed_reader_free(work.reader);
	g_free(work.bytes);
	return ok;
}

void fdar_export_clear(struct fdar_export *result)
{
	g_clear_pointer(&result->damage, g_free);
}
