#include "replay/rewrite/anew_packet.h"

#include <string.h>

#include "replay/capture/checksum.h"
#include "replay/capture/pcap_file.h"

#define WINDOW 65535u

static uint32_t header_bytes(const struct fdar_anew_packet *packet)
{
	/* UDP packets have no flags, and TCP ones always have some. */
	return packet->flags ? 20 : 8;
}

static uint32_t address_header_bytes(const struct fdar_anew_packet *packet)
{
	return packet->from->family == FDAR_FAMILY_IPV6 ? 40 : 20;
}

uint32_t fdar_anew_packet_bytes(const struct fdar_anew_packet *packet)
{
	return FDAR_PCAP_ETHER_BYTES + address_header_bytes(packet) + header_bytes(packet) +
	       packet->size;
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
static void put_address_header(const struct fdar_anew_packet *packet, uint8_t *out)
{
	uint32_t segment = header_bytes(packet) + packet->size;
	uint8_t protocol = packet->flags ? FDAR_TCP : FDAR_UDP;
	uint16_t checksum;

	if (packet->from->family == FDAR_FAMILY_IPV6) {
		out[0] = 0x60;
		put16(out + 4, segment);
		out[6] = protocol;
		out[7] = 64;
		memcpy(out + 8, packet->from->addr, 16);
		memcpy(out + 24, packet->to->addr, 16);
		return;
	}
	out[0] = 0x45;
	put16(out + 2, 20 + segment);
	out[6] = 0x40; /* not to be fragmented */
	out[8] = 64;
	out[9] = protocol;
	memcpy(out + 12, packet->from->addr, 4);
	memcpy(out + 16, packet->to->addr, 4);
	checksum = fdar_checksum_of(fdar_checksum_add(0, out, 20));
	memcpy(out + 10, &checksum, 2);
}

/* RFC 9293 and RFC 768. The segment's payload is there. */
static void put_header(const struct fdar_anew_packet *packet, uint8_t *out)
{
	uint32_t bytes = header_bytes(packet) + packet->size;
	size_t address = fdar_checksum_address_bytes(packet->from->family);
	uint64_t sum = fdar_checksum_add(0, packet->from->addr, address);
	uint16_t checksum;

	put16(out, packet->from->port);
	put16(out + 2, packet->to->port);
	if (packet->flags) {
		put32(out + 4, packet->seq);
		put32(out + 8, packet->ack);
		out[12] = 5 << 4;
		out[13] = packet->flags;
		put16(out + 14, WINDOW);
		if (packet->flags & FDAR_ANEW_URG)
			put16(out + 18, packet->size);
	} else {
		put16(out + 4, bytes);
	}
	sum = fdar_checksum_add(sum, packet->to->addr, address);
	sum = fdar_checksum_add_number(sum, bytes);
	sum = fdar_checksum_add_number(sum, packet->flags ? FDAR_TCP : FDAR_UDP);
	checksum = fdar_checksum_of(fdar_checksum_add(sum, out, bytes));
	if (!packet->flags && checksum == 0)
		checksum = 0xffff;
	memcpy(out + (packet->flags ? 16 : 6), &checksum, 2);
}

void fdar_anew_packet_put(const struct fdar_anew_packet *packet, uint8_t *out)
{
	memset(out, 0, fdar_anew_packet_bytes(packet) - packet->size);
	fdar_pcap_put_ether(out, packet->from_client, packet->from->family == FDAR_FAMILY_IPV6);
	out += FDAR_PCAP_ETHER_BYTES;
	put_address_header(packet, out);
	out += address_header_bytes(packet);
	if (packet->size)
		memcpy(out + header_bytes(packet), packet->bytes, packet->size);
	put_header(packet, out);
}
