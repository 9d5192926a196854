#include "replay/rewrite/shape.h"

#include <assert.h>
#include <pcap/pcap.h>
#include <string.h>

#include "replay/capture/checksum.h"

#define TCP_SEQ      4u
#define TCP_ACK      8u
#define TCP_CHECKSUM 16u
#define UDP_CHECKSUM 6u
#define OPTION_SACK  5u
#define IP_ID        4u
#define IP_SUM       10u
#define IP6_FRAGMENT 44u

static uint32_t get_u32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return GUINT32_FROM_BE(value);
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
	uint32_t network = GUINT32_TO_BE(value);

	memcpy(bytes, &network, sizeof(network));
}

/* The part of a datagram that a packet holds. */
struct part {
	const struct fdar_decoded *own; /* of the packet */
	uint32_t frame_at;              /* where the part begins in the packet */
	uint32_t begin, end;            /* offsets in the datagram */
	uint32_t segment_at;            /* where the transport header begins in the datagram */
	gboolean cut;                   /* the packet was cut by the snap length */
	gboolean deep;                  /* the headers are in the datagram: of a tunnel in it */
};

/* Where in the packet the size bytes at a place of the datagram are; 0 when elsewhere. */
static uint16_t locate_at(const struct part *part, uint32_t at, uint32_t size)
{
	if (at < part->begin || at + size > part->end)
		return 0;
	at = part->frame_at + (at - part->begin);
	return at <= UINT16_MAX ? (uint16_t)at : 0;
}

/* The same of the transport header. */
static uint16_t locate(const struct part *part, uint32_t offset, uint32_t size)
{
	return locate_at(part, part->segment_at + offset, size);
}

/* The same of what comes before it, which is in every packet unless it is deep. */
static uint16_t locate_outer(const struct part *part, uint32_t at, uint32_t size)
{
	if (part->deep)
		return locate_at(part, at, size);
	return at <= UINT16_MAX ? (uint16_t)at : 0;
}

/* Finds the SACK option; gives the offset of its first block in the header, 0 when there is none.
 */
static uint32_t find_sack(const struct fdar_decoded *decoded, uint8_t *numbers)
{
	uint32_t end = MIN(decoded->header_length, decoded->segment_captured);
	const uint8_t *header = decoded->segment;

	for (uint32_t at = 20; at + 1 < end;) {
		uint32_t kind = header[at], size = header[at + 1];

		if (kind == 0)
			return 0;
		if (kind == 1) {
			at++;
			continue;
		}
		if (size < 2 || size > end - at)
			return 0;
		if (kind == OPTION_SACK && (size - 2) % 8 == 0 && size > 2) {
			*numbers = (uint8_t)((size - 2) / 4);
			return at + 2;
		}
		at += size;
	}
	return 0;
}

static uint64_t pseudo_sum(const struct fdar_decoded *decoded, uint32_t length)
{
	size_t size = fdar_checksum_address_bytes(decoded->family);
	uint64_t sum = fdar_checksum_add(0, decoded->src.addr, size);

	sum = fdar_checksum_add(sum, decoded->dst.addr, size);
	sum = fdar_checksum_add_number(sum, length);
	return fdar_checksum_add_number(sum, decoded->protocol);
}

/* The sum of all that the checksum covers, the checksum itself not. When bytes were cut off by the
 * snap length the captured checksum is believed: it says what the sum was. When the frame never had
 * them, whatever its IP header says, it is of those that it has. */
static uint64_t covered_sum(const struct fdar_decoded *decoded, const struct part *part,
			    uint32_t checksum)
{
	const uint8_t *field = decoded->segment + checksum;
	uint32_t length = MIN(decoded->segment_length, decoded->segment_captured);
	uint16_t captured;

	if (length < decoded->segment_length && part->cut) {
		memcpy(&captured, field, sizeof(captured));
		return 0xffffu ^ captured;
	}
	return fdar_checksum_remove(fdar_checksum_add(pseudo_sum(decoded, length), decoded->segment,
						      length),
				    field, 2);
}

static gboolean shape_tcp(const struct fdar_decoded *decoded, const struct part *part,
			  struct fdar_shape *shape, uint64_t *sum)
{
	uint32_t sack = find_sack(decoded, &shape->sacks);

	shape->checksum_at = locate(part, TCP_CHECKSUM, 2);
	*sum = covered_sum(decoded, part, TCP_CHECKSUM);
	if (shape->fragment || sack % 2) {
		shape->sacks = 0;
		return FALSE;
	}
	shape->seq_at = locate(part, TCP_SEQ, 4);
	*sum = fdar_checksum_remove(*sum, decoded->segment + TCP_SEQ, 4);
	if (!(decoded->flags & FDAR_TCP_ACK)) {
		shape->sacks = 0;
		return TRUE;
	}
	shape->ack_at = locate(part, TCP_ACK, 4);
	*sum = fdar_checksum_remove(*sum, decoded->segment + TCP_ACK, 4);
	if (sack) {
		shape->sack_at = locate(part, sack, 4u * shape->sacks);
		*sum = fdar_checksum_remove(*sum, decoded->segment + sack,
					    (size_t)4 * shape->sacks);
	}
	return TRUE;
}

static void shape_udp(const struct fdar_decoded *decoded, const struct part *part,
		      struct fdar_shape *shape, uint64_t *sum)
{
	const uint8_t *field = decoded->segment + UDP_CHECKSUM;

	shape->udp = TRUE;
	*sum = covered_sum(decoded, part, UDP_CHECKSUM);
	/* 0 means that there is none, which IPv6 does not allow. */
	if (decoded->family == FDAR_FAMILY_IPV6 || field[0] || field[1])
		shape->checksum_at = locate(part, UDP_CHECKSUM, 2);
}

/* Headers are those of the packet itself, or, when they are deep, of the datagram. */
static void shape_ip(const struct fdar_decoded *headers, const uint8_t *base,
		     const struct part *part, struct fdar_shape *shape)
{
	const uint8_t *ip = base + headers->l3;
	gboolean src = shape->way == FDAR_FROM_CLIENT;
	uint32_t address = src ? headers->src_at : headers->dst_at;
	uint32_t size = (uint32_t)fdar_checksum_address_bytes(headers->family);
	uint64_t sum;

	shape->family = headers->family;
	shape->address_at = locate_outer(part, address, size);
	shape->other_at = locate_outer(part, src ? headers->dst_at : headers->src_at, size);
	if (shape->family == FDAR_FAMILY_IPV6)
		return;
	shape->ip_checksum_at = locate_outer(part, headers->l3 + 10, 2);
	if ((address - headers->l3) % 2) {
		shape->l3 = locate_outer(part, headers->l3, (uint32_t)(ip[0] & 15) * 4);
		return;
	}
	sum = fdar_checksum_add(0, ip, (size_t)(ip[0] & 15) * 4);
	sum = fdar_checksum_remove(sum, ip + 10, 2);
	sum = fdar_checksum_remove(sum, base + address, 4);
	shape->ip_sum = fdar_checksum_fold(sum);
}

static void shape_covers(const struct fdar_decoded *headers, const struct part *part,
			 struct fdar_shape *shape)
{
	for (unsigned i = 0; i < headers->covers; i++) {
		uint16_t at = locate_outer(part, headers->cover_at[i], 2);

		if (!at)
			continue;
		if (part->deep)
			shape->unsummed |= (uint8_t)(1u << shape->covers);
		shape->cover_at[shape->covers++] = at;
	}
}

/* Where a fragment's identification is; 0 when it is not found. */
static uint16_t find_id(const struct fdar_decoded *own, const struct fdar_packet *packet)
{
	uint32_t at = own->l3 + 40, next;

	if (own->family == FDAR_FAMILY_IPV4)
		return own->l3 + 12 <= packet->captured ? (uint16_t)(own->l3 + IP_ID) : 0;
	if (at > packet->captured)
		return 0;
	next = packet->bytes[own->l3 + 6];
	while (next != IP6_FRAGMENT && at + 8 <= packet->captured) {
		next = packet->bytes[at];
		at += 8u * (packet->bytes[at + 1] + 1u);
	}
	return at + 8 <= packet->captured && at + 6 <= UINT16_MAX ? (uint16_t)(at + 6) : 0;
}

gboolean fdar_shape_make(int link, const struct fdar_packet *packet,
			 const struct fdar_decoded *decoded, enum fdar_way way,
			 struct fdar_shape *shape)
{
	struct fdar_decoded own = *decoded;
	struct part part = { .own = &own,
			     .segment_at = decoded->segment_at,
			     .cut = packet->captured < packet->length };
	const struct fdar_decoded *headers = &own;
	const uint8_t *base = packet->bytes, *address;
	uint32_t port = way == FDAR_FROM_CLIENT ? 0 : 2;
	gboolean movable = TRUE;
	uint64_t sum;

	assert(!decoded->nested);
	if (decoded->was_fragmented)
		fdar_decode(link, packet, &own);
	part.deep = decoded->deep;
	if (part.deep) {
		headers = decoded;
		base = decoded->segment - decoded->segment_at;
	}
	part.frame_at = (uint32_t)(own.segment - packet->bytes);
	part.begin = decoded->was_fragmented ? own.fragment_offset : 0;
	part.end = part.begin + MIN(own.segment_captured, own.segment_length);
	*shape = (struct fdar_shape){ .captured = packet->captured,
				      .length = packet->length,
				      .way = (uint8_t)way,
				      .strip = link == DLT_EN10MB ? FDAR_SHAPE_ETHERNET
								  : (uint16_t)own.outer_l3,
				      .fragment = decoded->was_fragmented != FALSE };
	shape_ip(headers, base, &part, shape);
	shape_covers(headers, &part, shape);
	if (part.deep)
		shape->id_at = find_id(&own, packet);
	shape->id_of_6 = own.family == FDAR_FAMILY_IPV6;
	if (decoded->kind == FDAR_DECODED_TCP)
		movable = shape_tcp(decoded, &part, shape, &sum);
	else
		shape_udp(decoded, &part, shape, &sum);
	shape->port_at = locate(&part, port, 2);
	address = way == FDAR_FROM_CLIENT ? decoded->src.addr : decoded->dst.addr;
	sum = fdar_checksum_remove(sum, decoded->segment + port, 2);
	sum = fdar_checksum_remove(sum, address, fdar_checksum_address_bytes(headers->family));
	shape->segment_sum = fdar_checksum_fold(sum);
	return movable;
}

void fdar_shape_turn(struct fdar_shape *shape, const uint8_t *frame, uint16_t client_port,
		     uint16_t server_port)
{
	size_t size = fdar_checksum_address_bytes(shape->family);
	const uint8_t *old = frame + shape->address_at;
	int step = shape->way == FDAR_FROM_CLIENT ? 1 : -1;
	const uint8_t *new = frame + shape->other_at;
	uint64_t sum = shape->segment_sum;
	uint16_t address_at = shape->address_at;

	/* Its client is now at the other end: that one's address and port are what copies change.
	 */
	sum += GUINT16_TO_BE(server_port);
	sum += 0xffffu ^ GUINT16_TO_BE(client_port);
	if (shape->address_at && shape->other_at) {
		sum = fdar_checksum_add(sum, old, size);
		sum = fdar_checksum_remove(sum, new, size);
	}
	shape->segment_sum = fdar_checksum_fold(sum);
	if (shape->family == FDAR_FAMILY_IPV4 && shape->address_at && shape->other_at) {
		sum = fdar_checksum_add(shape->ip_sum, old, size);
		shape->ip_sum = fdar_checksum_fold(fdar_checksum_remove(sum, new, size));
	}
	shape->address_at = shape->other_at;
	shape->other_at = address_at;
	if (shape->port_at)
		shape->port_at = (uint16_t)(shape->port_at + 2 * step);
	shape->way = !shape->way;
}

/* Moves a number of a stream and adds its new bytes to the sum. */
static uint64_t move(uint8_t *bytes, uint32_t by, uint64_t sum)
{
	put_u32(bytes, get_u32(bytes) + by);
	return fdar_checksum_add(sum, bytes, 4);
}

/* The sum of what a copy changes of what a checksum covers; other covers from the first on count. */
static uint32_t changed_sum(const struct fdar_shape *shape, const uint8_t *out, unsigned cover,
			    unsigned first)
{
	const struct {
		uint16_t at;
		uint16_t size;
	} fields[] = {
		{ shape->address_at, (uint16_t)fdar_checksum_address_bytes(shape->family) },
		{ shape->ip_checksum_at, 2 },
		{ shape->port_at, 2 },
		{ shape->seq_at, 4 },
		{ shape->ack_at, 4 },
		{ shape->sack_at, (uint16_t)(4 * shape->sacks) },
		{ shape->checksum_at, 2 },
		{ first < shape->covers ? shape->cover_at[first] : 0, 2 },
		{ first + 1 < shape->covers ? shape->cover_at[first + 1] : 0, 2 },
		{ first + 2 < shape->covers ? shape->cover_at[first + 2] : 0, 2 },
	};
	uint64_t sum = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
		uint16_t part;

		if (!fields[i].at)
			continue;
		part = (uint16_t)fdar_checksum_fold(
			fdar_checksum_add(0, out + fields[i].at, fields[i].size));
		/* At an odd distance its bytes change places in the sum. */
		if ((fields[i].at - shape->cover_at[cover]) % 2)
			part = GUINT16_SWAP_LE_BE(part);
		sum += part;
	}
	return (uint32_t)fdar_checksum_fold(sum);
}

static void change(const struct fdar_shape *shape, const struct fdar_identity *identity,
		   const struct fdar_moves *moves, uint8_t *out)
{
	uint16_t port = GUINT16_TO_BE(moves->port);
	uint64_t sum = shape->segment_sum + identity->address_sum + port;
	size_t size = fdar_checksum_address_bytes(shape->family);
	uint16_t checksum;

	if (shape->address_at)
		memcpy(out + shape->address_at, identity->client.addr, size);
	if (shape->ip_checksum_at) {
		uint8_t *field = out + shape->ip_checksum_at;
		const uint8_t *ip = out + shape->l3;

		memset(field, 0, 2);
		checksum = fdar_checksum_of(
			shape->l3 ? fdar_checksum_add(0, ip, (size_t)(ip[0] & 15) * 4)
				  : shape->ip_sum + identity->address_sum);
		memcpy(field, &checksum, 2);
	}
	if (shape->port_at)
		memcpy(out + shape->port_at, &port, 2);
	if (shape->seq_at)
		sum = move(out + shape->seq_at, moves->moved[shape->way], sum);
	if (shape->ack_at)
		sum = move(out + shape->ack_at, moves->moved[!shape->way], sum);
	for (unsigned i = 0; i < shape->sacks; i++)
		sum = move(out + shape->sack_at + 4u * i, moves->moved[!shape->way], sum);
	if (!shape->checksum_at)
		return;
	checksum = fdar_checksum_of(sum);
	if (shape->udp && checksum == 0)
		checksum = 0xffff;
	memcpy(out + shape->checksum_at, &checksum, 2);
}

/* RFC 1624, equation 3. 0 would mean that there is none; it is the same as all ones. */
static void mend_cover(uint8_t *field, uint32_t before, uint32_t after)
{
	uint16_t checksum;

	memcpy(&checksum, field, 2);
	checksum = fdar_checksum_of((uint64_t)(0xffffu ^ checksum) + (0xffffu ^ before) + after);
	if (checksum == 0)
		checksum = 0xffff;
	memcpy(field, &checksum, 2);
}

/* In a header of IPv4 its checksum follows. */
static void move_id(const struct fdar_shape *shape, const struct fdar_moves *moves, uint8_t *out)
{
	uint8_t *field = out + shape->id_at;
	uint16_t before, after;

	memcpy(&before, field, sizeof(before));
	after = GUINT16_TO_BE((uint16_t)(GUINT16_FROM_BE(before) + moves->ids));
	memcpy(field, &after, sizeof(after));
	if (!shape->id_of_6)
		mend_cover(field - IP_ID + IP_SUM, before, after);
}

void fdar_shape_copy(const struct fdar_shape *shape, const uint8_t *frame,
		     const struct fdar_identity *identity, const struct fdar_moves *moves,
		     uint8_t *out)
{
	memcpy(out, frame, shape->captured);
	change(shape, identity, moves, out);
	if (shape->id_at)
		move_id(shape, moves, out);
	for (unsigned i = shape->covers; i-- > 0;) {
		uint8_t *field = out + shape->cover_at[i];

		if (shape->unsummed >> i & 1)
			memset(field, 0, 2);
		else
			mend_cover(field, changed_sum(shape, frame, i, i + 1),
				   changed_sum(shape, out, i, i + 1));
	}
}
