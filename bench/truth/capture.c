/*
 * A capture for run.sh: clients that ask server.c a few times each and close. Written as a pcap on
 * standard output (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html, link type RAW).
 *
 * capture tcp|udp SESSIONS REQUESTS
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINKTYPE_RAW 101
#define SERVER_PORT  8080
#define STEP_US      500 /* between packets of a session, and 1 ms between sessions */

enum { FIN = 1, SYN = 2, PUSH = 8, ACK = 16 };

/* One client, and where the talk is. */
struct talk {
	int udp;
	unsigned client;
	uint32_t sent[2]; /* by client and server: the next sequence number */
	uint64_t now_us;
};

static uint8_t *put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, value >> 16), value & 0xffff);
}

static unsigned checksum(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static void ip_header(const struct talk *talk, int server, unsigned length, uint8_t *at)
{
	const uint32_t addresses[2] = { 0x0a010000u + talk->client + 1, 0x0a000001u };
	uint8_t *begin = at;

	at = put16(at, 0x4500);
	at = put16(at, length);
	at = put32(at, 0);
	at = put16(at, 64 << 8 | (talk->udp ? 17 : 6));
	at = put16(at, 0);
	at = put32(at, addresses[server]);
	put32(at, addresses[!server]);
	put16(begin + 10, checksum(begin, 20));
}

static void send_packet(struct talk *talk, int server, unsigned flags, const char *text)
{
	const unsigned ports[2] = { 20000 + talk->client, SERVER_PORT };
	unsigned size = (unsigned)strlen(text), header = talk->udp ? 8 : 20;
	uint8_t packet[512] = { 0 }, *at = packet + 20;
	uint32_t length = 20 + header + size;
	uint32_t record[4] = { (uint32_t)(talk->now_us / 1000000),
			       (uint32_t)(talk->now_us % 1000000), length, length };

	ip_header(talk, server, length, packet);
	at = put16(put16(at, ports[server]), ports[!server]);
	if (talk->udp) {
		put16(at, 8 + size);
	} else {
		at = put32(at, talk->sent[server]);
		at = put32(at, flags & ACK ? talk->sent[!server] : 0);
		at = put16(at, 5 << 12 | flags);
		put16(at, 65535);
		talk->sent[server] += size + (flags & (SYN | FIN) ? 1 : 0);
	}
	memcpy(packet + 20 + header, text, size);
	fwrite(record, sizeof(record), 1, stdout);
	fwrite(packet, length, 1, stdout);
	talk->now_us += STEP_US;
}

static void ask(struct talk *talk, unsigned number)
{
	char question[128];

	snprintf(question, sizeof(question), "GET /%0*u HTTP/1.1\r\nHost: truth\r\n\r\n",
		 (int)(1 + (talk->client * 7 + number * 13) % 40), number);
	send_packet(talk, 0, PUSH | ACK, question);
	send_packet(talk, 1, PUSH | ACK, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n");
}

int main(int argc, char **argv)
{
	const uint32_t header[6] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, LINKTYPE_RAW };
	int udp = argc > 1 && strcmp(argv[1], "udp") == 0;
	unsigned sessions = argc > 2 ? (unsigned)atoi(argv[2]) : 60;
	unsigned requests = argc > 3 ? (unsigned)atoi(argv[3]) : 3;

	fwrite(header, sizeof(header), 1, stdout);
	for (unsigned i = 0; i < sessions; i++) {
		struct talk talk = { udp, i, { 1000, 5000 }, 1000000000ull + i * 1000 };

		if (!udp) {
			send_packet(&talk, 0, SYN, "");
			send_packet(&talk, 1, SYN | ACK, "");
			send_packet(&talk, 0, ACK, "");
		}
		for (unsigned k = 0; k < requests; k++)
			ask(&talk, k);
		if (!udp) {
			send_packet(&talk, 0, FIN | ACK, "");
			send_packet(&talk, 1, FIN | ACK, "");
			send_packet(&talk, 0, ACK, "");
		}
	}
	return fflush(stdout) ? 1 : 0;
}
