#include "pipeline/drain_meta.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/ctf_metadata.h"

#define FILE_NAME "metadata"

struct fd_drain_meta *fd_drain_meta_new(const char *source, const char *target)
{
	struct fd_drain_meta *meta = g_new0(struct fd_drain_meta, 1);

	meta->source = g_strdup(source);
	meta->target = g_strdup(target);
	meta->text = g_string_new(NULL);
	pthread_mutex_init(&meta->lock, NULL);
	return meta;
}

void fd_drain_meta_free(struct fd_drain_meta *meta)
{
	pthread_mutex_destroy(&meta->lock);
	fd_drain_counter_unref(meta->counter);
	g_string_free(meta->text, TRUE);
	g_free(meta->source);
	g_free(meta->target);
	g_free(meta);
}

/* Up to and with the last declaration that is whole. */
static gsize whole_length(const char *text, gsize length)
{
	while (length >= 3 && memcmp(text + length - 3, "};\n", 3) != 0)
		length--;
	return length >= 3 ? length : 0;
}

static gboolean set_text(struct fd_drain_meta *meta, const char *bytes, gsize length,
			 pthread_mutex_t *lock)
{
	struct fd_drain_counter *counter, *before;

	/* Only what is longer: a text that was made anew says the same again, and more. */
	if (length <= meta->text->len)
		return FALSE;
	counter = fd_drain_counter_new(bytes, length);
	pthread_mutex_lock(lock);
	g_string_truncate(meta->text, 0);
	g_string_append_len(meta->text, bytes, (gssize)length);
	before = meta->counter;
	if (counter)
		meta->counter = counter;
	pthread_mutex_unlock(lock);
	if (counter)
		fd_drain_counter_unref(before);
	return TRUE;
}

gboolean fd_drain_meta_look(struct fd_drain_meta *meta, gboolean whole, pthread_mutex_t *lock)
{
	g_autofree char *path = g_build_filename(meta->source, FILE_NAME, NULL);
	g_autofree char *bytes = NULL;
	struct stat st;
	gsize length;

	if (stat(path, &st) != 0 || st.st_size > FD_CTF_METADATA_MAX ||
	    ((uint64_t)st.st_size == meta->source_bytes && !whole))
		return FALSE;
	if (!g_file_get_contents(path, &bytes, &length, NULL))
		return FALSE;
	meta->source_bytes = length;
	return set_text(meta, bytes, whole ? length : whole_length(bytes, length), lock);
}

static gboolean fail(int code, const char *path, GError **error)
{
	g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s: %s", path,
		    g_strerror(code));
	return FALSE;
}

/* What is there already is a part of the text, or made by another drain of the same text. */
static gboolean append(struct fd_drain_meta *meta, const char *bytes, gsize length, GError **error)
{
	g_autofree char *path = g_build_filename(meta->target, FILE_NAME, NULL);
	gsize done = 0;
	int code = 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd < 0)
		return fail(errno, path, error);
	while (done < length && !code) {
		ssize_t n = pwrite(fd, bytes + done, length - done, (off_t)(meta->saved + done));

		if (n > 0)
			done += (gsize)n;
		else if (n == 0 || errno != EINTR)
			code = n == 0 ? ENOSPC : errno;
	}
	close(fd);
	meta->saved += done;
	return !code || fail(code, path, error);
}

static gboolean save(struct fd_drain_meta *meta, const char *bytes, gsize length, GError **error)
{
	if (!meta->made && g_mkdir_with_parents(meta->target, 0750) != 0)
		return fail(errno, meta->target, error);
	meta->made = TRUE;
	return !length || append(meta, bytes, length, error);
}

gboolean fd_drain_meta_save(struct fd_drain_meta *meta, pthread_mutex_t *lock, GError **error)
{
	g_autofree char *bytes = NULL;
	gsize length;
	gboolean ok;

	pthread_mutex_lock(&meta->lock);
	pthread_mutex_lock(lock);
	length = meta->text->len - (gsize)meta->saved;
	bytes = length ? g_memdup2(meta->text->str + meta->saved, length) : NULL;
	pthread_mutex_unlock(lock);
	ok = save(meta, bytes, length, error);
	pthread_mutex_unlock(&meta->lock);
	return ok;
}

static gboolean sync_path(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	gboolean ok;

	if (fd < 0)
		return errno == ENOENT || fail(errno, path, error);
	ok = fsync(fd) == 0 || errno == EINVAL || fail(errno, path, error);
	close(fd);
	return ok;
}

gboolean fd_drain_meta_sync(struct fd_drain_meta *meta, GError **error)
{
	g_autofree char *path = g_build_filename(meta->target, FILE_NAME, NULL);

	return sync_path(path, error) && sync_path(meta->target, error);
}
