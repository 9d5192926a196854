#include "replay/capture/decode.h"

#include <netinet/in.h>
#include <pcap/pcap.h>
#include <string.h>

#include "replay/capture/link.h"
#include "replay/capture/tunnel.h"
#include "replay/capture/view.h"

/* Source routes of IPv4 (RFC 791), and IPv6's home address (RFC 6275). */
#define OPTION_LOOSE_ROUTE  131u
#define OPTION_STRICT_ROUTE 137u
#define OPTION_HOME_ADDRESS 201u
#define ROUTING_SOURCE      0u /* RFC 2460 */
#define ROUTING_HOME        2u /* RFC 6275 */
#define ROUTING_SEGMENTS    4u /* RFC 8754 */

/* Larger than any segment that a kernel hands to an offloading card: a length beyond is made up. */
#define OFFLOAD_MAX (1u << 20)
#define HEADERS_MAX 16u /* IPv6 extension headers */

static void set_host(const struct fdar_view *view, uint32_t offset, uint8_t family,
		     struct fdar_endpoint *endpoint)
{
	endpoint->family = family;
	memcpy(endpoint->addr, view->bytes + view->at + offset,
	       family == FDAR_FAMILY_IPV4 ? 4 : 16);
}

/* A TCP option, which the packet has: Fast Open is 34, or the experiment 254 with its magic. */
static void take_option(const struct fdar_view *view, uint32_t at, uint32_t kind, uint32_t size,
			struct fdar_decoded *decoded)
{
	gboolean syn = (decoded->flags & FDAR_TCP_SYN) != 0;

	if (kind == 34 || (kind == 254 && size >= 4 && fdar_view_u16(view, at + 2) == 0xf989))
		decoded->fast_open = TRUE;
	else if (kind == 2 && size == 4 && syn)
		decoded->mss = (uint16_t)fdar_view_u16(view, at + 2);
	else if (kind == 3 && size == 3 && syn)
		decoded->scale = (uint8_t)MIN(fdar_view_u8(view, at + 2), 14);
}

static void take_options(const struct fdar_view *view, uint32_t header_length,
			 struct fdar_decoded *decoded)
{
	uint32_t at = 20;

	while (at + 1 < header_length && fdar_view_has(view, at + 2)) {
		uint32_t kind = fdar_view_u8(view, at);
		uint32_t size = fdar_view_u8(view, at + 1);

		if (kind == 0)
			return;
		if (kind == 1) {
			at++;
			continue;
		}
		if (size < 2)
			return;
		if (kind == 34 || fdar_view_has(view, at + MIN(size, 4)))
			take_option(view, at, kind, size, decoded);
		at += size;
	}
}

static void decode_tcp(const struct fdar_view *view, struct fdar_decoded *decoded)
{
	uint32_t length = view->length - view->at;
	uint32_t header;

	if (!fdar_view_has(view, 20))
		return;
	header = (fdar_view_u8(view, 12) >> 4) * 4;
	if (header < 20 || header > length)
		return;
	decoded->kind = FDAR_DECODED_TCP;
	decoded->src.port = (uint16_t)fdar_view_u16(view, 0);
	decoded->dst.port = (uint16_t)fdar_view_u16(view, 2);
	decoded->seq = fdar_view_u32(view, 4);
	decoded->ack = fdar_view_u32(view, 8);
	decoded->flags = (uint8_t)fdar_view_u8(view, 13);
	decoded->header_length = header;
	if (decoded->flags & FDAR_TCP_URG)
		decoded->urgent = (uint16_t)fdar_view_u16(view, 18);
	decoded->window = (uint16_t)fdar_view_u16(view, 14);
	decoded->scale = FDAR_DECODED_NO_SCALE;
	take_options(view, header, decoded);
}

static void decode_udp(const struct fdar_view *view, struct fdar_decoded *decoded)
{
	uint32_t length = view->length - view->at;
	uint32_t said;

	if (!fdar_view_has(view, 8))
		return;
	said = fdar_view_u16(view, 4);
	/* 0 is a jumbogram (RFC 2675): as long as the IP header says. */
	if (said == 0)
		said = length;
	if (said < 8 || said > length)
		return;
	decoded->kind = FDAR_DECODED_UDP;
	decoded->src.port = (uint16_t)fdar_view_u16(view, 0);
	decoded->dst.port = (uint16_t)fdar_view_u16(view, 2);
	decoded->segment_length = said;
	decoded->segment_captured = MIN(decoded->segment_captured, said);
	decoded->header_length = 8;
}

static void decode_ip(struct fdar_view *view, struct fdar_decoded *decoded);

/* Whether the innermost packet ends within what it is in. */
static gboolean fits(const struct fdar_view *outer, const struct fdar_decoded *inner)
{
	struct fdar_view view = *outer;
	uint32_t size;

	view.at = inner->l3;
	if (inner->family == FDAR_FAMILY_IPV4)
		size = fdar_view_u16(&view, 2);
	else
		size = 40 + fdar_view_u16(&view, 4);
	return size <= outer->length - MIN(inner->l3, outer->length);
}

/* Looks into a tunnel: TRUE when decoded is of what is in it then. */
static gboolean decode_tunnel(const struct fdar_view *outer, struct fdar_decoded *decoded)
{
	struct fdar_decoded inner = *decoded;
	struct fdar_view view = *outer;
	enum fdar_tunnel tunnel = fdar_tunnel_pass(&view, &inner);

	if (tunnel == FDAR_TUNNEL_NONE)
		return FALSE;
	inner.tunnels++;
	inner.kind = FDAR_DECODED_NOT_IP;
	if (tunnel != FDAR_TUNNEL_OTHER)
		decode_ip(&view, &inner);
	switch (inner.kind) {
	case FDAR_DECODED_TCP:
	case FDAR_DECODED_UDP:
	case FDAR_DECODED_FRAGMENT:
		/* What was found further in was looked at there. */
		if (inner.tunnels == decoded->tunnels + 1 && !fits(outer, &inner))
			return FALSE;
		break;
	case FDAR_DECODED_MALFORMED:
		return FALSE;
	default:
		if (tunnel == FDAR_TUNNEL_IP)
			return FALSE;
	}
	*decoded = inner;
	return TRUE;
}

static void decode_transport(const struct fdar_view *view, struct fdar_decoded *decoded)
{
	if (decode_tunnel(view, decoded))
		return;
	decoded->segment = view->bytes + MIN(view->at, view->captured);
	decoded->segment_at = decoded->was_fragmented ? view->at : 0;
	decoded->segment_length = view->length - view->at;
	decoded->segment_captured = view->at < view->captured ? view->captured - view->at : 0;
	if (decoded->protocol == IPPROTO_TCP)
		decode_tcp(view, decoded);
	else if (decoded->protocol == IPPROTO_UDP)
		decode_udp(view, decoded);
	else
		decoded->kind = FDAR_DECODED_OTHER;
}

/* The IPv6 fragment header. FALSE when there is nothing more to decode. */
static gboolean decode_fragment(struct fdar_view *view, struct fdar_decoded *decoded)
{
	uint32_t offset;

	if (!fdar_view_has(view, 8))
		return FALSE;
	offset = fdar_view_u16(view, 2);
	decoded->protocol = (uint8_t)fdar_view_u8(view, 0);
	decoded->fragment_id = fdar_view_u32(view, 4);
	decoded->fragment_offset = offset & 0xfff8;
	decoded->fragment_more = offset & 1;
	view->at += 8;
	/* "Atomic" (RFC 6946): a fragment header on a datagram that is whole. */
	if (decoded->fragment_offset == 0 && !decoded->fragment_more)
		return TRUE;
	if (view->at > view->length)
		return FALSE;
	decoded->kind = FDAR_DECODED_FRAGMENT;
	decoded->segment = view->bytes + view->at;
	decoded->segment_length = view->length - view->at;
	decoded->segment_captured = view->captured - view->at;
	return FALSE;
}

/* A routing header, which is there: the packet goes on to its last address, if not there yet. */
static void decode_routing(const struct fdar_view *view, uint32_t size,
			   struct fdar_decoded *decoded)
{
	uint32_t count = (size - 8) / 16, left = fdar_view_u8(view, 3);
	uint32_t at = 8;

	if (count == 0 || left == 0)
		return;
	switch (fdar_view_u8(view, 2)) {
	case ROUTING_SOURCE:
		at += (count - 1) * 16;
		break;
	case ROUTING_HOME:
	case ROUTING_SEGMENTS: /* in reverse order */
		break;
	default:
		return;
	}
	set_host(view, at, FDAR_FAMILY_IPV6, &decoded->dst);
	decoded->dst_at = view->at + at;
}

/* Destination options, which are there: a home address is whom the packet comes from. */
static void decode_home(const struct fdar_view *view, uint32_t size, struct fdar_decoded *decoded)
{
	for (uint32_t at = 2; at + 2 <= size;) {
		uint32_t kind = fdar_view_u8(view, at), length = fdar_view_u8(view, at + 1);

		if (kind == 0) { /* one byte of padding */
			at++;
			continue;
		}
		if (kind == OPTION_HOME_ADDRESS && length == 16 && at + 18 <= size) {
			set_host(view, at + 2, FDAR_FAMILY_IPV6, &decoded->src);
			decoded->src_at = view->at + at + 2;
		}
		at += 2 + length;
	}
}

/* IPv4 options, which are there: a source route that is not at its end leads to its last address.
 */
static void decode_route(const struct fdar_view *view, uint32_t header,
			 struct fdar_decoded *decoded)
{
	for (uint32_t at = 20; at + 3 <= header;) {
		uint32_t kind = fdar_view_u8(view, at), size = fdar_view_u8(view, at + 1);

		if (kind == 0)
			return;
		if (kind == 1) {
			at++;
			continue;
		}
		if (size < 2 || size > header - at)
			return;
		if ((kind == OPTION_LOOSE_ROUTE || kind == OPTION_STRICT_ROUTE) && size >= 7 &&
		    fdar_view_u8(view, at + 2) + 3 <= size) {
			set_host(view, at + size - 4, FDAR_FAMILY_IPV4, &decoded->dst);
			decoded->dst_at = view->at + at + size - 4;
		}
		at += size;
	}
}

/* Walks extension headers from decoded->protocol on, then the transport header. IPv4 has AH only.
 */
static void decode_headers(struct fdar_view *view, struct fdar_decoded *decoded)
{
	gboolean v6 = decoded->family == FDAR_FAMILY_IPV6;

	for (unsigned i = 0; i < HEADERS_MAX; i++) {
		uint32_t size;

		if (v6 && decoded->protocol == IPPROTO_FRAGMENT) {
			if (!decode_fragment(view, decoded))
				return;
			continue;
		}
		switch (decoded->protocol) {
		case IPPROTO_AH:
			size = fdar_view_has(view, 2) ? (fdar_view_u8(view, 1) + 2) * 4 : 0;
			break;
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_MH:
		case 139: /* HIP */
		case 140: /* shim6 */
			if (!v6) {
				decoded->kind = FDAR_DECODED_OTHER;
				return;
			}
			size = fdar_view_has(view, 2) ? (fdar_view_u8(view, 1) + 1) * 8 : 0;
			break;
		default:
			decode_transport(view, decoded);
			return;
		}
		if (size == 0 || size > view->length - view->at || !fdar_view_has(view, size))
			return;
		if (decoded->protocol == IPPROTO_ROUTING)
			decode_routing(view, size, decoded);
		else if (decoded->protocol == IPPROTO_DSTOPTS)
			decode_home(view, size, decoded);
		decoded->protocol = (uint8_t)fdar_view_u8(view, 0);
		view->at += size;
	}
}

/* Where the header is; all that depends on it follows. */
static void set_place(const struct fdar_view *view, uint8_t family, struct fdar_decoded *decoded)
{
	gboolean v6 = family == FDAR_FAMILY_IPV6;

	decoded->family = family;
	decoded->l3 = view->at;
	if (!decoded->tunnels)
		decoded->outer_l3 = view->at;
	decoded->src_at = view->at + (v6 ? 8 : 12);
	decoded->dst_at = view->at + (v6 ? 24 : 16);
	decoded->hops = (uint8_t)fdar_view_u8(view, v6 ? 7 : 8);
	decoded->fragment_id = decoded->fragment_offset = 0;
	decoded->fragment_more = FALSE;
	memset(&decoded->src, 0, sizeof(decoded->src));
	memset(&decoded->dst, 0, sizeof(decoded->dst));
	set_host(view, v6 ? 8 : 12, family, &decoded->src);
	set_host(view, v6 ? 24 : 16, family, &decoded->dst);
}

static void decode_ipv4(struct fdar_view *view, struct fdar_decoded *decoded)
{
	uint32_t header, total, fragment;

	decoded->kind = FDAR_DECODED_MALFORMED;
	if (!fdar_view_has(view, 20))
		return;
	header = (fdar_view_u8(view, 0) & 15) * 4;
	total = fdar_view_u16(view, 2);
	/* 0: a segment larger than 64 KiB on its way to an offloading card, as long as its frame.
	 */
	if (total == 0)
		total = view->length - view->at;
	if (total > OFFLOAD_MAX)
		return;
	if (header < 20 || total < header || !fdar_view_has(view, header))
		return;
	set_place(view, FDAR_FAMILY_IPV4, decoded);
	decoded->protocol = (uint8_t)fdar_view_u8(view, 9);
	decode_route(view, header, decoded);
	fragment = fdar_view_u16(view, 6);
	decoded->fragment_id = fdar_view_u16(view, 4);
	decoded->fragment_offset = (fragment & 0x1fff) * 8;
	decoded->fragment_more = (fragment & 0x2000) != 0;
	/* Behind it there may be padding, and the frame may be cut shorter than the header says. */
	view->length = view->at + total;
	view->captured = MIN(view->captured, view->length);
	view->at += header;
	if (decoded->fragment_offset || decoded->fragment_more) {
		decoded->kind = FDAR_DECODED_FRAGMENT;
		decoded->segment = view->bytes + view->at;
		decoded->segment_length = view->length - view->at;
		decoded->segment_captured = view->captured - view->at;
		return;
	}
	decode_headers(view, decoded);
}

static void decode_ipv6(struct fdar_view *view, struct fdar_decoded *decoded)
{
	uint32_t payload;

	decoded->kind = FDAR_DECODED_MALFORMED;
	if (!fdar_view_has(view, 40))
		return;
	payload = fdar_view_u16(view, 4);
	/* 0 is a jumbogram: as long as its frame. */
	if (payload == 0)
		payload = view->length - view->at - 40;
	if (payload > OFFLOAD_MAX)
		return;
	set_place(view, FDAR_FAMILY_IPV6, decoded);
	decoded->protocol = (uint8_t)fdar_view_u8(view, 6);
	view->length = view->at + 40 + payload;
	view->captured = MIN(view->captured, view->length);
	view->at += 40;
	decode_headers(view, decoded);
}

static void decode_ip(struct fdar_view *view, struct fdar_decoded *decoded)
{
	decoded->kind = FDAR_DECODED_MALFORMED;
	if (!fdar_view_has(view, 1))
		return;
	switch (fdar_view_u8(view, 0) >> 4) {
	case 4:
		decode_ipv4(view, decoded);
		return;
	case 6:
		decode_ipv6(view, decoded);
		return;
	default:
		decoded->kind = FDAR_DECODED_NOT_IP;
	}
}

const char *fdar_decode_check_link(int link)
{
	return fdar_link_check(link);
}

const char *fdar_decode_link_name(int link)
{
	const char *name = pcap_datalink_val_to_description(link);

	return name ? name : "unknown";
}

void fdar_decode(int link, const struct fdar_packet *packet, struct fdar_decoded *decoded)
{
	struct fdar_view view = { .bytes = packet->bytes,
				  .captured = packet->captured,
				  .length = packet->length };

	memset(decoded, 0, sizeof(*decoded));
	decoded->kind = FDAR_DECODED_NOT_IP;
	if (fdar_link_pass(link, &view, decoded))
		decode_ip(&view, decoded);
}

void fdar_decode_segment(const uint8_t *segment, uint32_t captured, uint32_t length,
			 struct fdar_decoded *decoded)
{
	struct fdar_view view = { .bytes = segment, .captured = captured, .length = length };

	decoded->kind = FDAR_DECODED_MALFORMED;
	decoded->was_fragmented = TRUE;
	decoded->fragment_offset = 0;
	decoded->fragment_more = FALSE;
	decode_headers(&view, decoded);
}
