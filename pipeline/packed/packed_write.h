/*
 * Writing packed streams (packed.h): a note and a frame at a time, whole or not at all.
 *
 * Place in the house: inside pipeline/, under the drain; tests use it to make files.
 */
#ifndef FDAR_PIPELINE_PACKED_PACKED_WRITE_H
#define FDAR_PIPELINE_PACKED_PACKED_WRITE_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/packed/packed.h"

/* What a note says; frame_bytes and packet_bytes are set by whoever writes it. */
struct fdar_packed_entry {
	uint32_t frame_bytes, packet_bytes;
	uint64_t content_bits;
	uint64_t begin, end; /* clock values */
	uint64_t events;
	uint64_t discarded; /* LTTng's counter */
	uint64_t dropped;   /* events that the recorder dropped before this packet */
	uint64_t sequence;
	uint32_t flags;
};

/* Bytes of a note in the file, with what makes it a skippable frame. */
#define FDAR_PACKED_NOTE_FRAME (8u + FDAR_PACKED_NOTE_BYTES)

/* Makes the note. */
void fdar_packed_note_put(const struct fdar_packed_entry *entry,
			  uint8_t note[FDAR_PACKED_NOTE_FRAME]);

/* Reads one; FALSE when it is none, or damaged. */
gboolean fdar_packed_note_get(const uint8_t note[FDAR_PACKED_NOTE_FRAME],
			      struct fdar_packed_entry *entry);

/* A file that is written. */
struct fdar_packed_file {
	int fd;
	uint64_t bytes;    /* up to the end of the last whole frame */
	uint64_t unsynced; /* of these: not given to the disk yet */
	gboolean any;      /* there is an entry: last */
	struct fdar_packed_entry last;
};

/* Opens or makes the file, and cuts off what is behind its last whole frame. FALSE and error (G_IO_ERROR)
 * when that cannot be; file is as after fdar_packed_file_close then. */
gboolean fdar_packed_file_open(struct fdar_packed_file *file, const char *path, GError **error);

/* Appends a note, and the frame that belongs to it: entry->frame_bytes at frame (NULL when 0). On
 * failure the file is cut back to what it was, as far as the disk allows; error is G_IO_ERROR_NO_SPACE
 * when it is full. */
gboolean fdar_packed_file_append(struct fdar_packed_file *file,
				 const struct fdar_packed_entry *entry, const void *frame,
				 GError **error);

/* Waits until all is on the disk. */
gboolean fdar_packed_file_sync(struct fdar_packed_file *file, GError **error);

/* Nothing happens to one that is closed. */
void fdar_packed_file_close(struct fdar_packed_file *file);

#endif
