/*
 * Shapes: a captured packet as something to make copies of.
 *
 * Place in the house: below amplify.c. A shape knows where in the packet the fields are that differ
 * between copies (the client's address and port, sequence numbers), and the checksum sums of all
 * the rest, so that a copy costs a memcpy and a few additions. A fragment has the fields that lie
 * in its part of the datagram. In a tunnel the innermost packet is what is changed, and the
 * checksums around it follow.
 */
#ifndef FDAR_REPLAY_REWRITE_SHAPE_H
#define FDAR_REPLAY_REWRITE_SHAPE_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/decode.h"
#include "replay/sessions/session.h"

#define FDAR_SHAPE_ETHERNET UINT16_MAX

/* Offsets in the packet; 0 where there is no such field. Sums are folded to 16 bits. */
struct fdar_shape {
	uint64_t time_ns; /* on the time line */
	uint32_t session;
	uint32_t captured;
	uint32_t length;
	uint32_t ip_sum;      /* of the IPv4 header without checksum and client's address */
	uint32_t segment_sum; /* of pseudo-header and segment without checksum and what copies
				 change */
	uint16_t address_at;
	uint16_t other_at; /* of the server's address */
	uint16_t l3;       /* of the IP header; of its checksum only, when the address is at an odd
			    * place in it */
	uint16_t strip;    /* where the outermost IP header is, behind a link layer that is not
			    * Ethernet's; or FDAR_SHAPE_ETHERNET */
	uint16_t
		id_at; /* of a fragment of a tunnel's datagram, whose own addresses stay: where the identification
			    * is that tells its copies apart, of IPv6 its lower half */
	uint16_t cover_at[FDAR_COVERS_MAX]; /* checksums that cover the innermost packet, from the
					     * outermost on */
	uint16_t port_at;
	uint16_t ip_checksum_at;
	uint16_t checksum_at;
	uint16_t seq_at;
	uint16_t ack_at;
	uint16_t sack_at;
	uint8_t sacks; /* numbers in the SACK option: two a block */
	uint8_t way;   /* enum fdar_way */
	uint8_t family;
	uint8_t udp;
	uint8_t fragment;
	uint8_t id_of_6; /* id_at is in an IPv6 header */
	uint8_t covers;
	uint8_t unsummed; /* bits: of which covers the checksum is taken away, it is of several
			   * packets */
};

/* What a copy has of its own. */
struct fdar_identity {
	struct fdar_endpoint client; /* its port is not used: it goes with the session */
	uint64_t address_sum;        /* of the client's address, see checksum.h */
};

/* What a session of a copy has of its own. */
struct fdar_moves {
	uint16_t port; /* the client's, host order */
	uint16_t ids;  /* what is added to identifications, the same for all sessions of a copy */
	uint32_t moved[2]; /* what is added to sequence numbers, by enum fdar_way */
};

/* Fills in all but time and session. decoded is of the whole datagram when the packet is a
 * fragment. FALSE when its sequence numbers must stay: they lie where their checksum cannot follow
 * (in a fragment, or a SACK option at an odd offset). decoded->nested is not set. */
gboolean fdar_shape_make(int link, const struct fdar_packet *packet,
			 const struct fdar_decoded *decoded, enum fdar_way way,
			 struct fdar_shape *shape);

/* The sides were guessed wrong when the shape was made: client is who was the server. frame is the
 * packet's bytes. */
void fdar_shape_turn(struct fdar_shape *shape, const uint8_t *frame, uint16_t client_port,
		     uint16_t server_port);

/* Writes the copy: shape->captured bytes to out. */
void fdar_shape_copy(const struct fdar_shape *shape, const uint8_t *frame,
		     const struct fdar_identity *identity, const struct fdar_moves *moves,
		     uint8_t *out);

#endif
