#include "pipeline/ctf/ctf_window.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/errors.h"

#define COMPARED 65536u /* bytes at once */

void fdar_ctf_window_init(struct fdar_ctf_window *window, size_t usual, gboolean keep)
{
	*window = (struct fdar_ctf_window){ .usual = usual, .keep = keep, .fd = -1 };
}

static void close_file(struct fdar_ctf_window *window)
{
	if (window->fd >= 0)
		close(window->fd);
	window->fd = -1;
}

/* ---- the pool ---- */

struct fdar_ctf_pool *fdar_ctf_pool_new(void)
{
	struct fdar_ctf_pool *pool = g_new0(struct fdar_ctf_pool, 1);

	pool->reader = fdar_packed_reader_new();
	pool->windows = g_ptr_array_new();
	pool->limit = FDAR_PACKED_HELD_MAX;
	return pool;
}

void fdar_ctf_pool_free(struct fdar_ctf_pool *pool)
{
	if (!pool)
		return;
	fdar_packed_reader_free(pool->reader);
	g_ptr_array_unref(pool->windows);
	g_free(pool);
}

static void give_packet_back(struct fdar_ctf_window *window)
{
	if (!window->held)
		return;
	window->pool->held -= window->held;
	g_ptr_array_remove_fast(window->pool->windows, window);
	g_clear_pointer(&window->packet, g_free);
	window->held = 0;
	window->unpacked = FALSE;
}

/* Others give theirs back, those that were used longest ago first. */
static void keep_bound(struct fdar_ctf_pool *pool, const struct fdar_ctf_window *window)
{
	while (pool->held > pool->limit && pool->windows->len > 1) {
		struct fdar_ctf_window *oldest = NULL;

		for (guint i = 0; i < pool->windows->len; i++) {
			struct fdar_ctf_window *other = g_ptr_array_index(pool->windows, i);

			if (other != window && (!oldest || other->turn < oldest->turn))
				oldest = other;
		}
		give_packet_back(oldest);
	}
}

/* ---- the window ---- */

void fdar_ctf_window_close(struct fdar_ctf_window *window)
{
	close_file(window);
	give_packet_back(window);
	g_free(window->bytes);
	window->bytes = NULL;
	window->capacity = window->length = 0;
}

char *fdar_ctf_window_place(const struct fdar_ctf_window *window, uint64_t at)
{
	if (!window->packed)
		return g_strdup_printf("byte %" G_GUINT64_FORMAT, window->start + at);
	return g_strdup_printf("byte %" G_GUINT64_FORMAT ", byte %" G_GUINT64_FORMAT
			       " of the packet there",
			       window->start, at);
}

static void open_at(struct fdar_ctf_window *window, const char *path, uint64_t start)
{
	/* The path of a file is one object as long as the stream lives. */
	if (window->path != path)
		close_file(window);
	if (!window->packed)
		give_packet_back(window);
	window->unpacked = FALSE;
	window->path = path;
	window->start = start;
	window->offset = 0;
	window->length = 0;
}

void fdar_ctf_window_open(struct fdar_ctf_window *window, const char *path, uint64_t start,
			  uint64_t size)
{
	window->packed = FALSE;
	window->limit = size - start;
	open_at(window, path, start);
}

static gboolean fail(const struct fdar_ctf_window *window, uint64_t at, const char *why,
		     GError **error)
{
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED,
		    "byte %" G_GUINT64_FORMAT ": %s", window->start + at, why);
	return FALSE;
}

static gboolean open_file(struct fdar_ctf_window *window, uint64_t position, GError **error)
{
	g_autoptr(GError) cause = NULL;
	int number;

	if (window->fd < 0)
		window->fd = open(window->path, O_RDONLY | O_CLOEXEC);
	if (window->fd >= 0)
		return TRUE;
	number = errno;
	g_set_error(&cause, G_FILE_ERROR, (gint)g_file_error_from_errno(number), "%s: %s",
		    window->path, g_strerror(number));
	if (!fdar_error_is_shortage(cause))
		return fail(window, position, g_strerror(number), error);
	g_propagate_error(error, g_steal_pointer(&cause));
	return FALSE;
}

gboolean fdar_ctf_window_open_packed(struct fdar_ctf_window *window, const char *path,
				     uint64_t start, uint64_t size, GError **error)
{
	gboolean ok;

	window->packed = TRUE;
	open_at(window, path, start);
	if (!open_file(window, 0, error))
		return FALSE;
	ok = fdar_packed_read_note(window->fd, start, size, &window->note, error);
	window->limit = ok ? window->note.packet_bytes : 0;
	if (!window->keep)
		close_file(window);
	return ok;
}

/* Unpacks the packet of the note, unless it is there. */
static gboolean unpack(struct fdar_ctf_window *window, GError **error)
{
	struct fdar_ctf_pool *pool = window->pool;
	size_t held = window->held;

	window->turn = ++pool->turn;
	if (window->unpacked)
		return TRUE;
	if (!open_file(window, 0, error))
		return FALSE;
	window->unpacked =
		fdar_packed_read_frame(pool->reader, window->fd, window->start, &window->note,
				       &window->packet, &window->held, error);
	if (!window->keep)
		close_file(window);
	if (!held && window->held)
		g_ptr_array_add(pool->windows, window);
	pool->held += window->held - held;
	keep_bound(pool, window);
	return window->unpacked;
}

/* Reads length bytes at position of the packet to the window's bytes from place on. */
static gboolean read_bytes(struct fdar_ctf_window *window, size_t place, uint64_t position,
			   size_t length, GError **error)
{
	if (window->packed) {
		if (!unpack(window, error))
			return FALSE;
		fdar_packed_copy(&window->note, window->packet, position, length,
				 window->bytes + place);
		return TRUE;
	}
	if (!open_file(window, position, error))
		return FALSE;
	while (length) {
		ssize_t n = pread(window->fd, window->bytes + place, length,
				  (off_t)(window->start + position));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(window, position, g_strerror(errno), error);
		if (n == 0)
			return fail(window, position, "the file has become shorter", error);
		place += (size_t)n;
		position += (uint64_t)n;
		length -= (size_t)n;
	}
	if (!window->keep)
		close_file(window);
	return TRUE;
}

/* What is needed for an event that does not fit is given back once it does again. */
static void make_room(struct fdar_ctf_window *window, size_t needed, size_t kept)
{
	size_t capacity = MAX(window->usual, needed);

	if (capacity == window->capacity || (window->capacity > capacity && kept > capacity))
		return;
	window->bytes = g_realloc(window->bytes, capacity);
	window->capacity = capacity;
}

gboolean fdar_ctf_window_load(struct fdar_ctf_window *window, uint64_t position, size_t length,
			      GError **error)
{
	uint64_t from = position & ~(uint64_t)(FDAR_CTF_WINDOW_STEP - 1);
	uint64_t end = window->offset + window->length;
	size_t needed, kept = 0, wanted;

	if (position > window->limit)
		position = from = window->limit & ~(uint64_t)(FDAR_CTF_WINDOW_STEP - 1);
	needed = MIN((size_t)(position - from) + length, FDAR_CTF_WINDOW_MAX);
	if (from >= window->offset && from < end)
		kept = (size_t)(end - from);
	if (kept)
		memmove(window->bytes, window->bytes + (from - window->offset), kept);
	make_room(window, needed, kept);
	wanted = (size_t)MIN(window->capacity, window->limit - from);
	window->offset = from;
	window->length = kept;
	if (wanted <= kept)
		return TRUE;
	if (!read_bytes(window, kept, from + kept, wanted - kept, error))
		return FALSE;
	window->length = wanted;
	return TRUE;
}

/* ---- two packets ---- */

static gboolean read_whole(int fd, void *bytes, size_t length, uint64_t at)
{
	uint8_t *place = bytes;

	while (length) {
		ssize_t n = pread(fd, place, length, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FALSE;
		place += n;
		at += (uint64_t)n;
		length -= (size_t)n;
	}
	return TRUE;
}

static gboolean same_bytes(int fd, uint64_t at, int other, uint64_t other_at, uint64_t length)
{
	g_autofree uint8_t *left = g_malloc(COMPARED), *right = g_malloc(COMPARED);

	while (length) {
		size_t step = (size_t)MIN(length, COMPARED);

		if (!read_whole(fd, left, step, at) || !read_whole(other, right, step, other_at) ||
		    memcmp(left, right, step) != 0)
			return FALSE;
		at += step;
		other_at += step;
		length -= step;
	}
	return TRUE;
}

gboolean fdar_ctf_window_same(const char *path, uint64_t at, const char *other, uint64_t other_at,
			      uint64_t length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), second = open(other, O_RDONLY | O_CLOEXEC);
	gboolean same = fd >= 0 && second >= 0 && same_bytes(fd, at, second, other_at, length);

	if (fd >= 0)
		close(fd);
	if (second >= 0)
		close(second);
	return same;
}
