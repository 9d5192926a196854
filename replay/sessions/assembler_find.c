/* Which flow a packet belongs to, and whether it was seen before: part of assembler.h. */
#include <pcap/pcap.h>
#include <string.h>

#include "replay/sessions/assembler_private.h"
#include "replay/sessions/wireguard.h"

/* Copies that several interfaces or ports make of one packet come within so long. */
#define DOUBLE_NS   ((uint64_t)20000000)
#define HASHED      512u /* bytes of a datagram that are hashed */
#define CHECKSUM_AT 16u  /* of TCP, with the urgent pointer */
#define HASH_FACTOR 0x9e3779b97f4a7c15u

static uint32_t mix_bytes(uint32_t hash, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash;
}

uint32_t fdar_assembler_interface(const struct fdar_packet *packet, int link)
{
	/* Cooked headers tell the interface, or at least the direction; Ethernet's addresses are
	 * others behind every router. */
	if (link == DLT_LINUX_SLL2 && packet->captured >= 20)
		return mix_bytes(packet->interface, packet->bytes + 4, 4);
	if (link == DLT_LINUX_SLL && packet->captured >= 16)
		return mix_bytes(packet->interface, packet->bytes, 14);
	if (link == DLT_EN10MB && packet->captured >= 12)
		return mix_bytes(packet->interface, packet->bytes, 12);
	return packet->interface;
}

/* How well a packet's network fits those of the flow: those of its own direction count most. */
static unsigned score(const struct fdar_flow *flow, const struct fdar_arriving *arriving)
{
	uint32_t net = arriving->decoded->net;
	unsigned own = arriving->src_low != 0, other = !own;

	if (flow->net_known >> own & 1)
		return flow->net[own] == net ? 3 : 0;
	return flow->net[other] == net ? 2 : 1;
}

static uint32_t hash_of(const struct fdar_decoded *decoded)
{
	const uint8_t *bytes = fdar_decoded_payload(decoded);
	uint32_t size = MIN(fdar_decoded_payload_captured(decoded), HASHED);
	uint64_t hash = size;
	uint64_t word;

	for (; size >= 8; size -= 8, bytes += 8) {
		memcpy(&word, bytes, 8);
		hash = (hash ^ word) * HASH_FACTOR;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, bytes, size);
	hash = (hash ^ word) * HASH_FACTOR;
	return (uint32_t)(hash >> 32);
}

/* The identification of the IP packet; 0 where there is none. */
static uint16_t id_of(const struct fdar_decoded *decoded)
{
	return decoded->family == FDAR_FAMILY_IPV4 && !decoded->was_fragmented
		       ? (uint16_t)decoded->fragment_id
		       : 0;
}

/* The same bytes, shortly before: by their identification, or, where there is none, because they
 * were seen elsewhere. */
static gboolean was_seen(const struct fdar_flow *flow, const struct fdar_seen *now)
{
	gboolean told = now->id && !(flow->same_ids >> (now->way - 1) & 1);

	for (unsigned i = 0; flow->seen && i < FDAR_FLOW_SEEN; i++) {
		const struct fdar_seen *one = &flow->seen[i];

		if (one->way != now->way || one->hash != now->hash || one->length != now->length ||
		    one->id != now->id || now->clock_ns - one->clock_ns > DOUBLE_NS)
			continue;
		if (told || one->interface != now->interface || one->hops != now->hops)
			return TRUE;
	}
	return FALSE;
}

/* Of a segment, its header: that the bytes are the same is seen by whoever puts them in order. Without the checksum, which
 * one of two places may not have, yet. */
static uint32_t hash_of_header(const struct fdar_decoded *decoded)
{
	uint32_t size = MIN(decoded->header_length, decoded->segment_captured);
	uint64_t hash = fdar_decoded_payload_captured(decoded);
	uint32_t word;

	for (uint32_t at = 0; at + 4 <= size; at += 4) {
		memcpy(&word, decoded->segment + at, 4);
		if (at != CHECKSUM_AT)
			hash = (hash ^ word) * HASH_FACTOR;
		hash ^= hash >> 32;
	}
	return (uint32_t)hash;
}

static struct fdar_seen seen_of(const struct fdar_arriving *arriving, enum fdar_way way)
{
	const struct fdar_decoded *decoded = arriving->decoded;
	gboolean tcp = decoded->kind == FDAR_DECODED_TCP;

	return (struct fdar_seen){ .clock_ns = arriving->clock_ns,
				   .hash = tcp ? hash_of_header(decoded) : hash_of(decoded),
				   .interface = arriving->interface,
				   .length = fdar_decoded_payload_length(decoded),
				   .id = id_of(decoded),
				   .hops = decoded->hops,
				   .way = (uint8_t)(way + 1) };
}

/* Whether a segment's numbers are of this connection. */
static gboolean fits(const struct fdar_flow *flow, const struct fdar_arriving *arriving)
{
	const struct fdar_decoded *decoded = arriving->decoded;
	enum fdar_way way = fdar_flow_way(flow, arriving->src_low);
	const struct fdar_half *half = &flow->half[way], *other = &flow->half[!way];

	if (decoded->flags & FDAR_TCP_SYN && half->syn)
		return half->isn == decoded->seq;
	if (half->state == FDAR_HALF_UNKNOWN || !fdar_half_believes(half, decoded->seq))
		return FALSE;
	return !(decoded->flags & FDAR_TCP_ACK) || other->state == FDAR_HALF_UNKNOWN ||
	       fdar_half_believes(other, decoded->ack);
}

/* A packet in another network than the flow's is of the flow when it is of the same connection: it
 * was seen at two places, or its way back has other tags. */
static gboolean is_same(const struct fdar_flow *flow, const struct fdar_arriving *arriving)
{
	struct fdar_seen now;

	if (arriving->decoded->kind == FDAR_DECODED_TCP)
		return fits(flow, arriving);
	now = seen_of(arriving, fdar_flow_way(flow, arriving->src_low));
	return was_seen(flow, &now);
}

struct fdar_flow *fdar_assembler_find(const struct fdar_assembler *assembler,
				      const struct fdar_flow_key *key,
				      const struct fdar_arriving *arriving)
{
	struct fdar_flow *first = fdar_flows_find(&assembler->flows, key), *best = NULL;
	unsigned best_score = 0;

	for (struct fdar_flow *flow = first; flow; flow = flow->twin) {
		unsigned own = score(flow, arriving);

		if (own > best_score) {
			best = flow;
			best_score = own;
		}
	}
	for (struct fdar_flow *flow = first; flow && !best; flow = flow->twin)
		if (is_same(flow, arriving))
			best = flow;
	return best;
}

static void remember(struct fdar_assembler *assembler, struct fdar_flow *flow,
		     const struct fdar_seen *now)
{
	if (!flow->seen)
		fdar_flows_make_seen(&assembler->flows, flow);
	/* Who gives all packets the same number tells nothing by it. */
	for (unsigned i = 0; i < FDAR_FLOW_SEEN; i++)
		if (flow->seen[i].way == now->way && flow->seen[i].id == now->id &&
		    flow->seen[i].hash != now->hash)
			flow->same_ids |= (uint8_t)(1u << (now->way - 1));
	flow->seen[flow->seen_at] = *now;
	flow->seen_at = (uint8_t)((flow->seen_at + 1) % FDAR_FLOW_SEEN);
}

/* TRUE: it was seen before, and is counted. */
static gboolean count_double(struct fdar_assembler *assembler, struct fdar_flow *flow,
			     const struct fdar_seen *now)
{
	if (!was_seen(flow, now))
		return FALSE;
	flow->session.odd |= FDAR_ODD_DOUBLES;
	flow->session.doubles++;
	assembler->totals.doubles++;
	return TRUE;
}

gboolean fdar_assembler_note_segment(struct fdar_assembler *assembler, struct fdar_flow *flow,
				     const struct fdar_arriving *arriving)
{
	struct fdar_seen now = seen_of(arriving, arriving->way);

	if (count_double(assembler, flow, &now))
		return TRUE;
	remember(assembler, flow, &now);
	return FALSE;
}

void fdar_assembler_feed_udp(struct fdar_assembler *assembler, struct fdar_flow *flow,
			     const struct fdar_arriving *arriving)
{
	struct fdar_half *half = &flow->half[arriving->way];
	struct fdar_seen now = seen_of(arriving, arriving->way);
	uint32_t captured = fdar_decoded_payload_captured(arriving->decoded);
	uint32_t length = now.length;
	struct fdar_arrival arrival = { .piece = { .time_ns = arriving->time_ns,
						   .kind = FDAR_PIECE_DATA,
						   .way = (uint8_t)arriving->way,
						   .length = captured },
					.bytes = fdar_decoded_payload(arriving->decoded),
					.stream_offset = half->offset,
					.packet = arriving->order };

	if (fdar_wireguard_is(arriving->decoded, &flow->wireguard))
		assembler->totals.wireguard++;
	if (count_double(assembler, flow, &now))
		return;
	if (!flow->seen && now.id) {
		flow->session.numbers[0] = now.hash;
		flow->session.numbers[1] = now.id;
	}
	remember(assembler, flow, &now);
	half->offset += length;
	fdar_assembler_deliver(assembler, flow, &arrival);
	if (captured == length)
		return;
	flow->session.odd |=
		FDAR_ODD_CUT |
		(arriving->way == FDAR_FROM_CLIENT ? FDAR_ODD_GAP_CLIENT : FDAR_ODD_GAP_SERVER);
	arrival.piece.kind = FDAR_PIECE_GAP;
	arrival.piece.length = length - captured;
	arrival.stream_offset += captured;
	arrival.bytes = NULL;
	fdar_assembler_deliver(assembler, flow, &arrival);
}
