/*
 * Streams: the bytes of a file or of standard input, decompressed when they are gzip or zstd.
 *
 * Place in the house: below capture.h, which reads captures through it. What the bytes are is told
 * by their first four (their magic), never by the name. Several gzip members or zstd frames (and
 * zstd's skippable frames, which parallel packers write first) one after the other are one stream.
 *
 * Bytes are looked at where they lie, in blocks that are counted: who needs some of them for longer
 * holds their block. Memory: a block of 256 KiB, those that are held, and for packed files a buffer
 * of 128 KiB and the decompressor's window (32 KiB for gzip; what the frame asks for, at most 128
 * MiB, for zstd). For one thread.
 */
#ifndef FDAR_REPLAY_STREAM_H
#define FDAR_REPLAY_STREAM_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

struct fdar_stream;
struct fdar_block;

/* Opens path, "-" is standard input. NULL and error (FDAR_CAPTURE_ERROR_MISSING) when it cannot be
 * read. An empty file is an empty stream. */
struct fdar_stream *fdar_stream_open(const char *path, GError **error);

/* The next size bytes, without passing them: they lie there until the next call, or for as long as
 * their block is held. *got is how many there are: fewer only at the end or after damage. */
const uint8_t *fdar_stream_peek(struct fdar_stream *stream, size_t size, size_t *got);

/* Passes size bytes that were looked at. */
void fdar_stream_pass(struct fdar_stream *stream, size_t size);

/* Passes size bytes, looked at or not. FALSE when the stream ends before. */
gboolean fdar_stream_skip(struct fdar_stream *stream, uint64_t size);

/* The block that the last look was into; the caller lets go of it, before the stream is closed. */
struct fdar_block *fdar_stream_hold(struct fdar_stream *stream);
void fdar_stream_let_go(struct fdar_stream *stream, struct fdar_block *block);

/* Why reading ended early: "gzip data: ... at byte 1234 of the file"; NULL when it did not. */
const char *fdar_stream_damage(const struct fdar_stream *stream);

/* Bytes passed so far: the offset in the decompressed file. */
uint64_t fdar_stream_offset(const struct fdar_stream *stream);

/* Bytes of the file itself that were read, and its size, 0 when it is not known (a pipe). */
void fdar_stream_position(const struct fdar_stream *stream, uint64_t *read_bytes, uint64_t *size);

/* NULL is allowed. */
void fdar_stream_close(struct fdar_stream *stream);

#endif
