/*
 * Fuzzing reassembly: any bytes as the segments of a few connections, six bytes each.
 *
 *	byte 0     bit 0: from the server; bits 1 to 2: which connection; bits 3 to 7: FIN, SYN, RST,
 *	           ACK, cut by the snap length
 *	bytes 1-2  where it begins, relative to what this side began with (signed, or far away when
 *	           the lowest three bits of byte 5 are 7)
 *	byte 3     length, doubled
 *	byte 4     acknowledgement, relative to what the other side began with, times 4
 *
 * The payload of a byte is its own sequence number modulo 256: so whatever comes out, each byte has
 * to be one more than the one before, and gaps have to count.
 */
#include <glib.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/sessions/assembler.h"

#define STEP     6u
#define HEADERS  40u
#define PAYLOAD  510u        /* of a byte, doubled */
#define CLIENT_0 0xfffffe00u /* close to where numbers wrap */
#define SERVER_0 0x00010000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct life {
	uint64_t offset[2];
	uint64_t packet[2];
	uint8_t next[2]; /* the byte that has to come */
	gboolean known[2];
	gboolean ended[2];
};

static void check(gboolean holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void opened(void *user, const struct fdar_session *session, void **data)
{
	(void)user;
	check(session->pieces == 0, "a new session is empty");
	*data = calloc(1, sizeof(struct life));
}

static void arrived(void *user, const struct fdar_session *session, void *data,
		    const struct fdar_arrival *arrival)
{
	struct life *life = data;
	const struct fdar_piece *piece = &arrival->piece;
	unsigned way = piece->way;

	(void)user;
	(void)session;
	check(arrival->stream_offset == life->offset[way], "offsets follow each other");
	check(arrival->packet >= life->packet[way], "packets of one way are in order");
	check(piece->kind == FDAR_PIECE_DATA || piece->kind == FDAR_PIECE_GAP || piece->length == 0,
	      "only data and gaps have a length");
	check(!life->ended[way] || piece->kind == FDAR_PIECE_RST, "nothing comes behind FIN");
	life->offset[way] += piece->length;
	life->packet[way] = arrival->packet;
	life->ended[way] = piece->kind == FDAR_PIECE_FIN || life->ended[way];
	for (uint32_t i = 0; piece->kind == FDAR_PIECE_DATA && i < piece->length; i++) {
		check(!life->known[way] || arrival->bytes[i] == life->next[way], "the right byte");
		life->known[way] = TRUE;
		life->next[way] = (uint8_t)(arrival->bytes[i] + 1);
	}
	if (piece->kind == FDAR_PIECE_GAP)
		life->next[way] = (uint8_t)(life->next[way] + piece->length);
}

static void closed(void *user, const struct fdar_session *session, void *data)
{
	struct life *life = data;

	(void)user;
	for (unsigned way = 0; way < 2; way++)
		check(life->offset[way] == session->way[way].bytes + session->way[way].gap_bytes,
		      "totals are what was delivered");
	free(life);
}

static void put_u32(uint8_t *to, uint32_t value)
{
	value = GUINT32_TO_BE(value);
	memcpy(to, &value, sizeof(value));
}

/* Makes the packet (raw IPv4) that a step stands for; gives its length, and how much is captured. */
static uint32_t make_packet(const uint8_t *step, uint8_t *packet, uint32_t *captured)
{
	gboolean server = step[0] & 1;
	uint32_t length = step[3] * 2u, mine = server ? SERVER_0 : CLIENT_0;
	uint32_t relative = (uint32_t)step[1] << 8 | step[2];
	uint32_t seq = mine + relative - (relative & 0x8000 ? 0x10000 : 0);
	uint32_t theirs = server ? CLIENT_0 : SERVER_0, ack = theirs + step[4] * 4u;
	unsigned port = 1000u + (step[0] >> 1 & 3u);
	uint32_t all = HEADERS + length;

	if ((step[5] & 7) == 7)
		seq += 0x20000000u << (step[5] >> 3 & 3);
	memset(packet, 0, HEADERS);
	packet[0] = 0x45;
	packet[2] = (uint8_t)(all >> 8);
	packet[3] = (uint8_t)all;
	packet[9] = FDAR_TCP;
	packet[15] = server ? 2 : 1;
	packet[19] = server ? 1 : 2;
	packet[server ? 22 : 20] = (uint8_t)(port >> 8);
	packet[server ? 23 : 21] = (uint8_t)port;
	packet[server ? 21 : 23] = 80;
	put_u32(packet + 24, seq);
	put_u32(packet + 28, ack);
	packet[32] = 0x50;
	packet[33] = (uint8_t)((step[0] >> 3 & 1 ? 1 : 0) | (step[0] >> 4 & 1 ? 2 : 0) |
			       (step[0] >> 5 & 1 ? 4 : 0) | (step[0] >> 6 & 1 ? 16 : 0));
	for (uint32_t i = 0; i < length; i++)
		packet[HEADERS + i] = (uint8_t)(seq + (packet[33] & 2 ? 1 : 0) + i);
	*captured = step[0] & 0x80 ? all - length / 2 : all;
	return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fdar_assembler_ops ops = { .opened = opened,
						       .arrived = arrived,
						       .closed = closed };
	struct fdar_assembler_options options = { .eager = size % STEP == 1 };
	struct fdar_assembler *assembler = fdar_assembler_new(DLT_RAW, &options, &ops, NULL);

	for (size_t i = 0; i + STEP <= size; i += STEP) {
		uint8_t packet[HEADERS + PAYLOAD];
		struct fdar_packet one = { .bytes = packet, .number = i / STEP + 1, .epoch_ns = i };

		one.length = make_packet(data + i, packet, &one.captured);
		fdar_assembler_feed(assembler, &one);
	}
	fdar_assembler_finish(assembler);
	fdar_assembler_free(assembler);
	return 0;
}
