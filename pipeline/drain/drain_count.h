/*
 * How many events are in a packet, and whether the index tells the truth about it.
 *
 * Place in the house: inside pipeline/, under the drain. Knows only lengths: events of fixed length,
 * and those that end with a text, are stepped over with a table; any other is run through its
 * decode program. A counter may be used by several threads at once.
 */
#ifndef FDAR_PIPELINE_DRAIN_DRAIN_COUNT_H
#define FDAR_PIPELINE_DRAIN_DRAIN_COUNT_H

#include <glib.h>
#include <stdint.h>

struct fdar_drain_counter;

enum fdar_drain_count {
	FDAR_DRAIN_COUNTED,
	FDAR_DRAIN_UNKNOWN, /* an event, or stream, that the metadata does not have */
	FDAR_DRAIN_BROKEN   /* the packet makes no sense from some event on; events: before it */
};

/* What a packet says of itself. */
struct fdar_drain_head {
	uint64_t packet_bytes, content_bits;
	uint64_t begin, end, discarded, sequence;
};

/* From the text of the metadata, as far as it is there. The caller unrefs it. NULL: not understood. */
struct fdar_drain_counter *fdar_drain_counter_new(const char *text, gsize length);
struct fdar_drain_counter *fdar_drain_counter_ref(struct fdar_drain_counter *counter);
void fdar_drain_counter_unref(struct fdar_drain_counter *counter); /* NULL is allowed */

/* Reads the head of the packet that is at bytes, of which there are length. FALSE: not a packet. */
gboolean fdar_drain_counter_head(const struct fdar_drain_counter *counter, const uint8_t *bytes,
				 size_t length, struct fdar_drain_head *head);

/* Counts the events of the packet at bytes, all of it. */
enum fdar_drain_count fdar_drain_counter_count(const struct fdar_drain_counter *counter,
					       const uint8_t *bytes, size_t length,
					       uint64_t *events);

#endif
