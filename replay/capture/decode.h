/*
 * Decoding: link, network and transport headers of one captured packet.
 *
 * Place in the house: between capture.h (packets) and assembler.h (sessions). Stateless; every
 * read is checked against the captured length, and the number of headers walked is bounded.
 *
 * Link types: link.h has the list. Above them: VLAN and other tags, MPLS, PPPoE, IPv4 with options,
 * IPv6 with extension headers. Tunnels are looked into and the innermost IP packet wins (tunnel.h).
 * Where a header says that the packet goes on to somebody else (source routes of IPv4, IPv6 routing
 * headers 0, 2 and 4) or comes from somebody else (home address option), src and dst are the ends:
 * those that checksums are made with. Formats: https://www.tcpdump.org/linktypes.html, RFC 791,
 * 8200, 5095, 6275, 8754, 9293, 768, 7413 (TCP Fast Open).
 */
#ifndef FDAR_REPLAY_CAPTURE_DECODE_H
#define FDAR_REPLAY_CAPTURE_DECODE_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/capture.h"
#include "replay/capture/decoded.h"

/* NULL when packets of this link type (a DLT_ value) can be decoded, else the types that can. */
const char *fdar_decode_check_link(int link);

/* What libpcap calls a link type; "unknown" when it does not. */
const char *fdar_decode_link_name(int link);

/* Never fails: decoded->kind says what it is. link must have passed the check. */
void fdar_decode(int link, const struct fdar_packet *packet, struct fdar_decoded *decoded);

/* Decodes what follows the IP header (or the IPv6 fragment header): decoded has protocol, family
 * and addresses, and gets the rest. For datagrams that were put together. */
void fdar_decode_segment(const uint8_t *segment, uint32_t captured, uint32_t length,
			 struct fdar_decoded *decoded);

#endif
