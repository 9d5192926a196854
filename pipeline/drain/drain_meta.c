#include "pipeline/drain/drain_meta.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/ctf2/ctf2.h"
#include "pipeline/metadata/ctf_metadata.h"

#define FILE_NAME        "metadata"
#define PACKET_MAGIC     0x75d11d57u /* CTF 1.8, section 7.1 */
#define PACKET_SIZE_WORD 7u          /* of its head: the packet's bits */

struct fdar_drain_meta *fdar_drain_meta_new(const char *source, const char *target)
{
	struct fdar_drain_meta *meta = g_new0(struct fdar_drain_meta, 1);

	meta->source = g_strdup(source);
	meta->target = g_strdup(target);
	meta->text = g_string_new(NULL);
	pthread_mutex_init(&meta->lock, NULL);
	return meta;
}

void fdar_drain_meta_free(struct fdar_drain_meta *meta)
{
	pthread_mutex_destroy(&meta->lock);
	fdar_drain_counter_unref(meta->counter);
	g_string_free(meta->text, TRUE);
	g_free(meta->source);
	g_free(meta->target);
	g_free(meta);
}

/* ---- taking ---- */

/* How much of a text are whole declarations. */
static gsize whole_of(const char *text, gsize length)
{
	return fdar_ctf_metadata_is_json(text, length) ? fdar_ctf2_whole(text, length)
						       : fdar_ctf_metadata_whole(text, length);
}

/* How long the packet is that begins at bytes; 0: it is not whole, or none. */
static gsize packet_length(const char *bytes, gsize left)
{
	uint32_t words[8];
	gsize length;

	if (left < sizeof(words))
		return 0;
	memcpy(words, bytes, sizeof(words));
	if (words[0] == GUINT32_SWAP_LE_BE(PACKET_MAGIC))
		length = GUINT32_SWAP_LE_BE(words[PACKET_SIZE_WORD]) / 8;
	else if (words[0] == PACKET_MAGIC)
		length = words[PACKET_SIZE_WORD] / 8;
	else
		return 0;
	return length >= sizeof(words) && length <= left ? length : 0;
}

/* Gives the text of as much as ends with a whole declaration, or of all of it, and how many bytes of
 * the file that is.*/
static GString *take(const char *bytes, gsize length, gboolean whole, gsize *taken)
{
	GString *text = g_string_new(NULL);
	gsize at = 0, good = 0, kept = 0, next;

	if (packet_length(bytes, length)) {
		for (; (next = packet_length(bytes + at, length - at)); at += next) {
			GString *more =
				fdar_ctf_metadata_unpack(bytes + at, next, FILE_NAME, NULL, NULL);

			if (!more)
				break;
			g_string_append_len(text, more->str, (gssize)more->len);
			g_string_free(more, TRUE);
			if (!whole && whole_of(text->str, text->len) < text->len)
				continue;
			good = at + next;
			kept = text->len;
		}
	} else {
		good = kept = whole ? length : whole_of(bytes, length);
		g_string_append_len(text, bytes, (gssize)kept);
	}
	*taken = whole ? length : good;
	g_string_truncate(text, kept);
	return text;
}

/* Only what is longer: a text that was made anew says the same again, and more. */
static gboolean set_text(struct fdar_drain_meta *meta, const char *bytes, gsize length,
			 gboolean whole, pthread_mutex_t *lock)
{
	struct fdar_drain_counter *counter, *before;
	gsize taken;
	GString *text = take(bytes, length, whole, &taken);

	counter = taken > meta->text->len ? fdar_drain_counter_new(text->str, text->len) : NULL;
	g_string_free(text, TRUE);
	if (taken <= meta->text->len)
		return FALSE;
	pthread_mutex_lock(lock);
	g_string_truncate(meta->text, 0);
	g_string_append_len(meta->text, bytes, (gssize)taken);
	before = meta->counter;
	if (counter)
		meta->counter = counter;
	pthread_mutex_unlock(lock);
	if (counter)
		fdar_drain_counter_unref(before);
	return TRUE;
}

gboolean fdar_drain_meta_look(struct fdar_drain_meta *meta, gboolean whole, pthread_mutex_t *lock)
{
	g_autofree char *path = g_build_filename(meta->source, FILE_NAME, NULL, NULL);
	g_autofree char *bytes = NULL;
	struct stat st;
	gsize length;

	if (stat(path, &st) != 0 || st.st_size > FDAR_CTF_METADATA_MAX ||
	    ((uint64_t)st.st_size == meta->source_bytes && !whole))
		return FALSE;
	if (!g_file_get_contents(path, &bytes, &length, NULL))
		return FALSE;
	meta->source_bytes = length;
	return set_text(meta, bytes, length, whole, lock);
}

/* ---- saving ---- */

static gboolean fail(int code, const char *path, GError **error)
{
	g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s: %s", path,
		    g_strerror(code));
	return FALSE;
}

/* What is there already is a part of the text, or made by another drain of the same text. */
static gboolean append(struct fdar_drain_meta *meta, const char *bytes, gsize length,
		       GError **error)
{
	g_autofree char *path = g_build_filename(meta->target, FILE_NAME, NULL, NULL);
	gsize done = 0;
	int code = 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

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

static gboolean save(struct fdar_drain_meta *meta, const char *bytes, gsize length, GError **error)
{
	if (!meta->made && g_mkdir_with_parents(meta->target, 0700) != 0)
		return fail(errno, meta->target, error);
	meta->made = TRUE;
	return !length || append(meta, bytes, length, error);
}

gboolean fdar_drain_meta_save(struct fdar_drain_meta *meta, pthread_mutex_t *lock, GError **error)
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

gboolean fdar_drain_meta_sync(struct fdar_drain_meta *meta, GError **error)
{
	g_autofree char *path = g_build_filename(meta->target, FILE_NAME, NULL, NULL);

	return sync_path(path, error) && sync_path(meta->target, error);
}
