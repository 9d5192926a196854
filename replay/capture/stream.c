#include "replay/capture/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "replay/capture/capture.h"

#define BUFFER_BYTES ((size_t)128 * 1024)
#define BLOCK_BYTES  ((size_t)256 * 1024)
/* zstd's skippable frames begin with any of sixteen numbers from this on. */
#define SKIPPABLE 0x184d2a50u

enum packing { PLAIN, GZIP, ZSTD };

/* Bytes of the stream, in a row. Blocks that nobody holds any more are used again. */
struct fdar_block {
	struct fdar_block *next; /* in the list of spare ones */
	unsigned holders;        /* the stream itself is one */
	size_t size;
	uint8_t bytes[];
};

struct fdar_stream {
	int fd;
	enum packing packing;
	GConverter *gzip;
	ZSTD_DStream *zstd;
	size_t zstd_hint; /* what ZSTD_decompressStream gave last: 0 at the end of a frame */
	gboolean file_ended;
	gboolean ended;
	uint64_t file_read;
	uint64_t file_size;
	uint64_t offset;
	char *damage;
	struct fdar_block *block; /* what is looked at lies in [begin, end) of it */
	size_t begin, end;
	struct fdar_block *spare;
	size_t in_begin, in_end; /* the file's bytes that wait to be unpacked */
	uint8_t in[BUFFER_BYTES];
};

static void set_damage(struct fdar_stream *stream, const char *what, const char *message)
{
	if (!stream->damage)
		stream->damage =
			g_strdup_printf("%s at byte %" G_GUINT64_FORMAT " of the file: %s", what,
					stream->file_read - (stream->in_end - stream->in_begin),
					message);
	stream->ended = TRUE;
}

/* Reads the file itself. 0 at its end or after a failure. */
static size_t read_file(struct fdar_stream *stream, uint8_t *to, size_t size)
{
	ssize_t got;

	if (stream->file_ended)
		return 0;
	do {
		got = read(stream->fd, to, size);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		set_damage(stream, "reading failed", g_strerror(errno));
	if (got <= 0) {
		stream->file_ended = TRUE;
		return 0;
	}
	stream->file_read += (uint64_t)got;
	return (size_t)got;
}

/* Moves what waits to the front and reads more behind it. FALSE when nothing could be added. */
static gboolean fill(struct fdar_stream *stream)
{
	size_t got;

	if (stream->file_ended)
		return FALSE;
	memmove(stream->in, stream->in + stream->in_begin, stream->in_end - stream->in_begin);
	stream->in_end -= stream->in_begin;
	stream->in_begin = 0;
	if (stream->in_end == BUFFER_BYTES)
		return FALSE;
	got = read_file(stream, stream->in + stream->in_end, BUFFER_BYTES - stream->in_end);
	stream->in_end += got;
	return got > 0;
}

static void find_packing(struct fdar_stream *stream)
{
	static const uint8_t gzip[] = { 0x1f, 0x8b, 0x08 };
	static const uint8_t zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
	uint32_t word = 0;

	while (stream->in_end < 4 && fill(stream))
		;
	memcpy(&word, stream->in, MIN(stream->in_end, sizeof(word)));
	if (stream->in_end >= sizeof(gzip) && memcmp(stream->in, gzip, sizeof(gzip)) == 0) {
		stream->packing = GZIP;
		stream->gzip = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
	} else if (memcmp(&word, zstd, sizeof(zstd)) == 0 ||
		   (GUINT32_FROM_LE(word) & ~15u) == SKIPPABLE) {
		stream->packing = ZSTD;
		stream->zstd = ZSTD_createDStream();
		stream->zstd_hint = 1;
	}
}

struct fdar_stream *fdar_stream_open(const char *path, GError **error)
{
	gboolean standard = strcmp(path, "-") == 0;
	struct fdar_stream *stream;
	struct stat status;
	int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
			  : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) != 0 || S_ISDIR(status.st_mode)) {
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_MISSING, "%s: %s",
			    standard ? "standard input" : path,
			    fd >= 0 && S_ISDIR(status.st_mode)
				    ? "is a directory, a capture file is expected"
				    : g_strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	stream = g_new(struct fdar_stream, 1);
	memset(stream, 0, sizeof(*stream) - BUFFER_BYTES);
	stream->fd = fd;
	stream->file_size = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
	find_packing(stream);
	return stream;
}

/* One step of decompression into to; made is 0 when more of the file is needed, or at the end. */
static size_t unpack_gzip(struct fdar_stream *stream, uint8_t *to, size_t size)
{
	gsize used = 0, made = 0;
	GError *error = NULL;
	GConverterResult result =
		g_converter_convert(stream->gzip, stream->in + stream->in_begin,
				    stream->in_end - stream->in_begin, to, size,
				    stream->file_ended ? G_CONVERTER_INPUT_AT_END : 0, &used, &made,
				    &error);

	if (result == G_CONVERTER_ERROR) {
		gboolean wants_more = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT);

		if (!wants_more || stream->file_ended)
			set_damage(stream, "gzip data damaged", error->message);
		g_error_free(error);
		return 0;
	}
	stream->in_begin += used;
	/* Another member may follow; zero bytes behind the last are padding. */
	if (result == G_CONVERTER_FINISHED) {
		g_converter_reset(stream->gzip);
		if (stream->in_begin == stream->in_end)
			fill(stream);
		if (stream->in_begin == stream->in_end || stream->in[stream->in_begin] != 0x1f)
			stream->ended = TRUE;
	}
	return made;
}

static size_t unpack_zstd(struct fdar_stream *stream, uint8_t *to, size_t size)
{
	ZSTD_inBuffer in = { stream->in + stream->in_begin, stream->in_end - stream->in_begin, 0 };
	ZSTD_outBuffer out = { to, size, 0 };
	size_t hint;

	if (in.size == 0 && stream->file_ended && stream->zstd_hint == 0) {
		stream->ended = TRUE;
		return 0;
	}
	hint = ZSTD_decompressStream(stream->zstd, &out, &in);
	if (ZSTD_isError(hint)) {
		set_damage(stream, "zstd data damaged", ZSTD_getErrorName(hint));
		return 0;
	}
	stream->zstd_hint = hint;
	stream->in_begin += in.pos;
	if (out.pos == 0 && in.pos == 0 && stream->file_ended)
		set_damage(stream, "zstd data damaged", "ends within a frame");
	return out.pos;
}

/* Some more bytes of the stream, at least one. 0 at its end. */
static size_t produce(struct fdar_stream *stream, uint8_t *to, size_t size)
{
	while (!stream->ended) {
		size_t made;

		if (stream->packing == PLAIN && stream->in_begin == stream->in_end) {
			made = read_file(stream, to, size);
			stream->ended = made == 0;
			return made;
		}
		if (stream->packing == PLAIN) { /* what the search for a magic has read */
			made = MIN(size, stream->in_end - stream->in_begin);
			memcpy(to, stream->in + stream->in_begin, made);
			stream->in_begin += made;
			return made;
		}
		if (stream->in_begin == stream->in_end)
			fill(stream);
		made = stream->packing == GZIP ? unpack_gzip(stream, to, size)
					       : unpack_zstd(stream, to, size);
		if (made > 0)
			return made;
		if (!stream->ended)
			fill(stream);
	}
	return 0;
}

static struct fdar_block *block_new(struct fdar_stream *stream, size_t size)
{
	struct fdar_block *block = stream->spare;

	if (block && size <= BLOCK_BYTES) {
		stream->spare = block->next;
	} else {
		size = MAX(size, BLOCK_BYTES);
		block = g_malloc(sizeof(*block) + size);
		block->size = size;
	}
	block->next = NULL;
	block->holders = 1;
	return block;
}

/* Sees to room for size bytes from begin on: what waits goes to another block when this one has no
 * more room behind it. */
static void make_room(struct fdar_stream *stream, size_t size)
{
	struct fdar_block *old = stream->block;
	size_t waiting = stream->end - stream->begin;

	if (old && stream->begin + size <= old->size)
		return;
	stream->block = block_new(stream, size);
	if (waiting)
		memcpy(stream->block->bytes, old->bytes + stream->begin, waiting);
	stream->begin = 0;
	stream->end = waiting;
	if (old)
		fdar_stream_let_go(stream, old);
}

const uint8_t *fdar_stream_peek(struct fdar_stream *stream, size_t size, size_t *got)
{
	if (stream->end - stream->begin < size) {
		make_room(stream, size);
		while (stream->end - stream->begin < size) {
			size_t made = produce(stream, stream->block->bytes + stream->end,
					      stream->block->size - stream->end);

			if (made == 0)
				break;
			stream->end += made;
		}
	}
	*got = MIN(size, stream->end - stream->begin);
	return stream->block ? stream->block->bytes + stream->begin : NULL;
}

void fdar_stream_pass(struct fdar_stream *stream, size_t size)
{
	g_assert(size <= stream->end - stream->begin);
	stream->begin += size;
	stream->offset += size;
}

gboolean fdar_stream_skip(struct fdar_stream *stream, uint64_t size)
{
	while (size > 0) {
		size_t got;

		fdar_stream_peek(stream, (size_t)MIN(size, BUFFER_BYTES), &got);
		if (got == 0)
			return FALSE;
		fdar_stream_pass(stream, got);
		size -= got;
	}
	return TRUE;
}

struct fdar_block *fdar_stream_hold(struct fdar_stream *stream)
{
	stream->block->holders++;
	return stream->block;
}

void fdar_stream_let_go(struct fdar_stream *stream, struct fdar_block *block)
{
	if (--block->holders > 0)
		return;
	if (block->size > BLOCK_BYTES) {
		g_free(block);
		return;
	}
	block->next = stream->spare;
	stream->spare = block;
}

const char *fdar_stream_damage(const struct fdar_stream *stream)
{
	return stream->damage;
}

uint64_t fdar_stream_offset(const struct fdar_stream *stream)
{
	return stream->offset;
}

void fdar_stream_position(const struct fdar_stream *stream, uint64_t *read_bytes, uint64_t *size)
{
	*read_bytes = stream->file_read;
	*size = stream->file_size;
}

void fdar_stream_close(struct fdar_stream *stream)
{
	if (!stream)
		return;
	close(stream->fd);
	g_clear_object(&stream->gzip);
	ZSTD_freeDStream(stream->zstd);
	if (stream->block)
		fdar_stream_let_go(stream, stream->block);
	while (stream->spare) {
		struct fdar_block *block = stream->spare;

		stream->spare = block->next;
		g_free(block);
	}
	g_free(stream->damage);
	g_free(stream);
}
