/*
 * Fuzzing the reader of captures: any bytes as a file, through decompression, libpcap, decoding,
 * defragmentation and reassembly; and every packet of a session through the making of copies.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "replay/sessions/assembler.h"
#include "replay/rewrite/shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void arrived(void *user, const struct fdar_session *session, void *data,
		    const struct fdar_arrival *arrival)
{
	volatile uint8_t sum = 0;

	(void)user;
	(void)data;
	check(session->pieces > 0, "the session counts the piece");
	check(arrival->piece.kind == FDAR_PIECE_DATA || !arrival->bytes, "only data has bytes");
	/* Touches every byte, for the sanitizer to look at. */
	for (uint32_t i = 0; arrival->bytes && i < arrival->piece.length; i++)
		sum = (uint8_t)(sum + arrival->bytes[i]);
}

static void packet(void *user, const struct fdar_session *session, void *data, enum fdar_way way,
		   const struct fdar_packet *captured, const struct fdar_decoded *decoded,
		   uint64_t time_ns)
{
	const int *link = user;
	struct fdar_identity identity = { .client = session->client, .address_sum = 0x1234 };
	struct fdar_moves moves = { .port = 1024, .moved = { 0x12345678, 0x9abcdef0 } };
	struct fdar_shape shape;
	uint8_t *copy;

	(void)data;
	(void)time_ns;
	if (decoded->nested)
		return;
	copy = malloc(captured->captured);
	fdar_shape_make(captured->link ? captured->link : *link, captured, decoded, way, &shape);
	fdar_shape_copy(&shape, captured->bytes, &identity, &moves, copy);
	fdar_shape_turn(&shape, captured->bytes, session->client.port, session->server.port);
	fdar_shape_copy(&shape, captured->bytes, &identity, &moves, copy);
	free(copy);
}

static void read_capture(struct fdar_capture *capture)
{
	static const struct fdar_assembler_ops ops = { .arrived = arrived, .packet = packet };
	int link = fdar_capture_link(capture);
	const struct fdar_capture_totals *totals;
	struct fdar_assembler *assembler = fdar_assembler_new(link, NULL, &ops, &link);

	fdar_assembler_read(assembler, capture, NULL, NULL, NULL);
	totals = fdar_assembler_totals(assembler);
	check(totals->packets == totals->in_sessions + totals->not_ip + totals->other_protocol +
					 totals->malformed + totals->lone_fragments +
					 totals->unread,
	      "every packet is accounted for");
	fdar_assembler_free(assembler);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char path[64];
	struct fdar_capture *capture;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	g_snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	capture = fdar_capture_open(path, NULL);
	if (capture)
		read_capture(capture);
	fdar_capture_close(capture);
	close(fd);
	return 0;
}
