/*
 * Columns: a packet's bytes in another order, in which they compress better and faster.
 *
 * Place in the house: inside pipeline/, under packed_write.h and packed_read.h; packed.h has the
 * format. Events of a function trace are all equally long, and most of their bytes are what they were
 * in the event before: the high bytes of addresses and times, the ids of class and thread. With a
 * stride as long as an event, byte i of every event comes together: column 0, column 1, and so on. It
 * is a change of order and no more: with any stride, whatever the bytes are, joining gives back what
 * was split. docs/performance.md has what it saves.
 */
#ifndef FDAR_PIPELINE_PACKED_PACKED_COLUMNS_H
#define FDAR_PIPELINE_PACKED_PACKED_COLUMNS_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#define FDAR_PACKED_STRIDE_MIN 16u /* bytes */
#define FDAR_PACKED_STRIDE_MAX 255u

/* The stride to split the packet with; 0: better not at all. Looks at some KiB of it. */
unsigned fdar_packed_columns_stride(const uint8_t *packet, size_t length);

/* Puts the bytes of packet into columns, as many; those that do not fill a row come last, as they are.
 * stride is from FDAR_PACKED_STRIDE_MIN to FDAR_PACKED_STRIDE_MAX; the two must not overlap. */
void fdar_packed_columns_split(const uint8_t *packet, size_t length, unsigned stride,
			       uint8_t *columns);

/* The reverse, of a part: the count bytes from byte from on of the packet, which has length bytes. */
void fdar_packed_columns_join(const uint8_t *columns, size_t length, unsigned stride, size_t from,
			      size_t count, uint8_t *bytes);

#endif
