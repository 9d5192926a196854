#include "pipeline/packed/packed_write.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define WRITEBACK_BYTES (UINT64_C(8) << 20) /* what is given to the disk in one go */
#define MAGIC_SIZE      8u

/* zlib's CRC-32, a bit at a time: a note is short, and there is one a packet. */
static uint32_t crc32_of(const uint8_t *bytes, size_t length)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	value = GUINT32_TO_LE(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static uint8_t *put64(uint8_t *at, uint64_t value)
{
	value = GUINT64_TO_LE(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static const uint8_t *get32(const uint8_t *at, uint32_t *value)
{
	memcpy(value, at, sizeof(*value));
	*value = GUINT32_FROM_LE(*value);
	return at + sizeof(*value);
}

static const uint8_t *get64(const uint8_t *at, uint64_t *value)
{
	memcpy(value, at, sizeof(*value));
	*value = GUINT64_FROM_LE(*value);
	return at + sizeof(*value);
}

void fdar_packed_note_put(const struct fdar_packed_entry *entry,
			  uint8_t note[FDAR_PACKED_NOTE_FRAME])
{
	uint8_t *at = put32(put32(note, FDAR_PACKED_NOTE_MAGIC), FDAR_PACKED_NOTE_BYTES);

	at = put32(put32(at, entry->frame_bytes), entry->packet_bytes);
	at = put64(put64(put64(at, entry->content_bits), entry->begin), entry->end);
	at = put64(put64(put64(at, entry->events), entry->discarded), entry->dropped);
	at = put32(put64(at, entry->sequence), entry->flags);
	put32(at, crc32_of(note + MAGIC_SIZE, (size_t)(at - note) - MAGIC_SIZE));
}

gboolean fdar_packed_note_get(const uint8_t note[FDAR_PACKED_NOTE_FRAME],
			      struct fdar_packed_entry *entry)
{
	uint32_t magic, length, crc;
	const uint8_t *at = get32(get32(note, &magic), &length);

	at = get32(get32(at, &entry->frame_bytes), &entry->packet_bytes);
	at = get64(get64(get64(at, &entry->content_bits), &entry->begin), &entry->end);
	at = get64(get64(get64(at, &entry->events), &entry->discarded), &entry->dropped);
	at = get32(get64(at, &entry->sequence), &entry->flags);
	get32(at, &crc);
	return magic == FDAR_PACKED_NOTE_MAGIC && length == FDAR_PACKED_NOTE_BYTES &&
	       crc == crc32_of(note + MAGIC_SIZE, (size_t)(at - note) - MAGIC_SIZE);
}

static gboolean fail(int code, const char *what, GError **error)
{
	g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s: %s", what,
		    g_strerror(code));
	return FALSE;
}

/* ---- opening ---- */

/* Hops from note to note; what is behind the last whole frame is not the file's. */
static gboolean find_end(struct fdar_packed_file *file, uint64_t size)
{
	uint8_t note[FDAR_PACKED_NOTE_FRAME];

	while (size - file->bytes >= sizeof(note)) {
		struct fdar_packed_entry entry;
		ssize_t n = pread(file->fd, note, sizeof(note), (off_t)file->bytes);

		if (n < 0)
			return FALSE;
		if (n != (ssize_t)sizeof(note) || !fdar_packed_note_get(note, &entry) ||
		    entry.frame_bytes > size - file->bytes - sizeof(note))
			break;
		file->bytes += sizeof(note) + entry.frame_bytes;
		file->last = entry;
		file->any = TRUE;
	}
	return TRUE;
}

gboolean fdar_packed_file_open(struct fdar_packed_file *file, const char *path, GError **error)
{
	struct stat st;

	*file = (struct fdar_packed_file){ .fd = -1 };
	file->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file->fd < 0)
		return fail(errno, path, error);
	if (fstat(file->fd, &st) == 0 && find_end(file, (uint64_t)st.st_size) &&
	    ((uint64_t)st.st_size == file->bytes || ftruncate(file->fd, (off_t)file->bytes) == 0))
		return TRUE;
	fail(errno, path, error);
	fdar_packed_file_close(file);
	*file = (struct fdar_packed_file){ .fd = -1 };
	return FALSE;
}

/* ---- appending ---- */

/* 0 or an errno. */
static int write_all(int fd, struct iovec *parts, int count, off_t at)
{
	while (count) {
		ssize_t n = pwritev(fd, parts, count, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			return ENOSPC;
		at += n;
		while (count && (size_t)n >= parts->iov_len) {
			n -= (ssize_t)parts->iov_len;
			parts++;
			count--;
		}
		if (count) {
			parts->iov_base = (char *)parts->iov_base + n;
			parts->iov_len -= (size_t)n;
		}
	}
	return 0;
}

/* Dirty pages are somebody's memory too, and would all be written at the end. */
static void write_back(struct fdar_packed_file *file)
{
	if (file->unsynced < WRITEBACK_BYTES)
		return;
	sync_file_range(file->fd, (off_t)(file->bytes - file->unsynced), (off_t)file->unsynced,
			SYNC_FILE_RANGE_WRITE);
	file->unsynced = 0;
}

gboolean fdar_packed_file_append(struct fdar_packed_file *file,
				 const struct fdar_packed_entry *entry, const void *frame,
				 GError **error)
{
	uint8_t note[FDAR_PACKED_NOTE_FRAME];
	struct iovec parts[2] = { { note, sizeof(note) },
				  { (void *)(uintptr_t)frame, entry->frame_bytes } };
	int code;

	fdar_packed_note_put(entry, note);
	code = write_all(file->fd, parts, entry->frame_bytes ? 2 : 1, (off_t)file->bytes);
	if (code) {
		/* If that does not go either, the next drain or reader cuts it off. */
		if (ftruncate(file->fd, (off_t)file->bytes) != 0)
			file->unsynced = 0;
		return fail(code, "cannot write", error);
	}
	file->bytes += sizeof(note) + entry->frame_bytes;
	file->unsynced += sizeof(note) + entry->frame_bytes;
	file->last = *entry;
	file->any = TRUE;
	write_back(file);
	return TRUE;
}

gboolean fdar_packed_file_sync(struct fdar_packed_file *file, GError **error)
{
	if (file->fd < 0 || fdatasync(file->fd) == 0)
		return TRUE;
	/* Some file systems have no such thing. */
	return errno == EINVAL || fail(errno, "cannot sync", error);
}

void fdar_packed_file_close(struct fdar_packed_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}
