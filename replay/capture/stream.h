/*
 * Streams: the bytes of a file or of standard input, decompressed when they are gzip or zstd.
 *
 * Place in the house: below capture.h, which reads captures through it. What the bytes are is told
 * by their first four (their magic), never by the name. Several gzip members or zstd frames one
 * after the other are one stream. Memory: two buffers of 128 KiB and the decompressor's window (32
 * KiB for gzip; what the frame asks for, at most 128 MiB, for zstd).
 */
#ifndef FDAR_REPLAY_CAPTURE_STREAM_H
#define FDAR_REPLAY_CAPTURE_STREAM_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

struct fdar_stream;

/* Opens path, "-" is standard input. NULL and error (FDAR_CAPTURE_ERROR_MISSING) when it cannot be
 * read. An empty file is an empty stream. */
struct fdar_stream *fdar_stream_open(const char *path, GError **error);

/* Reads up to size bytes; fewer only at the end. 0 at the end or after damage. */
size_t fdar_stream_read(struct fdar_stream *stream, void *bytes, size_t size);

/* Why reading ended early: "gzip data: ... at byte 1234 of the file"; NULL when it did not. */
const char *fdar_stream_damage(const struct fdar_stream *stream);

/* Bytes handed out so far: the offset in the decompressed file. */
uint64_t fdar_stream_offset(const struct fdar_stream *stream);

/* Bytes of the file itself that were read, and its size, 0 when it is not known (a pipe). */
void fdar_stream_position(const struct fdar_stream *stream, uint64_t *read_bytes, uint64_t *size);

/* NULL is allowed. */
void fdar_stream_close(struct fdar_stream *stream);

#endif
