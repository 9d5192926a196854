/*
 * Remade: packets made for a session of which only some exchanges are kept.
 *
 * Place in the house: below excerpt.c, which says what an exchange is. Handshake, pieces, ends; each
 * packet is Ethernet, IPv4 or IPv6, and TCP or UDP, without options. Acknowledgements are as far as
 * the sender had acknowledged in the capture.
 */
#ifndef FDAR_REPLAY_REWRITE_REMADE_H
#define FDAR_REPLAY_REWRITE_REMADE_H

#include <glib.h>
#include <stdint.h>

#include "replay/sessions/session.h"

/* Before the first exchange. */
#define FDAR_REMADE_BEFORE UINT32_MAX

/* Zeroed at the beginning of a session. */
struct fdar_remade_walk {
	uint32_t runs; /* of the client, so far */
	gboolean client_last;
};

/* The exchange that the session's next piece is part of, from 0; FDAR_REMADE_BEFORE: of none. */
uint32_t fdar_remade_exchange(struct fdar_remade_walk *walk, const struct fdar_piece *piece);

struct fdar_remade_packet {
	uint64_t time_ns;
	uint64_t offset; /* of its payload */
	uint32_t session;
	uint32_t number; /* among the session's packets */
	uint32_t length; /* of its payload */
	uint32_t seq, ack;
	uint8_t way;    /* enum fdar_way */
	uint8_t flags;  /* of TCP; 0: it is UDP */
	uint8_t family; /* enum fdar_family */
};

/* Adds the session's packets, in their order. keep: by exchange. */
void fdar_remade_session(const struct fdar_sessions *sessions, uint32_t session,
			 const uint8_t *keep, GArray *packets);

/* The frame's size, and the frame. */
uint32_t fdar_remade_bytes(const struct fdar_remade_packet *packet);
void fdar_remade_write(const struct fdar_remade_packet *packet,
		       const struct fdar_sessions *sessions, uint8_t *out);

#endif
