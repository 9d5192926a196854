#include "replay/capture/conversation.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "replay/capture/checksum.h"

enum { FIN = 0x01, SYN = 0x02, PSH = 0x08, ACK = 0x10 };
enum { IPV4_BYTES = 20, IPV6_BYTES = 40, TCP_BYTES = 20, UDP_BYTES = 8 };

#define HOPS       64
#define WINDOW     65535u
#define FIRST_PORT 1024u

static void put_u16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
	put_u16(bytes, value >> 16);
	put_u16(bytes + 2, value & 0xffff);
}

/* ---- who talks ---- */

static gboolean parse_peer(struct fdar_conversation *conversation, const char *peer)
{
	g_autofree char *host = NULL;
	const char *colon = strrchr(peer, ':');
	guint64 port;

	if (!colon || !g_ascii_string_to_unsigned(colon + 1, 10, 0, UINT16_MAX, &port, NULL))
		return FALSE;
	conversation->client.port = (uint16_t)port;
	if (*peer == '[' && colon > peer + 1 && colon[-1] == ']') {
		host = g_strndup(peer + 1, (gsize)(colon - peer) - 2);
		conversation->v6 = TRUE;
		return inet_pton(AF_INET6, host, conversation->client.address) == 1;
	}
	host = g_strndup(peer, (gsize)(colon - peer));
	return inet_pton(AF_INET, host, conversation->client.address) == 1;
}

void fdar_conversation_init(struct fdar_conversation *conversation, const char *peer,
			    uint64_t number, uint16_t server_port, gboolean datagrams)
{
	static const uint8_t made_up[4] = { 192, 0, 2, 2 }, server[4] = { 192, 0, 2, 1 };
	static const uint8_t server6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	struct fdar_conversation_end *client = &conversation->client;

	*conversation = (struct fdar_conversation){ .datagrams = datagrams };
	conversation->server.port = server_port;
	if (!parse_peer(conversation, peer)) {
		conversation->v6 = FALSE;
		memcpy(client->address, made_up, sizeof(made_up));
		client->port = (uint16_t)(FIRST_PORT + number % (UINT16_MAX - FIRST_PORT + 1u));
	}
	if (conversation->v6)
		memcpy(conversation->server.address,
		       IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)client->address)
			       ? client->address
			       : server6,
		       16);
	else
		memcpy(conversation->server.address,
		       client->address[0] == 127 ? client->address : server, 4);
}

/* ---- packets ---- */

/* A packet in the making: its headers and what of its payload there is. */
struct packet {
	const struct fdar_conversation_end *from;
	const struct fdar_conversation_end *to;
	const uint8_t *data;
	uint32_t have;
	uint32_t length;
	uint8_t flags;
};

static uint32_t put_ip(struct fdar_conversation *conversation, const struct packet *packet,
		       uint8_t *bytes, uint32_t above)
{
	uint16_t sum;

	if (conversation->v6) {
		memset(bytes, 0, IPV6_BYTES);
		bytes[0] = 0x60;
		put_u16(bytes + 4, above);
		bytes[6] = conversation->datagrams ? IPPROTO_UDP : IPPROTO_TCP;
		bytes[7] = HOPS;
		memcpy(bytes + 8, packet->from->address, 16);
		memcpy(bytes + 24, packet->to->address, 16);
		return IPV6_BYTES;
	}
	memset(bytes, 0, IPV4_BYTES);
	bytes[0] = 0x45;
	put_u16(bytes + 2, IPV4_BYTES + above);
	put_u16(bytes + 4, conversation->next_id++);
	bytes[6] = 0x40; /* not to be fragmented */
	bytes[8] = HOPS;
	bytes[9] = conversation->datagrams ? IPPROTO_UDP : IPPROTO_TCP;
	memcpy(bytes + 12, packet->from->address, 4);
	memcpy(bytes + 16, packet->to->address, 4);
	sum = fdar_checksum_of(fdar_checksum_add(0, bytes, IPV4_BYTES));
	memcpy(bytes + 10, &sum, sizeof(sum));
	return IPV4_BYTES;
}

static void put_tcp(const struct packet *packet, uint8_t *bytes)
{
	memset(bytes, 0, TCP_BYTES);
	put_u16(bytes, packet->from->port);
	put_u16(bytes + 2, packet->to->port);
	put_u32(bytes + 4, packet->from->sequence);
	put_u32(bytes + 8, packet->flags & ACK ? packet->to->sequence : 0);
	bytes[12] = TCP_BYTES / 4 << 4;
	bytes[13] = packet->flags;
	put_u16(bytes + 14, WINDOW);
}

static void put_udp(const struct packet *packet, uint8_t *bytes)
{
	memset(bytes, 0, UDP_BYTES);
	put_u16(bytes, packet->from->port);
	put_u16(bytes + 2, packet->to->port);
	put_u16(bytes + 4, UDP_BYTES + packet->length);
}

/* Of a whole packet; of one that is cut off nobody can check it. */
static void put_sum(const struct fdar_conversation *conversation, const struct packet *packet,
		    uint8_t *bytes, uint32_t size)
{
	size_t address = conversation->v6 ? 16 : 4;
	uint8_t protocol = conversation->datagrams ? IPPROTO_UDP : IPPROTO_TCP;
	uint64_t sum = fdar_checksum_add(0, packet->from->address, address);
	uint16_t field;

	sum = fdar_checksum_add(sum, packet->to->address, address);
	sum = fdar_checksum_add_number(sum, protocol);
	sum = fdar_checksum_add_number(sum, size);
	field = fdar_checksum_of(fdar_checksum_add(sum, bytes, size));
	if (conversation->datagrams && !field)
		field = 0xffff; /* 0 would say that there is none */
	memcpy(bytes + (conversation->datagrams ? 6 : 16), &field, sizeof(field));
}

static gboolean write_packet(struct fdar_conversation *conversation,
			     struct fdar_pcap_writer *writer, uint64_t time_ns,
			     const struct packet *packet, uint64_t *last_ns)
{
	uint32_t ip = conversation->v6 ? IPV6_BYTES : IPV4_BYTES;
	uint32_t head = conversation->datagrams ? UDP_BYTES : TCP_BYTES;
	uint8_t *bytes;

	*last_ns = MAX(*last_ns, time_ns);
	bytes = fdar_pcap_writer_reserve(writer, *last_ns, ip + head + packet->have,
					 ip + head + packet->length);
	if (!bytes)
		return FALSE;
	put_ip(conversation, packet, bytes, head + packet->length);
	if (conversation->datagrams)
		put_udp(packet, bytes + ip);
	else
		put_tcp(packet, bytes + ip);
	if (packet->have)
		memcpy(bytes + ip + head, packet->data, packet->have);
	if (packet->have == packet->length)
		put_sum(conversation, packet, bytes + ip, head + packet->length);
	return TRUE;
}

static struct packet packet_of(const struct fdar_conversation *conversation, gboolean from_client,
			       uint8_t flags)
{
	return (struct packet){
		.from = from_client ? &conversation->client : &conversation->server,
		.to = from_client ? &conversation->server : &conversation->client,
		.flags = flags,
	};
}

/* A packet without payload; SYN and FIN count as a byte. */
static gboolean write_flags(struct fdar_conversation *conversation, struct fdar_pcap_writer *writer,
			    uint64_t time_ns, gboolean from_client, uint8_t flags,
			    uint64_t *last_ns)
{
	const struct packet packet = packet_of(conversation, from_client, flags);

	if (!write_packet(conversation, writer, time_ns, &packet, last_ns))
		return FALSE;
	if (flags & (SYN | FIN))
		(from_client ? &conversation->client : &conversation->server)->sequence++;
	return TRUE;
}

gboolean fdar_conversation_open(struct fdar_conversation *conversation,
				struct fdar_pcap_writer *writer, uint64_t time_ns,
				uint64_t *last_ns)
{
	return conversation->datagrams ||
	       (write_flags(conversation, writer, time_ns, TRUE, SYN, last_ns) &&
		write_flags(conversation, writer, time_ns, FALSE, SYN | ACK, last_ns) &&
		write_flags(conversation, writer, time_ns, TRUE, ACK, last_ns));
}

gboolean fdar_conversation_say(struct fdar_conversation *conversation,
			       struct fdar_pcap_writer *writer, uint64_t time_ns,
			       gboolean from_client, const uint8_t *data, uint32_t have,
			       uint64_t length, uint64_t *last_ns)
{
	struct fdar_conversation_end *from =
		from_client ? &conversation->client : &conversation->server;

	while (length) {
		struct packet packet = packet_of(conversation, from_client, PSH | ACK);

		packet.length = (uint32_t)MIN(length, FDAR_CONVERSATION_CHUNK);
		packet.have = MIN(have, packet.length);
		packet.data = data;
		if (!write_packet(conversation, writer, time_ns, &packet, last_ns))
			return FALSE;
		from->sequence += packet.length;
		data = data ? data + packet.have : NULL;
		have -= packet.have;
		length -= packet.length;
	}
	return TRUE;
}

gboolean fdar_conversation_close(struct fdar_conversation *conversation,
				 struct fdar_pcap_writer *writer, uint64_t time_ns,
				 uint64_t *last_ns)
{
	return conversation->datagrams ||
	       (write_flags(conversation, writer, time_ns, FALSE, FIN | ACK, last_ns) &&
		write_flags(conversation, writer, time_ns, TRUE, FIN | ACK, last_ns) &&
		write_flags(conversation, writer, time_ns, FALSE, ACK, last_ns));
}
