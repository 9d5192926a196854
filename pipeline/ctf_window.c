#include "pipeline/ctf_window.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/source.h"

void fd_ctf_window_init(struct fd_ctf_window *window, size_t usual, gboolean keep)
{
	*window = (struct fd_ctf_window){ .usual = usual, .keep = keep, .fd = -1 };
}

static void close_file(struct fd_ctf_window *window)
{
	if (window->fd >= 0)
		close(window->fd);
	window->fd = -1;
}

void fd_ctf_window_close(struct fd_ctf_window *window)
{
	close_file(window);
	g_free(window->bytes);
	window->bytes = NULL;
	window->capacity = window->length = 0;
}

void fd_ctf_window_open(struct fd_ctf_window *window, const char *path, uint64_t start,
			uint64_t size)
{
	/* The path of a file is one object as long as the stream lives. */
	if (window->path != path)
		close_file(window);
	window->path = path;
	window->start = start;
	window->limit = size - start;
	window->offset = 0;
	window->length = 0;
}

static gboolean fail(const struct fd_ctf_window *window, uint64_t at, const char *why,
		     GError **error)
{
	g_set_error(error, FD_SOURCE_ERROR, FD_SOURCE_ERROR_DAMAGED,
		    "byte %" G_GUINT64_FORMAT ": %s", window->start + at, why);
	return FALSE;
}

/* Reads length bytes at position of the packet to the window's bytes from place on. */
static gboolean read_bytes(struct fd_ctf_window *window, size_t place, uint64_t position,
			   size_t length, GError **error)
{
	if (window->fd < 0)
		window->fd = open(window->path, O_RDONLY | O_CLOEXEC);
	if (window->fd < 0)
		return fail(window, position, g_strerror(errno), error);
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
static void make_room(struct fd_ctf_window *window, size_t needed, size_t kept)
{
	size_t capacity = MAX(window->usual, needed);

	if (capacity == window->capacity || (window->capacity > capacity && kept > capacity))
		return;
	window->bytes = g_realloc(window->bytes, capacity);
	window->capacity = capacity;
}

gboolean fd_ctf_window_load(struct fd_ctf_window *window, uint64_t position, size_t length,
			    GError **error)
{
	uint64_t from = position & ~(uint64_t)(FD_CTF_WINDOW_STEP - 1);
	uint64_t end = window->offset + window->length;
	size_t needed, kept = 0, wanted;

	if (position > window->limit)
		position = from = window->limit & ~(uint64_t)(FD_CTF_WINDOW_STEP - 1);
	needed = MIN((size_t)(position - from) + length, FD_CTF_WINDOW_MAX);
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
