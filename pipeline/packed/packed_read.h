/*
 * Reading packed streams (packed.h): notes by hopping over the frames, and packets one by one.
 *
 * Place in the house: inside pipeline/, under ctf_window.h and unpack.h. The files are hostile: what a
 * note and a frame claim is checked before memory is taken for it, and against each other.
 */
#ifndef FDAR_PIPELINE_PACKED_PACKED_READ_H
#define FDAR_PIPELINE_PACKED_PACKED_READ_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/packed/packed_write.h"

/* Bytes of packets that the readers of one input have in memory at a time, all together: as a rule a
 * packet a stream, of 1 MiB. Then those that were not read for the longest time are read again. */
#define FDAR_PACKED_HELD_MAX (UINT64_C(256) << 20)

/* What is needed to unpack; used by one thread at a time. */
struct fdar_packed_reader;

/* Whether a file's name (no path: one that begins with a dot is hidden) is that of a packed stream. */
gboolean fdar_packed_is_name(const char *name);

/* The name of the stream file that was packed. The caller frees it. */
char *fdar_packed_plain_name(const char *name);

/* Whether one of the folder's files has such a name. */
gboolean fdar_packed_is_in(const char *folder);

struct fdar_packed_reader *fdar_packed_reader_new(void);

/* NULL is allowed. */
void fdar_packed_reader_free(struct fdar_packed_reader *reader);

/* Bytes from a note to the next one. */
static inline uint64_t fdar_packed_step(const struct fdar_packed_entry *entry)
{
	return FDAR_PACKED_NOTE_FRAME + entry->frame_bytes;
}

/* Reads the note at byte at of a file of size bytes; its frame is within the file, and packet_bytes
 * are 0 only when frame_bytes are. FALSE and error (FDAR_SOURCE_ERROR_DAMAGED) when it cannot be read or
 * makes no sense; the message gives the byte, and what was expected. */
gboolean fdar_packed_read_note(int fd, uint64_t at, uint64_t size, struct fdar_packed_entry *entry,
			       GError **error);

/* Reads the frame of the note at byte at and unpacks it into *bytes, of *capacity bytes, which is made
 * as long as it takes (g_free): the packet, in columns if the note says so. FALSE and error, as above. */
gboolean fdar_packed_read_frame(struct fdar_packed_reader *reader, int fd, uint64_t at,
				const struct fdar_packed_entry *entry, uint8_t **bytes,
				size_t *capacity, GError **error);

/* Copies the count bytes from byte from on of the packet out of what was unpacked. */
void fdar_packed_copy(const struct fdar_packed_entry *entry, const uint8_t *unpacked, size_t from,
		      size_t count, uint8_t *bytes);

/* The same as the two: the whole packet. */
gboolean fdar_packed_read_packet(struct fdar_packed_reader *reader, int fd, uint64_t at,
				 const struct fdar_packed_entry *entry, uint8_t **packet,
				 size_t *capacity, GError **error);

#endif
