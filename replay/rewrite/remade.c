#include "replay/rewrite/remade.h"

#include <string.h>

#include "replay/capture/checksum.h"
#include "replay/capture/pcap_file.h"

#define FIN 0x01u
#define SYN 0x02u
#define RST 0x04u
#define PSH 0x08u
#define ACK 0x10u

/* Initial sequence numbers, like the capture's own when it shows relative ones. */
#define CLIENT_START 1000u
#define SERVER_START 5000u

#define WINDOW 65535u

/* A captured segment of more is of a network card that joins them; it leaves in several. */
#define PAYLOAD_MAX 32768u

uint32_t fdar_remade_exchange(struct fdar_remade_walk *walk, const struct fdar_piece *piece)
{
	if (piece->kind == FDAR_PIECE_DATA) {
		if (piece->way == FDAR_FROM_CLIENT && !walk->client_last)
			walk->runs++;
		walk->client_last = piece->way == FDAR_FROM_CLIENT;
	}
	return walk->runs ? walk->runs - 1 : FDAR_REMADE_BEFORE;
}

/* A session while its packets are made. */
struct making {
	const struct fdar_session *session;
	GArray *packets;
	uint32_t number;
	uint32_t next[2];  /* sequence numbers, by way */
	uint32_t acked[2]; /* what each way has acknowledged of the other, as it goes out */
};

static void add(struct making *making, enum fdar_way way, uint64_t time_ns, unsigned flags,
		uint64_t offset, uint32_t length)
{
	struct fdar_remade_packet packet = { .time_ns = time_ns,
					     .offset = offset,
					     .session = making->session->id,
					     .number = making->number++,
					     .length = length,
					     .seq = making->next[way],
					     .ack = flags & ACK ? making->acked[way] : 0,
					     .way = (uint8_t)way,
					     .family = making->session->client.family,
					     .flags = (uint8_t)flags };

	g_array_append_val(making->packets, packet);
	making->next[way] += length + ((flags & (SYN | FIN)) != 0);
}

/* A session that began before the capture has none. */
static void add_handshake(struct making *making)
{
	const struct fdar_session *session = making->session;
	uint64_t time_ns = session->start_ns;

	if (session->transport != FDAR_TCP || session->began == FDAR_BEGAN_MID_STREAM)
		return;
	making->next[FDAR_FROM_CLIENT]--;
	making->next[FDAR_FROM_SERVER]--;
	add(making, FDAR_FROM_CLIENT, time_ns, SYN, 0, 0);
	making->acked[FDAR_FROM_SERVER] = making->next[FDAR_FROM_CLIENT];
	add(making, FDAR_FROM_SERVER, time_ns, SYN | ACK, 0, 0);
	making->acked[FDAR_FROM_CLIENT] = making->next[FDAR_FROM_SERVER];
	add(making, FDAR_FROM_CLIENT, time_ns, ACK, 0, 0);
}

static void add_data(struct making *making, const struct fdar_piece *piece)
{
	uint32_t left = piece->length;
	uint64_t offset = piece->offset;

	if (making->session->transport != FDAR_TCP) {
		add(making, piece->way, piece->time_ns, 0, offset, left);
		return;
	}
	while (left) {
		uint32_t length = MIN(left, PAYLOAD_MAX);

		left -= length;
		add(making, piece->way, piece->time_ns, left ? ACK : ACK | PSH, offset, length);
		offset += length;
	}
}

/* Bytes of each way, in the capture and as written: acknowledgements are of the former. */
struct kept_bytes {
	uint64_t captured[2], written[2];
	GArray *steps[2]; /* struct step: where both went on together */
};

struct step {
	uint64_t captured, written;
};

/* How many written bytes of a way an acknowledgement of captured ones means. */
static uint32_t written_of(const struct kept_bytes *bytes, enum fdar_way way, uint64_t captured)
{
	const GArray *steps = bytes->steps[way];
	guint low = 0, high = steps->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (g_array_index(steps, struct step, middle).captured <= captured)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? (uint32_t)g_array_index(steps, struct step, low - 1).written : 0;
}

static void count_bytes(struct kept_bytes *bytes, const struct fdar_piece *piece, gboolean kept)
{
	struct step step;

	bytes->captured[piece->way] += piece->length;
	if (kept)
		bytes->written[piece->way] += piece->length;
	step = (struct step){ bytes->captured[piece->way], bytes->written[piece->way] };
	g_array_append_val(bytes->steps[piece->way], step);
}

static void add_piece(struct making *making, struct kept_bytes *bytes,
		      const struct fdar_piece *piece, gboolean kept)
{
	static const uint32_t starts[] = { CLIENT_START, SERVER_START };
	enum fdar_way way = piece->way;
	uint32_t acked = starts[!way] + written_of(bytes, !way, piece->acked);

	/* Only forward; a FIN of the other side was counted when it went out. */
	if ((int32_t)(acked - making->acked[way]) > 0 && (int32_t)(acked - making->next[!way]) <= 0)
		making->acked[way] = acked;
	if (piece->kind == FDAR_PIECE_DATA) {
		if (kept)
			add_data(making, piece);
		count_bytes(bytes, piece, kept);
	} else if (making->session->transport == FDAR_TCP) {
		/* Whoever ends has seen what there is, as far as the reader of the copy goes. */
		making->acked[way] = making->next[!way];
		add(making, way, piece->time_ns,
		    piece->kind == FDAR_PIECE_RST ? RST | ACK : FIN | ACK, 0, 0);
	}
}

void fdar_remade_session(const struct fdar_sessions *sessions, uint32_t session,
			 const uint8_t *keep, GArray *packets)
{
	const struct fdar_session *one = fdar_sessions_get(sessions, session);
	const struct fdar_piece *pieces = fdar_sessions_pieces(sessions, one);
	struct making making = { .session = one,
				 .packets = packets,
				 .next = { CLIENT_START, SERVER_START },
				 .acked = { SERVER_START, CLIENT_START } };
	struct kept_bytes bytes = { .steps = { g_array_new(FALSE, FALSE, sizeof(struct step)),
					       g_array_new(FALSE, FALSE, sizeof(struct step)) } };
	struct fdar_remade_walk walk = { 0 };

	add_handshake(&making);
	for (uint64_t i = 0; i < one->pieces; i++) {
		uint32_t exchange = fdar_remade_exchange(&walk, &pieces[i]);

		add_piece(&making, &bytes, &pieces[i],
			  exchange == FDAR_REMADE_BEFORE || keep[exchange]);
	}
	g_array_unref(bytes.steps[0]);
	g_array_unref(bytes.steps[1]);
}

/* ---- frames ---- */

static uint32_t header_bytes(const struct fdar_remade_packet *packet)
{
	/* UDP packets have no flags, and TCP ones always have some. */
	return packet->flags ? 20 : 8;
}

static uint32_t address_header_bytes(const struct fdar_remade_packet *packet)
{
	return packet->family == FDAR_FAMILY_IPV6 ? 40 : 20;
}

uint32_t fdar_remade_bytes(const struct fdar_remade_packet *packet)
{
	return FDAR_PCAP_ETHER_BYTES + address_header_bytes(packet) + header_bytes(packet) +
	       packet->length;
}

static void put16(uint8_t *out, uint32_t value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
}

static void put32(uint8_t *out, uint32_t value)
{
	put16(out, value >> 16);
	put16(out + 2, value & 0xffff);
}

/* RFC 791 and RFC 8200. */
static void put_address_header(const struct fdar_remade_packet *packet,
			       const struct fdar_endpoint *from, const struct fdar_endpoint *to,
			       uint8_t *out)
{
	uint32_t segment = header_bytes(packet) + packet->length;
	uint8_t protocol = packet->flags ? FDAR_TCP : FDAR_UDP;
	uint16_t checksum;

	if (packet->family == FDAR_FAMILY_IPV6) {
		out[0] = 0x60;
		put16(out + 4, segment);
		out[6] = protocol;
		out[7] = 64;
		memcpy(out + 8, from->addr, 16);
		memcpy(out + 24, to->addr, 16);
		return;
	}
	out[0] = 0x45;
	put16(out + 2, 20 + segment);
	out[6] = 0x40; /* not to be fragmented */
	out[8] = 64;
	out[9] = protocol;
	memcpy(out + 12, from->addr, 4);
	memcpy(out + 16, to->addr, 4);
	checksum = fdar_checksum_of(fdar_checksum_add(0, out, 20));
	memcpy(out + 10, &checksum, 2);
}

/* RFC 9293 and RFC 768. The segment's payload is there. */
static void put_header(const struct fdar_remade_packet *packet, const struct fdar_endpoint *from,
		       const struct fdar_endpoint *to, uint8_t *out)
{
	uint32_t bytes = header_bytes(packet) + packet->length;
	size_t address = fdar_checksum_address_bytes(packet->family);
	uint64_t sum = fdar_checksum_add(0, from->addr, address);
	uint16_t checksum;

	put16(out, from->port);
	put16(out + 2, to->port);
	if (packet->flags) {
		put32(out + 4, packet->seq);
		put32(out + 8, packet->ack);
		out[12] = 5 << 4;
		out[13] = packet->flags;
		put16(out + 14, WINDOW);
	} else {
		put16(out + 4, bytes);
	}
	sum = fdar_checksum_add(sum, to->addr, address);
	sum = fdar_checksum_add_number(sum, bytes);
	sum = fdar_checksum_add_number(sum, packet->flags ? FDAR_TCP : FDAR_UDP);
	checksum = fdar_checksum_of(fdar_checksum_add(sum, out, bytes));
	if (!packet->flags && checksum == 0)
		checksum = 0xffff;
	memcpy(out + (packet->flags ? 16 : 6), &checksum, 2);
}

void fdar_remade_write(const struct fdar_remade_packet *packet,
		       const struct fdar_sessions *sessions, uint8_t *out)
{
	const struct fdar_session *session = fdar_sessions_get(sessions, packet->session);
	gboolean from_client = packet->way == FDAR_FROM_CLIENT;
	const struct fdar_endpoint *from = from_client ? &session->client : &session->server;
	const struct fdar_endpoint *to = from_client ? &session->server : &session->client;
	const struct fdar_piece piece = { .offset = packet->offset, .length = packet->length };

	memset(out, 0, fdar_remade_bytes(packet) - packet->length);
	fdar_pcap_put_ether(out, from_client, packet->family == FDAR_FAMILY_IPV6);
	out += FDAR_PCAP_ETHER_BYTES;
	put_address_header(packet, from, to, out);
	out += address_header_bytes(packet);
	if (packet->length)
		memcpy(out + header_bytes(packet), fdar_sessions_payload(sessions, &piece),
		       packet->length);
	put_header(packet, from, to, out);
}
