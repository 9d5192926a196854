/*
 * Waiting: segments of one way of a TCP connection that came before earlier ones.
 *
 * Place in the house: below half.c. An ordered list of parts that do not overlap; the first copy of
 * a byte is kept. Payload is copied. Finding a part's place costs as many steps as there are parts
 * behind it: the half bounds their number.
 */
#ifndef FDAR_REPLAY_SESSIONS_WAITING_H
#define FDAR_REPLAY_SESSIONS_WAITING_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/sessions/session.h"

/* A segment with payload or FIN. */
struct fdar_segment {
	const uint8_t *bytes; /* NULL: they were cut off by the snap length */
	uint32_t seq;
	uint32_t captured; /* bytes there are */
	uint32_t length;   /* bytes there were on the wire */
	uint64_t time_ns;
	uint64_t packet;
	uint64_t acked; /* as in fdar_piece */
	uint8_t syn, push, fin, urgent;
};

/* captured equals length, fin is not used, bytes are the part's own. */
struct fdar_waiting_part {
	struct fdar_waiting_part *next, *previous;
	struct fdar_segment segment;
};

struct fdar_waiting {
	struct fdar_waiting_part *head, *tail;
	uint32_t count; /* parts */
	uint32_t bytes; /* of payload in them */
};

/* The distance from b to a, modulo 2^32. */
static inline int32_t fdar_seq_distance(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

/* Keeps what of the segment's length bytes is not kept yet; all parts lie within 2^31 of each
 * other. budget grows by what that costs. Gives FDAR_ODD_RETRANSMITS when some were there before, and
 * FDAR_ODD_DIFFERS too when they were others. */
uint32_t fdar_waiting_keep(struct fdar_waiting *waiting, size_t *budget,
			   const struct fdar_segment *segment);

/* Nothing lies behind seq: cuts what waits there. TRUE when something did. */
gboolean fdar_waiting_cut(struct fdar_waiting *waiting, size_t *budget, uint32_t seq);

/* What came in packets behind this one is taken away. TRUE when something did. */
gboolean fdar_waiting_forget(struct fdar_waiting *waiting, size_t *budget, uint64_t packet);

/* The first part, which begins before seq and ends behind it, becomes two. */
void fdar_waiting_divide(struct fdar_waiting *waiting, size_t *budget, uint32_t seq);

/* Asserts, in builds without NDEBUG, that the parts are in order, do not overlap, and are as many as
 * counted. */
void fdar_waiting_check(const struct fdar_waiting *waiting);

/* Takes the first part away; there must be one. */
void fdar_waiting_pop(struct fdar_waiting *waiting, size_t *budget);

#endif
