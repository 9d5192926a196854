/*
 * Decoding: link, network and transport headers of one captured packet.
 *
 * Place in the house: between capture.h (packets) and assembler.h (sessions). Stateless; every
 * read is checked against the captured length, and the number of headers walked is bounded.
 *
 * Link types: Ethernet, Linux cooked v1 and v2, raw IP, NULL and LOOP, PPP and PPPoE. Above these:
 * any depth of up to four 802.1Q/802.1ad tags, PPPoE sessions, IPv4 with options, IPv6 with hop-by-
 * hop, routing, destination, fragment, authentication, mobility, HIP and shim6 headers. Formats:
 * https://www.tcpdump.org/linktypes.html, RFC 791, 8200, 9293, 768, 2516, 7413 (TCP Fast Open).
 */
#ifndef FDAR_REPLAY_CAPTURE_DECODE_H
#define FDAR_REPLAY_CAPTURE_DECODE_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/capture.h"
#include "replay/capture/endpoint.h"

enum fdar_decoded_kind {
	FDAR_DECODED_TCP,
	FDAR_DECODED_UDP,
	FDAR_DECODED_FRAGMENT, /* of IPv4 or IPv6: not the whole datagram */
	FDAR_DECODED_NOT_IP,
	FDAR_DECODED_OTHER, /* another protocol over IP */
	FDAR_DECODED_MALFORMED
};

enum fdar_tcp_flag {
	FDAR_TCP_FIN = 0x01,
	FDAR_TCP_SYN = 0x02,
	FDAR_TCP_RST = 0x04,
	FDAR_TCP_PSH = 0x08,
	FDAR_TCP_ACK = 0x10
};

struct fdar_decoded {
	uint8_t kind;       /* enum fdar_decoded_kind; what is below is set as far as it got */
	uint8_t family;     /* enum fdar_family */
	uint8_t protocol;   /* IP protocol number of the transport header or fragment */
	uint8_t flags;      /* TCP: enum fdar_tcp_flag */
	gboolean fast_open; /* TCP: the Fast Open option is there */
	struct fdar_endpoint src, dst; /* ports are 0 in fragments */
	uint32_t seq, ack;             /* TCP */
	uint32_t l3;                   /* offset of the IP header in the packet */

	/* The transport header and all behind it; of a fragment: its part of the datagram. It
	 * points into the packet, or into the datagram that was put together. */
	const uint8_t *segment;
	uint32_t segment_length;   /* on the wire, as the IP header says */
	uint32_t segment_captured; /* of these, how many there are */
	uint32_t segment_at;       /* its offset in the datagram that was put together, else 0 */
	uint32_t header_length;    /* of the transport header: payload is behind it */

	uint32_t fragment_id;     /* of a fragment */
	uint32_t fragment_offset; /* bytes */
	gboolean fragment_more;   /* it is not the last */
	gboolean was_fragmented;  /* the segment was put together from fragments */
};

/* NULL when packets of this link type (a DLT_ value) can be decoded, else the types that can. */
const char *fdar_decode_check_link(int link);

/* Never fails: decoded->kind says what it is. link must have passed the check. */
void fdar_decode(int link, const struct fdar_packet *packet, struct fdar_decoded *decoded);

/* Decodes what follows the IP header (or the IPv6 fragment header): decoded has protocol, family
 * and addresses, and gets the rest. For datagrams that were put together. */
void fdar_decode_segment(const uint8_t *segment, uint32_t captured, uint32_t length,
			 struct fdar_decoded *decoded);

/* Payload of a TCP segment or UDP datagram: on the wire and captured. */
static inline uint32_t fdar_decoded_payload_length(const struct fdar_decoded *decoded)
{
	return decoded->segment_length - decoded->header_length;
}

static inline uint32_t fdar_decoded_payload_captured(const struct fdar_decoded *decoded)
{
	return decoded->segment_captured > decoded->header_length
		       ? decoded->segment_captured - decoded->header_length
		       : 0;
}

static inline const uint8_t *fdar_decoded_payload(const struct fdar_decoded *decoded)
{
	return decoded->segment + MIN(decoded->header_length, decoded->segment_captured);
}

#endif
