/*
 * What the parts of half.h share: half.c takes segments, half_syn.c chooses among SYNs, half_end.c
 * gives up what does not come.
 */
#ifndef FDAR_REPLAY_SESSIONS_HALF_PRIVATE_H
#define FDAR_REPLAY_SESSIONS_HALF_PRIVATE_H

#include "replay/sessions/half.h"

#define FDAR_HALF_WINDOW       ((int32_t)1 << 30) /* no TCP window is larger (RFC 7323) */
#define FDAR_HALF_GUESS_WINDOW ((int32_t)1 << 20) /* what still fits a beginning that is guessed */

static inline void fdar_half_note(const struct fdar_half_sink *sink, uint32_t bit)
{
	*sink->odd |= bit;
}

/* Whether the next byte is behind a FIN that may still stand. */
static inline gboolean fdar_half_at_fin(const struct fdar_half *half)
{
	return half->fin && half->next == half->fin_seq;
}

/* The later SYN that a number fits, and better than the first and all others; NULL: none. Valid until
 * the next change of the half. */
const uint32_t *fdar_half_preferred(const struct fdar_half *half, uint32_t seq);

/* Keeps one more SYN in mind, and forgets the oldest when there are too many. */
void fdar_half_remember(struct fdar_half *half, uint32_t isn);

/* A gap of length bytes at half->next, known by a segment behind it. */
void fdar_half_deliver_gap(struct fdar_half *half, const struct fdar_half_sink *sink,
			   uint32_t length, const struct fdar_segment *behind);

/* FIN, when all before it is there and it is acknowledged, or with ending in any case. */
void fdar_half_deliver_fin(struct fdar_half *half, const struct fdar_half_sink *sink,
			   gboolean ending);

/* Delivers what no longer has to wait, and FIN when all before it is there. packet is the one that
 * made it so: what came earlier was out of order. */
void fdar_half_drain(struct fdar_half *half, const struct fdar_half_sink *sink, uint64_t packet);

/* The missing bytes before the first that waits are given up. */
void fdar_half_give_up_hole(struct fdar_half *half, const struct fdar_half_sink *sink);

/* Asserts, in builds without NDEBUG, what holds when a segment has been dealt with. */
void fdar_half_check(const struct fdar_half *half);

/* Ends holding: the first segment there is starts the stream. */
void fdar_half_release(struct fdar_half *half, const struct fdar_half_sink *sink);

#endif
