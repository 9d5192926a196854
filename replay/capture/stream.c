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

enum packing { PLAIN, GZIP, ZSTD };

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
	size_t in_begin, in_end;   /* the file's bytes that wait */
	size_t out_begin, out_end; /* unpacked bytes that wait */
	uint8_t in[BUFFER_BYTES];
	uint8_t out[BUFFER_BYTES];
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

/* Moves what waits to the front and reads more behind it. FALSE when nothing could be added. */
static gboolean fill(struct fdar_stream *stream)
{
	ssize_t got;

	if (stream->file_ended)
		return FALSE;
	memmove(stream->in, stream->in + stream->in_begin, stream->in_end - stream->in_begin);
	stream->in_end -= stream->in_begin;
	stream->in_begin = 0;
	if (stream->in_end == BUFFER_BYTES)
		return FALSE;
	do {
		got = read(stream->fd, stream->in + stream->in_end, BUFFER_BYTES - stream->in_end);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		set_damage(stream, "reading failed", g_strerror(errno));
	if (got <= 0) {
		stream->file_ended = TRUE;
		return FALSE;
	}
	stream->in_end += (size_t)got;
	stream->file_read += (uint64_t)got;
	return TRUE;
}

static void find_packing(struct fdar_stream *stream)
{
	static const uint8_t gzip[] = { 0x1f, 0x8b, 0x08 };
	static const uint8_t zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };

	while (stream->in_end < 4 && fill(stream))
		;
	if (stream->in_end >= sizeof(gzip) && memcmp(stream->in, gzip, sizeof(gzip)) == 0) {
		stream->packing = GZIP;
		stream->gzip = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
	} else if (stream->in_end >= sizeof(zstd) && memcmp(stream->in, zstd, sizeof(zstd)) == 0) {
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
	memset(stream, 0, offsetof(struct fdar_stream, in));
	stream->fd = fd;
	stream->file_size = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
	find_packing(stream);
	return stream;
}

/* One step of decompression; FALSE when it made nothing because the data ended or is bad. */
static gboolean unpack_gzip(struct fdar_stream *stream)
{
	gsize used = 0, made = 0;
	GError *error = NULL;
	GConverterResult result =
		g_converter_convert(stream->gzip, stream->in + stream->in_begin,
				    stream->in_end - stream->in_begin, stream->out, BUFFER_BYTES,
				    stream->file_ended ? G_CONVERTER_INPUT_AT_END : 0, &used, &made,
				    &error);

	if (result == G_CONVERTER_ERROR) {
		gboolean wants_more = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT);

		if (!wants_more || stream->file_ended)
			set_damage(stream, "gzip data damaged", error->message);
		g_error_free(error);
		return wants_more && !stream->file_ended;
	}
	stream->in_begin += used;
	stream->out_begin = 0;
	stream->out_end = made;
	/* Another member may follow; zero bytes behind the last are padding. */
	if (result == G_CONVERTER_FINISHED) {
		g_converter_reset(stream->gzip);
		if (stream->in_begin == stream->in_end)
			fill(stream);
		if (stream->in_begin == stream->in_end || stream->in[stream->in_begin] != 0x1f)
			stream->ended = TRUE;
	}
	return TRUE;
}

static gboolean unpack_zstd(struct fdar_stream *stream)
{
	ZSTD_inBuffer in = { stream->in + stream->in_begin, stream->in_end - stream->in_begin, 0 };
	ZSTD_outBuffer out = { stream->out, BUFFER_BYTES, 0 };
	size_t hint;

	if (in.size == 0 && stream->file_ended && stream->zstd_hint == 0) {
		stream->ended = TRUE;
		return TRUE;
	}
	hint = ZSTD_decompressStream(stream->zstd, &out, &in);
	if (ZSTD_isError(hint)) {
		set_damage(stream, "zstd data damaged", ZSTD_getErrorName(hint));
		return FALSE;
	}
	stream->zstd_hint = hint;
	stream->in_begin += in.pos;
	stream->out_begin = 0;
	stream->out_end = out.pos;
	if (out.pos == 0 && in.pos == 0 && stream->file_ended) {
		set_damage(stream, "zstd data damaged", "ends within a frame");
		return FALSE;
	}
	return TRUE;
}

/* Makes at least one byte to hand out. FALSE at the end. */
static gboolean refill(struct fdar_stream *stream)
{
	while (!stream->ended && stream->out_begin == stream->out_end) {
		if (stream->in_begin == stream->in_end)
			fill(stream);
		if (stream->packing == GZIP) {
			if (!unpack_gzip(stream))
				return FALSE;
			if (!stream->ended && stream->out_begin == stream->out_end)
				fill(stream);
		} else if (!unpack_zstd(stream)) {
			return FALSE;
		}
	}
	return stream->out_begin < stream->out_end;
}

static size_t take(uint8_t *to, size_t size, const uint8_t *from, size_t *begin, size_t end)
{
	size_t part = MIN(size, end - *begin);

	memcpy(to, from + *begin, part);
	*begin += part;
	return part;
}

size_t fdar_stream_read(struct fdar_stream *stream, void *bytes, size_t size)
{
	uint8_t *to = bytes;
	size_t done = 0;

	while (done < size) {
		if (stream->packing == PLAIN) {
			if (stream->in_begin == stream->in_end && !fill(stream))
				break;
			done += take(to + done, size - done, stream->in, &stream->in_begin,
				     stream->in_end);
		} else {
			if (stream->out_begin == stream->out_end && !refill(stream))
				break;
			done += take(to + done, size - done, stream->out, &stream->out_begin,
				     stream->out_end);
		}
	}
	stream->offset += done;
	return done;
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
	g_free(stream->damage);
	g_free(stream);
}
