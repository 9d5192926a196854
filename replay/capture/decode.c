#include "replay/capture/decode.h"

#include <netinet/in.h>
#include <pcap/pcap.h>
#include <string.h>

#define TAGS_MAX 4u
/* Larger than any segment that a kernel hands to an offloading card: a length beyond is made up. */
#define OFFLOAD_MAX (1u << 20)
#define HEADERS_MAX 16u /* IPv6 extension headers */

#define ETHER_IPV4  0x0800u
#define ETHER_IPV6  0x86ddu
#define ETHER_PPPOE 0x8864u
#define PPP_IPV4    0x0021u
#define PPP_IPV6    0x0057u

/* What is left of a packet: at counts from its start. length is what was on the wire. */
struct view {
	const uint8_t *bytes;
	uint32_t captured;
	uint32_t length;
	uint32_t at;
};

static gboolean has(const struct view *view, uint32_t count)
{
	return view->at <= view->captured && count <= view->captured - view->at;
}

static uint32_t get_u8(const struct view *view, uint32_t offset)
{
	return view->bytes[view->at + offset];
}

static uint32_t get_u16(const struct view *view, uint32_t offset)
{
	return get_u8(view, offset) << 8 | get_u8(view, offset + 1);
}

static uint32_t get_u32(const struct view *view, uint32_t offset)
{
	return get_u16(view, offset) << 16 | get_u16(view, offset + 2);
}

static void set_host(const struct view *view, uint32_t offset, uint8_t family,
		     struct fdar_endpoint *endpoint)
{
	endpoint->family = family;
	memcpy(endpoint->addr, view->bytes + view->at + offset,
	       family == FDAR_FAMILY_IPV4 ? 4 : 16);
}

/* TCP options: is Fast Open (34, or the experiment 254 with its magic) among them? */
static gboolean has_fast_open(const struct view *view, uint32_t header_length)
{
	uint32_t at = 20;

	while (at + 1 < header_length && has(view, at + 2)) {
		uint32_t kind = get_u8(view, at);
		uint32_t size = get_u8(view, at + 1);

		if (kind == 0)
			return FALSE;
		if (kind == 1) {
			at++;
			continue;
		}
		if (size < 2)
			return FALSE;
		if (kind == 34)
			return TRUE;
		if (kind == 254 && size >= 4 && has(view, at + 4) &&
		    get_u16(view, at + 2) == 0xf989)
			return TRUE;
		at += size;
	}
	return FALSE;
}

static void decode_tcp(const struct view *view, struct fdar_decoded *decoded)
{
	uint32_t length = view->length - view->at;
	uint32_t header;

	if (!has(view, 20))
		return;
	header = (get_u8(view, 12) >> 4) * 4;
	if (header < 20 || header > length)
		return;
	decoded->kind = FDAR_DECODED_TCP;
	decoded->src.port = (uint16_t)get_u16(view, 0);
	decoded->dst.port = (uint16_t)get_u16(view, 2);
	decoded->seq = get_u32(view, 4);
	decoded->ack = get_u32(view, 8);
	decoded->flags = (uint8_t)get_u8(view, 13);
	decoded->header_length = header;
	decoded->fast_open = has_fast_open(view, header);
}

static void decode_udp(const struct view *view, struct fdar_decoded *decoded)
{
	uint32_t length = view->length - view->at;
	uint32_t said;

	if (!has(view, 8))
		return;
	said = get_u16(view, 4);
	/* 0 is a jumbogram (RFC 2675): as long as the IP header says. */
	if (said == 0)
		said = length;
	if (said < 8 || said > length)
		return;
	decoded->kind = FDAR_DECODED_UDP;
	decoded->src.port = (uint16_t)get_u16(view, 0);
	decoded->dst.port = (uint16_t)get_u16(view, 2);
	decoded->segment_length = said;
	decoded->segment_captured = MIN(decoded->segment_captured, said);
	decoded->header_length = 8;
}

static void decode_transport(const struct view *view, struct fdar_decoded *decoded)
{
	decoded->segment = view->bytes + MIN(view->at, view->captured);
	decoded->segment_at = decoded->was_fragmented ? view->at : 0;
	decoded->segment_length = view->length - view->at;
	decoded->segment_captured = view->at < view->captured ? view->captured - view->at : 0;
	if (decoded->protocol == FDAR_TCP)
		decode_tcp(view, decoded);
	else if (decoded->protocol == FDAR_UDP)
		decode_udp(view, decoded);
	else
		decoded->kind = FDAR_DECODED_OTHER;
}

/* The IPv6 fragment header. FALSE when there is nothing more to decode. */
static gboolean decode_fragment(struct view *view, struct fdar_decoded *decoded)
{
	uint32_t offset;

	if (!has(view, 8))
		return FALSE;
	offset = get_u16(view, 2);
	decoded->protocol = (uint8_t)get_u8(view, 0);
	decoded->fragment_id = get_u32(view, 4);
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

/* Walks extension headers from decoded->protocol on, then the transport header. IPv4 has AH only.
 */
static void decode_headers(struct view *view, struct fdar_decoded *decoded)
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
			size = has(view, 2) ? (get_u8(view, 1) + 2) * 4 : 0;
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
			size = has(view, 2) ? (get_u8(view, 1) + 1) * 8 : 0;
			break;
		default:
			decode_transport(view, decoded);
			return;
		}
		if (size == 0 || size > view->length - view->at || !has(view, size))
			return;
		decoded->protocol = (uint8_t)get_u8(view, 0);
		view->at += size;
	}
}

static void decode_ipv4(struct view *view, struct fdar_decoded *decoded)
{
	uint32_t header, total, fragment;

	decoded->kind = FDAR_DECODED_MALFORMED;
	if (!has(view, 20))
		return;
	header = (get_u8(view, 0) & 15) * 4;
	total = get_u16(view, 2);
	/* 0: a segment larger than 64 KiB on its way to an offloading card, as long as its frame.
	 */
	if (total == 0)
		total = view->length - view->at;
	if (total > OFFLOAD_MAX)
		return;
	if (header < 20 || total < header || !has(view, header))
		return;
	decoded->family = FDAR_FAMILY_IPV4;
	decoded->l3 = view->at;
	decoded->protocol = (uint8_t)get_u8(view, 9);
	set_host(view, 12, FDAR_FAMILY_IPV4, &decoded->src);
	set_host(view, 16, FDAR_FAMILY_IPV4, &decoded->dst);
	fragment = get_u16(view, 6);
	decoded->fragment_id = get_u16(view, 4);
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

static void decode_ipv6(struct view *view, struct fdar_decoded *decoded)
{
	uint32_t payload;

	decoded->kind = FDAR_DECODED_MALFORMED;
	if (!has(view, 40))
		return;
	payload = get_u16(view, 4);
	/* 0 is a jumbogram: as long as its frame. */
	if (payload == 0)
		payload = view->length - view->at - 40;
	if (payload > OFFLOAD_MAX)
		return;
	decoded->family = FDAR_FAMILY_IPV6;
	decoded->l3 = view->at;
	decoded->protocol = (uint8_t)get_u8(view, 6);
	set_host(view, 8, FDAR_FAMILY_IPV6, &decoded->src);
	set_host(view, 24, FDAR_FAMILY_IPV6, &decoded->dst);
	view->length = view->at + 40 + payload;
	view->captured = MIN(view->captured, view->length);
	view->at += 40;
	decode_headers(view, decoded);
}

static void decode_ip(struct view *view, struct fdar_decoded *decoded)
{
	decoded->kind = FDAR_DECODED_MALFORMED;
	if (!has(view, 1))
		return;
	switch (get_u8(view, 0) >> 4) {
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

/* The two bytes of a PPP protocol, or one of them when it is compressed (RFC 1661). */
static void decode_ppp(struct view *view, struct fdar_decoded *decoded)
{
	uint32_t protocol;

	if (!has(view, 2))
		return;
	protocol = get_u16(view, 0);
	if (protocol == 0xff03) { /* address and control, as on a serial line */
		view->at += 2;
		if (!has(view, 2))
			return;
		protocol = get_u16(view, 0);
	}
	if (protocol >> 8 & 1) {
		protocol >>= 8;
		view->at += 1;
	} else {
		view->at += 2;
	}
	if (protocol == PPP_IPV4 || protocol == PPP_IPV6)
		decode_ip(view, decoded);
}

/* Behind an ether type, which view->at points to. */
static void decode_ether_type(struct view *view, struct fdar_decoded *decoded)
{
	for (unsigned tags = 0; tags <= TAGS_MAX && has(view, 2); tags++) {
		uint32_t type = get_u16(view, 0);

		view->at += 2;
		switch (type) {
		case ETHER_IPV4:
		case ETHER_IPV6:
			decode_ip(view, decoded);
			return;
		case ETHER_PPPOE: /* version, code, session, length */
			view->at += 6;
			decode_ppp(view, decoded);
			return;
		case 0x8100:
		case 0x88a8:
		case 0x9100:
			view->at += 2;
			break;
		default:
			return;
		}
	}
}

/* NULL: the sender's byte order, which may be this machine's or not; LOOP: network order. The
 * families of IPv6 differ between systems, so the IP header's own version decides. */
static void decode_null(struct view *view, struct fdar_decoded *decoded)
{
	uint32_t family;

	if (!has(view, 4))
		return;
	family = get_u32(view, 0);
	if (family > 0xffff)
		family = GUINT32_SWAP_LE_BE(family);
	view->at += 4;
	if (family == 2 || family == 10 || family == 24 || family == 28 || family == 30)
		decode_ip(view, decoded);
}

static void decode_skip(struct view *view, uint32_t size, struct fdar_decoded *decoded)
{
	view->at += size;
	decode_ether_type(view, decoded);
}

/* Cooked v2: the type comes first, its 20 bytes end with the link address. */
static void decode_sll2(struct view *view, struct fdar_decoded *decoded)
{
	uint32_t type;

	if (!has(view, 20))
		return;
	type = get_u16(view, 0);
	view->at += 20;
	if (type == ETHER_IPV4 || type == ETHER_IPV6) {
		decode_ip(view, decoded);
	} else if (type == ETHER_PPPOE) {
		view->at += 6;
		decode_ppp(view, decoded);
	} else if (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
		view->at += 2;
		decode_ether_type(view, decoded);
	}
}

const char *fdar_decode_check_link(int link)
{
	switch (link) {
	case DLT_EN10MB:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
	case DLT_RAW:
	case 101: /* LINKTYPE_RAW, as some writers put it */
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_NULL:
	case DLT_LOOP:
	case DLT_PPP:
	case DLT_PPP_SERIAL:
	case DLT_PPP_ETHER:
		return NULL;
	default:
		return "Ethernet, Linux cooked, raw IP, NULL/loopback, PPP or PPPoE";
	}
}

void fdar_decode(int link, const struct fdar_packet *packet, struct fdar_decoded *decoded)
{
	struct view view = { .bytes = packet->bytes,
			     .captured = packet->captured,
			     .length = packet->length };

	memset(decoded, 0, sizeof(*decoded));
	decoded->kind = FDAR_DECODED_NOT_IP;
	switch (link) {
	case DLT_EN10MB:
		decode_skip(&view, 12, decoded);
		break;
	case DLT_LINUX_SLL:
		decode_skip(&view, 14, decoded);
		break;
	case DLT_LINUX_SLL2:
		decode_sll2(&view, decoded);
		break;
	case DLT_NULL:
	case DLT_LOOP:
		decode_null(&view, decoded);
		break;
	case DLT_PPP:
	case DLT_PPP_SERIAL:
		decode_ppp(&view, decoded);
		break;
	case DLT_PPP_ETHER:
		view.at += 6;
		decode_ppp(&view, decoded);
		break;
	default:
		decode_ip(&view, decoded);
	}
}

void fdar_decode_segment(const uint8_t *segment, uint32_t captured, uint32_t length,
			 struct fdar_decoded *decoded)
{
	struct view view = { .bytes = segment, .captured = captured, .length = length };

	decoded->kind = FDAR_DECODED_MALFORMED;
	decoded->was_fragmented = TRUE;
	decoded->fragment_offset = 0;
	decoded->fragment_more = FALSE;
	decode_headers(&view, decoded);
}
