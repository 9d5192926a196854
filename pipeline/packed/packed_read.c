#include "pipeline/packed/packed_read.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/errors.h"
#include "pipeline/packed/packed_columns.h"

struct fdar_packed_reader {
	ZSTD_DCtx *context;
	uint8_t *frame, *columns; /* of the packet in hand */
	size_t frame_capacity, columns_capacity;
};

gboolean fdar_packed_is_name(const char *name)
{
	return g_str_has_suffix(name, FDAR_PACKED_SUFFIX) && name[0] != FDAR_PACKED_SUFFIX[0];
}

char *fdar_packed_plain_name(const char *name)
{
	return g_strndup(name, strlen(name) - strlen(FDAR_PACKED_SUFFIX));
}

gboolean fdar_packed_is_in(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (fdar_packed_is_name(name))
			return TRUE;
	return FALSE;
}

struct fdar_packed_reader *fdar_packed_reader_new(void)
{
	struct fdar_packed_reader *reader = g_new0(struct fdar_packed_reader, 1);

	reader->context = ZSTD_createDCtx();
	if (!reader->context)
		g_error("no memory to unpack with");
	return reader;
}

void fdar_packed_reader_free(struct fdar_packed_reader *reader)
{
	if (!reader)
		return;
	ZSTD_freeDCtx(reader->context);
	g_free(reader->frame);
	g_free(reader->columns);
	g_free(reader);
}

static gboolean fail(uint64_t at, const char *what, GError **error)
{
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED,
		    "byte %" G_GUINT64_FORMAT ": %s", at, what);
	return FALSE;
}

static gboolean fail_short(uint64_t size, uint64_t missing, const char *what, GError **error)
{
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED,
		    "byte %" G_GUINT64_FORMAT ": the file ends; expected %" G_GUINT64_FORMAT
		    " more bytes of %s",
		    size, missing, what);
	return FALSE;
}

static gboolean read_bytes(int fd, uint64_t at, uint8_t *bytes, size_t length, GError **error)
{
	while (length) {
		ssize_t n = pread(fd, bytes, length, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(at, g_strerror(errno), error);
		if (n == 0)
			return fail(at, "the file has become shorter", error);
		bytes += n;
		at += (uint64_t)n;
		length -= (size_t)n;
	}
	return TRUE;
}

/* ---- notes ---- */

static gboolean makes_sense(const struct fdar_packed_entry *entry)
{
	unsigned stride = entry->flags & FDAR_PACKED_STRIDE;

	if (entry->flags & ~(FDAR_PACKED_STRIDE | FDAR_PACKED_UNCOUNTED) ||
	    (stride && stride < FDAR_PACKED_STRIDE_MIN))
		return FALSE;
	if (!entry->packet_bytes || !entry->frame_bytes)
		return entry->packet_bytes == entry->frame_bytes;
	return entry->packet_bytes <= FDAR_PACKED_PACKET_MAX &&
	       entry->content_bits <= (uint64_t)entry->packet_bytes * 8 &&
	       entry->frame_bytes <= ZSTD_compressBound(entry->packet_bytes);
}

gboolean fdar_packed_read_note(int fd, uint64_t at, uint64_t size, struct fdar_packed_entry *entry,
			       GError **error)
{
	uint8_t note[FDAR_PACKED_NOTE_FRAME];
	uint64_t left = size - at;

	if (left < sizeof(note))
		return fail_short(size, sizeof(note) - left, "the note before a packet", error);
	if (!read_bytes(fd, at, note, sizeof(note), error))
		return FALSE;
	if (!fdar_packed_note_get(note, entry))
		return fail(at, "expected the note before a packet of a packed stream, undamaged",
			    error);
	if (!makes_sense(entry))
		return fail(at, "expected a note with sizes and flags that can be", error);
	left -= sizeof(note);
	if (left < entry->frame_bytes)
		return fail_short(size, entry->frame_bytes - left, "a packed packet", error);
	return TRUE;
}

/* ---- packets ---- */

static void make_room(uint8_t **bytes, size_t *capacity, size_t needed)
{
	if (*capacity >= needed)
		return;
	g_free(*bytes); /* what is in there is not wanted any more: no copy */
	*bytes = g_malloc(needed);
	*capacity = needed;
}

/* Whether it is the one frame that its note speaks of, with nothing behind it, and needs nothing that
 * is not in it. */
static gboolean is_frame(const struct fdar_packed_reader *reader,
			 const struct fdar_packed_entry *entry)
{
	return ZSTD_getFrameContentSize(reader->frame, entry->frame_bytes) == entry->packet_bytes &&
	       ZSTD_findFrameCompressedSize(reader->frame, entry->frame_bytes) ==
		       entry->frame_bytes &&
	       !ZSTD_getDictID_fromFrame(reader->frame, entry->frame_bytes);
}

static gboolean unpack(struct fdar_packed_reader *reader, uint64_t at,
		       const struct fdar_packed_entry *entry, uint8_t *out, GError **error)
{
	size_t n = ZSTD_decompressDCtx(reader->context, out, entry->packet_bytes, reader->frame,
				       entry->frame_bytes);
	g_autofree char *what = NULL;

	if (n == entry->packet_bytes)
		return TRUE;
	what = g_strdup_printf("expected a packet that zstd unpacks: %s",
			       ZSTD_isError(n) ? ZSTD_getErrorName(n) : "it is too short");
	return fail(at, what, error);
}

gboolean fdar_packed_read_frame(struct fdar_packed_reader *reader, int fd, uint64_t at,
				const struct fdar_packed_entry *entry, uint8_t **bytes,
				size_t *capacity, GError **error)
{
	at += FDAR_PACKED_NOTE_FRAME;
	make_room(&reader->frame, &reader->frame_capacity, entry->frame_bytes);
	if (!read_bytes(fd, at, reader->frame, entry->frame_bytes, error))
		return FALSE;
	if (!is_frame(reader, entry))
		return fail(at, "expected a frame of zstd as long as its note says", error);
	make_room(bytes, capacity, entry->packet_bytes);
	return unpack(reader, at, entry, *bytes, error);
}

void fdar_packed_copy(const struct fdar_packed_entry *entry, const uint8_t *unpacked, size_t from,
		      size_t count, uint8_t *bytes)
{
	unsigned stride = entry->flags & FDAR_PACKED_STRIDE;

	if (stride)
		fdar_packed_columns_join(unpacked, entry->packet_bytes, stride, from, count, bytes);
	else
		memcpy(bytes, unpacked + from, count);
}

gboolean fdar_packed_read_packet(struct fdar_packed_reader *reader, int fd, uint64_t at,
				 const struct fdar_packed_entry *entry, uint8_t **packet,
				 size_t *capacity, GError **error)
{
	if (!(entry->flags & FDAR_PACKED_STRIDE))
		return fdar_packed_read_frame(reader, fd, at, entry, packet, capacity, error);
	if (!fdar_packed_read_frame(reader, fd, at, entry, &reader->columns,
				    &reader->columns_capacity, error))
		return FALSE;
	make_room(packet, capacity, entry->packet_bytes);
	fdar_packed_copy(entry, reader->columns, 0, entry->packet_bytes, *packet);
	return TRUE;
}
