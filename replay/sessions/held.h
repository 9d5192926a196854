/*
 * Held: a SYN with another number on ports whose connection goes on, and what may answer to it.
 *
 * Place in the house: private to the assembler (assembler.h). Such a SYN is of a new connection when
 * the old one has ended without the capture seeing it, or it is a stray one (an attacker's, one that
 * was on its way for long), to which the peer says no more than where the old connection is (RFC
 * 5961, 4). The SYN alone does not tell. It waits, with SYN+ACKs and resets that would fit the new
 * connection, until a packet goes on with the one or with the other.
 *
 * Bounds: FDAR_HELD_MAX packets a flow, each copied; their bytes are in the assembler's budget.
 */
#ifndef FDAR_REPLAY_SESSIONS_HELD_H
#define FDAR_REPLAY_SESSIONS_HELD_H

#include "replay/sessions/assembler_private.h"

#define FDAR_HELD_MAX 8u

/* What a packet means to those that are held before it. */
enum fdar_held_verdict {
	FDAR_HELD_NOTHING, /* nothing */
	FDAR_HELD_TOO,     /* of the new connection, if there is one: it is to be held, too */
	FDAR_HELD_STRAY,   /* the old connection goes on: what is held did not happen */
	FDAR_HELD_NEW      /* the new connection goes on */
};

/* A packet, with its own bytes; or a datagram, and the fragments that it came in. */
struct fdar_held {
	struct fdar_held *next; /* held later */
	struct fdar_packet packet;
	struct fdar_decoded decoded;
	struct fdar_arriving arriving;
	size_t cost; /* bytes of the budget */
	uint8_t bytes[];
};

/* Of a flow that holds something. */
enum fdar_held_verdict fdar_held_judge(const struct fdar_flow *flow,
				       const struct fdar_arriving *arriving);

/* Whether a packet goes on with the connection that the flow is. */
gboolean fdar_held_goes_on(const struct fdar_flow *flow, const struct fdar_arriving *arriving);

/* Holds a packet of the link type, and takes over its datagram. FALSE when it cannot be held, being too large, or one
 * too many. */
gboolean fdar_held_keep(struct fdar_flow *flow, int link, size_t *budget,
			struct fdar_arriving *arriving);

/* Takes the first one; NULL when there is none. The caller frees it. */
struct fdar_held *fdar_held_take(struct fdar_flow *flow);
void fdar_held_free(struct fdar_held *held, size_t *budget);

/* All of the flow's. */
void fdar_held_clear(struct fdar_flow *flow, size_t *budget);

#endif
