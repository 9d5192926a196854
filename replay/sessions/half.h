/*
 * Halves: one way of a TCP connection, its segments put in order.
 *
 * Place in the house: the part of the assembler (assembler.h) that knows sequence numbers. A half
 * gives each byte of its stream once, in order, to the sink; the first copy of a byte wins. What
 * waits for a missing segment is copied; segments that come in order are handed on where they lie.
 *
 * States. A half is *unknown* until something tells where its stream begins: a SYN (*known*), an
 * acknowledgement by the other side (*guessed*: right unless its own segments say otherwise), or,
 * without SYN, its first segments, which are *held* for a few packets in case the capture has them
 * out of order.
 *
 * What the other side acknowledged is the truth. Of SYNs with different numbers it chooses one,
 * while nothing was delivered (of the first and the latest three). A FIN is delivered when it is acknowledged (or the end comes, or at
 * once with eager), and forgotten when what lies behind it is. What lies behind a hole of which no
 * byte was ever acknowledged, although the other side is in the capture, never got there. A half is
 * *frozen* while a reset of its sender may have happened: what comes waits until that is decided.
 *
 * Bounds: see assembler.h. Sequence arithmetic is modulo 2^32 (RFC 9293, 3.4).
 */
#ifndef FDAR_REPLAY_SESSIONS_HALF_H
#define FDAR_REPLAY_SESSIONS_HALF_H

#include <glib.h>
#include <stdint.h>

#include "replay/sessions/assembler.h"
#include "replay/sessions/waiting.h"

#define FDAR_HALF_OTHERS 3 /* SYNs with other numbers that are kept in mind */

enum fdar_half_state { FDAR_HALF_UNKNOWN, FDAR_HALF_GUESSED, FDAR_HALF_HELD, FDAR_HALF_KNOWN };

struct fdar_half {
	uint8_t state;    /* enum fdar_half_state */
	uint8_t syn;      /* SYN was seen, isn is set */
	uint8_t fin;      /* FIN was seen, fin_seq is set */
	uint8_t fin_done; /* FIN was delivered */
	uint8_t acked;    /* the other side has acknowledged something: top_ack is set */
	uint8_t trusted;  /* the guess is of a whole session: what is missing behind it is a gap */
	uint8_t absent;   /* the capture has no packet of this way: acknowledgements make gaps */
	uint8_t patience; /* packets of the session since the hole was acknowledged */
	uint8_t unbelieved;   /* segments in a row that were too far ahead */
	uint8_t has_last_ack; /* the other side has acknowledged anything: last_ack is set */
	uint8_t others;       /* further SYNs had other numbers: so many of other_isns are set */
	uint8_t topped;       /* something was seen: top is set */
	uint8_t frozen;       /* a reset of this side may stand: nothing is delivered, see below */
	uint8_t probed;       /* a keep-alive's byte was left out: probe is set */
	uint8_t spoken;       /* it has sent a bare acknowledgement: at is set */
	uint32_t isn;         /* also of a guess */
	uint32_t next;        /* sequence number of the next byte to deliver */
	uint32_t fin_seq;
	uint32_t top_ack;
	uint32_t last_ack; /* the last acknowledgement of the other side, whatever it says */
	uint32_t other_isns[FDAR_HALF_OTHERS]; /* the latest first */
	uint32_t top;                          /* the number behind the farthest segment seen */
	uint32_t probe;                        /* the highest number of one */
	uint32_t at;                           /* the last one's number: where it stood */
	uint32_t unbelieved_next;              /* where the next segment of that row would start */
	uint64_t offset;                       /* of next in the stream, gaps counted */
	uint64_t other;                        /* bytes of the other way that it has acknowledged */
	uint64_t time_ns; /* time and packet of the last delivery: never less after */
	uint64_t packet;
	uint64_t frozen_packet;                      /* of the reset */
	uint64_t fin_time_ns, fin_packet, fin_acked; /* of the segment with FIN */
	struct fdar_waiting waiting;
};

/* Its FIN was delivered, or nothing but its acknowledgement is missing for that. */
static inline gboolean fdar_half_is_over(const struct fdar_half *half)
{
	return half->fin_done || (half->fin && half->next == half->fin_seq);
}

/* Where a half delivers. odd gets bits of enum fdar_odd, budget counts the bytes that wait in all. */
struct fdar_half_sink {
	void (*arrived)(void *user, const struct fdar_arrival *arrival);
	gboolean (*repeated)(void *user, uint64_t stream_offset, const uint8_t *bytes,
			     uint32_t length);
	void *user;
	uint32_t *odd;
	uint32_t gap_bit; /* which of the two FDAR_ODD_GAP bits is this way's */
	size_t *budget;
	uint8_t way;
	gboolean eager;
};

/* A SYN: the stream begins behind it. */
void fdar_half_begin(struct fdar_half *half, const struct fdar_half_sink *sink, uint32_t isn);

/* Whether one of the further SYNs had this number. */
gboolean fdar_half_has_other(const struct fdar_half *half, uint32_t isn);

/* A segment: delivers what it adds, and what waited for it. */
void fdar_half_take(struct fdar_half *half, const struct fdar_half_sink *sink,
		    const struct fdar_segment *segment);

/* It has sent up to end. */
void fdar_half_reached(struct fdar_half *half, uint32_t end);

/* A reset of this side came in that packet; it did not happen after all. */
void fdar_half_freeze(struct fdar_half *half, uint64_t packet);
void fdar_half_thaw(struct fdar_half *half, const struct fdar_half_sink *sink);

/* Whether a stream that is not known from its SYN begins behind isn. */
gboolean fdar_half_begins_at(const struct fdar_half *half, uint32_t isn);

/* The other side acknowledged up to ack. whole: its SYN was seen, so nothing of this way can have
 * come before the capture began. */
void fdar_half_acked(struct fdar_half *half, const struct fdar_half_sink *sink, uint32_t ack,
		     gboolean whole);

/* A packet of the session (of any way) has passed: patience with holes runs out. seen: the capture
 * has packets of this way. */
void fdar_half_passed(struct fdar_half *half, const struct fdar_half_sink *sink, uint64_t time_ns,
		      uint64_t packet, gboolean seen);

/* Bytes of this way up to ack: what a segment that carries it may have answered to. */
uint64_t fdar_half_offset_of(const struct fdar_half *half, uint32_t ack);

/* Whether a RST with this number is near enough to be believed. */
gboolean fdar_half_believes(const struct fdar_half *half, uint32_t seq);

/* The end: what waits is delivered behind gaps; bytes that were acknowledged but never seen are a
 * gap. Frees what waits. */
void fdar_half_finish(struct fdar_half *half, const struct fdar_half_sink *sink, uint64_t time_ns,
		      uint64_t packet);

/* Frees what waits without delivering it. */
void fdar_half_clear(struct fdar_half *half, size_t *budget);

#endif
