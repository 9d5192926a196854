/*
 * What decoding makes of a packet: for all who decode, and for who uses it.
 *
 * Place in the house: below decode.h.
 */
#ifndef FDAR_REPLAY_CAPTURE_DECODED_H
#define FDAR_REPLAY_CAPTURE_DECODED_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/endpoint.h"

enum fdar_decoded_kind {
	FDAR_DECODED_TCP,
	FDAR_DECODED_UDP,
	FDAR_DECODED_FRAGMENT, /* of IPv4 or IPv6: not the whole datagram */
	FDAR_DECODED_NOT_IP,
	FDAR_DECODED_OTHER, /* another protocol over IP */
	FDAR_DECODED_MALFORMED,
	FDAR_DECODED_UNREAD /* of a link type that is not read */
};

enum fdar_tcp_flag {
	FDAR_TCP_FIN = 0x01,
	FDAR_TCP_SYN = 0x02,
	FDAR_TCP_RST = 0x04,
	FDAR_TCP_PSH = 0x08,
	FDAR_TCP_ACK = 0x10,
	FDAR_TCP_URG = 0x20
};

/* Checksums of outer headers that cover the innermost packet: of UDP, of GRE. */
#define FDAR_COVERS_MAX 4

#define FDAR_DECODED_NO_SCALE 255u

struct fdar_decoded {
	uint8_t kind;       /* enum fdar_decoded_kind; what is below is set as far as it got */
	uint8_t family;     /* enum fdar_family */
	uint8_t protocol;   /* IP protocol number of the transport header or fragment */
	uint8_t flags;      /* TCP: enum fdar_tcp_flag */
	gboolean fast_open; /* TCP: the Fast Open option is there */
	struct fdar_endpoint src, dst; /* ports are 0 in fragments */
	uint32_t seq, ack;             /* TCP */
	uint32_t l3;                   /* offset of the IP header in the packet: of the innermost */
	uint32_t outer_l3;             /* of the outermost */
	uint32_t src_at;               /* where src and dst are in the packet */
	uint32_t dst_at;
	uint32_t net;    /* which of several networks with the same addresses: of VLAN tags and of
			  * tunnels' network identifiers; 0 without any */
	uint16_t urgent; /* TCP: the urgent pointer, 0 when it is not set */
	uint16_t window; /* TCP: as it is in the header, not scaled */
	uint16_t mss;    /* TCP, of a SYN: the largest segment that its sender takes; 0: not said */
	uint8_t scale;   /* likewise: of windows, FDAR_DECODED_NO_SCALE: not said */
	uint8_t hops;    /* time to live, hop limit */
	uint8_t tunnels; /* how deep: l3, src_at, dst_at and covers are of a packet in others. In a
			  * datagram that was put together they count from its start */
	uint8_t covers;  /* how many of these there are */
	uint32_t cover_at[FDAR_COVERS_MAX];

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
	gboolean deep;   /* in it is a tunnel: offsets into headers are from its beginning */
	gboolean nested; /* some of which came in datagrams that were put together: offsets
				   * into headers are of no use */
};

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
