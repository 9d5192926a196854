/*
 * Packets made from nothing: Ethernet, IPv4 or IPv6, TCP or UDP, without options, with right checksums.
 *
 * Place in the house: below anew.c.
 */
#ifndef FDAR_REPLAY_REWRITE_ANEW_PACKET_H
#define FDAR_REPLAY_REWRITE_ANEW_PACKET_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/endpoint.h"

/* Flags of TCP (RFC 9293, 3.1). */
#define FDAR_ANEW_FIN 0x01u
#define FDAR_ANEW_SYN 0x02u
#define FDAR_ANEW_RST 0x04u
#define FDAR_ANEW_PSH 0x08u
#define FDAR_ANEW_ACK 0x10u
#define FDAR_ANEW_URG 0x20u

struct fdar_anew_packet {
	const struct fdar_endpoint *from, *to; /* of one family */
	const uint8_t *bytes;                  /* the payload */
	uint32_t size;                         /* of it: all has to fit into an IP packet */
	uint32_t seq, ack;
	uint8_t flags; /* of TCP; 0: it is UDP. With URG the payload's last byte is urgent */
	uint8_t from_client;
};

/* The frame's size. */
uint32_t fdar_anew_packet_bytes(const struct fdar_anew_packet *packet);

/* Writes the frame. */
void fdar_anew_packet_put(const struct fdar_anew_packet *packet, uint8_t *out);

#endif
