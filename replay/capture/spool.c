#include "replay/capture/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "replay/capture/capture.h"

#define BUFFER_BYTES ((size_t)256 * 1024)

struct fdar_spool {
	int fd;
	int failed; /* errno of the first append that failed */
	uint64_t written;
	size_t waiting; /* bytes in buffer, behind written */
	void *map;
	size_t map_bytes;
	uint8_t *buffer; /* BUFFER_BYTES; NULL once it is mapped, like the descriptor */
};

static const char *spool_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/var/tmp";
}

/* -1 and errno when there is none. */
static int open_nameless(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	g_autofree char *path = NULL;

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	path = g_build_filename(dir, "flowdar-XXXXXX", NULL);
	fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		unlink(path);
	return fd;
}

int fdar_spool_descriptor(void)
{
	return open_nameless(spool_dir());
}

struct fdar_spool *fdar_spool_new(GError **error)
{
	int fd = fdar_spool_descriptor();
	struct fdar_spool *spool;

	if (fd < 0) {
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_OUTPUT,
			    "%s: cannot make a temporary file: %s", spool_dir(), g_strerror(errno));
		return NULL;
	}
	spool = g_new0(struct fdar_spool, 1);
	spool->buffer = g_malloc(BUFFER_BYTES);
	spool->fd = fd;
	return spool;
}

static void write_out(struct fdar_spool *spool, const uint8_t *bytes, size_t size)
{
	while (size > 0 && !spool->failed) {
		ssize_t done = pwrite(spool->fd, bytes, size, (off_t)spool->written);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			spool->failed = done < 0 ? errno : ENOSPC;
			return;
		}
		spool->written += (uint64_t)done;
		bytes += done;
		size -= (size_t)done;
	}
}

static void flush(struct fdar_spool *spool)
{
	write_out(spool, spool->buffer, spool->waiting);
	spool->waiting = 0;
}

uint64_t fdar_spool_append(struct fdar_spool *spool, const void *bytes, size_t size)
{
	uint64_t offset = spool->written + spool->waiting;

	if (size > BUFFER_BYTES - spool->waiting)
		flush(spool);
	if (size >= BUFFER_BYTES) {
		write_out(spool, bytes, size);
	} else if (size > 0) {
		memcpy(spool->buffer + spool->waiting, bytes, size);
		spool->waiting += size;
	}
	return offset;
}

uint64_t fdar_spool_size(const struct fdar_spool *spool)
{
	return spool->written + spool->waiting;
}

gboolean fdar_spool_read(struct fdar_spool *spool, uint64_t offset, void *bytes, size_t size)
{
	uint8_t *to = bytes;
	uint64_t all = spool->written + spool->waiting;

	if (offset > all || size > all - offset)
		return FALSE;
	while (size > 0 && offset < spool->written) {
		size_t part = MIN(size, spool->written - offset);
		ssize_t got = pread(spool->fd, to, part, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return FALSE;
		to += got;
		offset += (uint64_t)got;
		size -= (size_t)got;
	}
	if (size > 0)
		memcpy(to, spool->buffer + (offset - spool->written), size);
	return TRUE;
}

static gboolean fail(int number, const char *what, GError **error)
{
	g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_OUTPUT,
		    "%s: temporary file for what the capture holds: %s: %s", spool_dir(), what,
		    g_strerror(number));
	return FALSE;
}

gboolean fdar_spool_check(const struct fdar_spool *spool, GError **error)
{
	return spool->failed ? fail(spool->failed, "writing", error) : TRUE;
}

static gboolean map(struct fdar_spool *spool, uint64_t size, int protection, GError **error)
{
	if (size == 0)
		return TRUE;
	if (size > SIZE_MAX)
		return fail(EFBIG, "mapping", error);
	spool->map = mmap(NULL, size, protection, MAP_SHARED, spool->fd, 0);
	if (spool->map == MAP_FAILED) {
		spool->map = NULL;
		return fail(errno, "mapping", error);
	}
	spool->map_bytes = size;
	/* Whoever has many of them needs no descriptor for each. */
	close(spool->fd);
	spool->fd = -1;
	g_clear_pointer(&spool->buffer, g_free);
	return TRUE;
}

gboolean fdar_spool_map(struct fdar_spool *spool, const uint8_t **bytes, GError **error)
{
	flush(spool);
	if (!fdar_spool_check(spool, error) || !map(spool, spool->written, PROT_READ, error))
		return FALSE;
	*bytes = spool->map;
	return TRUE;
}

gboolean fdar_spool_map_writable(struct fdar_spool *spool, uint64_t size, uint8_t **bytes,
				 GError **error)
{
	int failed;

	flush(spool);
	if (!fdar_spool_check(spool, error))
		return FALSE;
	/* The blocks are allocated now: a full disk is an error here, not a SIGBUS later. */
	failed = size > spool->written ? posix_fallocate(spool->fd, 0, (off_t)size) : 0;
	if (failed)
		return fail(failed, "growing", error);
	if (!map(spool, size, PROT_READ | PROT_WRITE, error))
		return FALSE;
	*bytes = spool->map;
	return TRUE;
}

void fdar_spool_seal(struct fdar_spool *spool)
{
	if (spool->map)
		mprotect(spool->map, spool->map_bytes, PROT_READ);
}

void fdar_spool_free(struct fdar_spool *spool)
{
	if (!spool)
		return;
	if (spool->map)
		munmap(spool->map, spool->map_bytes);
	if (spool->fd >= 0)
		close(spool->fd);
	g_free(spool->buffer);
	g_free(spool);
}
