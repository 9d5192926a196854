/* What both sides believed: second SYN+ACKs, resets and FINs that nobody heeded, segments that never
 * got there, keep-alive bytes, SYNs that come again. Each case is the segments of one connection and
 * what must come out of them, written as in test_assembler.c. */
#include "tests/unit/kit/packets.h"

#include <pcap/pcap.h>

#include "replay/sessions/assembler.h"

#define MS     ((uint64_t)1000000)
#define CLIENT "10.0.0.1"
#define SERVER "10.0.0.2"
#define CISN   1000u
#define SISN   5000u
#define FAR    (1u << 31)
#define PARTS  0x100u /* beside TCP's flags: the segment comes in IP fragments of 8 bytes */

struct segment {
	char side; /* C or S; 0 ends the list */
	unsigned flags;
	uint32_t seq, ack; /* count from the first SYNs' */
	const char *payload;
};

struct expected {
	const char *log;
	const char *odd;
	const char *began, *ended; /* of the first session; NULL: not looked at */
};

struct rig {
	GString *log;
	GArray *closed;
};

static void opened(void *user, const struct fdar_session *session, void **data)
{
	(void)session;
	(void)data;
	g_string_append(((struct rig *)user)->log, "(");
}

static void arrived(void *user, const struct fdar_session *session, void *data,
		    const struct fdar_arrival *arrival)
{
	static const char *const kinds[] = { "data", "gap", "fin", "rst" };
	const struct fdar_piece *piece = &arrival->piece;
	struct rig *rig = user;
	char side = piece->way == FDAR_FROM_CLIENT ? 'C' : 'S';

	(void)session;
	(void)data;
	if (piece->kind == FDAR_PIECE_DATA)
		g_string_append_printf(rig->log, " %c%s\"%.*s\"", side, piece->urgent ? "!" : "",
				       (int)piece->length, arrival->bytes);
	else if (piece->kind == FDAR_PIECE_GAP)
		g_string_append_printf(rig->log, " %c gap %u", side, piece->length);
	else
		g_string_append_printf(rig->log, " %c %s", side, kinds[piece->kind]);
}

static void closed(void *user, const struct fdar_session *session, void *data)
{
	struct rig *rig = user;

	(void)data;
	g_string_append(rig->log, ")");
	g_array_append_vals(rig->closed, session, 1);
}

static void feed_frame(struct fdar_assembler *assembler, GByteArray *frame, unsigned number)
{
	struct fdar_packet packet = as_packet(frame, number, 1000000 * MS + number * MS);

	fdar_assembler_feed(assembler, &packet);
	g_byte_array_unref(frame);
}

static void feed_parts(struct fdar_assembler *assembler, GByteArray *frame, gboolean client,
		       unsigned number)
{
	const uint8_t *segment = frame->data + 34;
	unsigned size = frame->len - 34;

	for (unsigned at = 0; at < size; at += 8)
		feed_frame(assembler,
			   ether(ip_part(client ? CLIENT : SERVER, client ? SERVER : CLIENT, 6,
					 number, at / 8 | (at + 8 < size ? 0x2000 : 0),
					 segment + at, MIN(8, size - at))),
			   number);
	g_byte_array_unref(frame);
}

static void feed(struct fdar_assembler *assembler, const struct segment *segment, unsigned number)
{
	gboolean client = segment->side == 'C';
	GByteArray *frame =
		tcp_frame(client ? CLIENT : SERVER, client ? 40000 : 80, client ? SERVER : CLIENT,
			  client ? 80 : 40000, (client ? CISN : SISN) + segment->seq,
			  (client ? SISN : CISN) + segment->ack, segment->flags & 0xff,
			  segment->payload);

	if (segment->flags & PARTS)
		feed_parts(assembler, frame, client, number);
	else
		feed_frame(assembler, frame, number);
}

static void check(const struct segment *segments, const struct expected *expected)
{
	static const struct fdar_assembler_ops ops = { .opened = opened,
						       .arrived = arrived,
						       .closed = closed };
	struct rig rig = { .log = g_string_new(NULL),
			   .closed = g_array_new(FALSE, FALSE, sizeof(struct fdar_session)) };
	struct fdar_assembler *assembler = fdar_assembler_new(DLT_EN10MB, NULL, &ops, &rig);
	const struct fdar_session *first;
	g_autofree char *odd = NULL;

	for (unsigned i = 0; segments[i].side; i++)
		feed(assembler, &segments[i], i + 1);
	fdar_assembler_finish(assembler);
	g_assert_cmpstr(rig.log->str, ==, expected->log);
	first = &g_array_index(rig.closed, struct fdar_session, 0);
	odd = fdar_odd_list(first->odd);
	g_assert_cmpstr(odd, ==, expected->odd);
	if (expected->began)
		g_assert_cmpstr(fdar_began_text(first->began), ==, expected->began);
	if (expected->ended)
		g_assert_cmpstr(fdar_ended_text(first->ended, first->ended_by), ==,
				expected->ended);
	fdar_assembler_free(assembler);
	g_string_free(rig.log, TRUE);
	g_array_unref(rig.closed);
}

#define HANDSHAKE                                                 \
	{ 'C', SYN, 0, 0, NULL }, { 'S', SYN | ACK, 0, 1, NULL }, \
	{                                                         \
		'C', ACK, 1, 1, NULL                              \
	}

/* The client chooses one of two SYN+ACKs, near or far, before or after it has acknowledged. */
static void test_two_synacks(void)
{
	static const uint32_t distances[] = { 3,   70000,        1u << 29,
					      FAR, (uint32_t)-3, (uint32_t)-70000 };

	for (size_t i = 0; i < G_N_ELEMENTS(distances); i++) {
		uint32_t d = distances[i];
		const struct segment second[] = { { 'C', SYN, 0, 0, NULL },
						  { 'S', SYN | ACK, 0, 1, NULL },
						  { 'S', SYN | ACK, d, 1, NULL },
						  { 'C', ACK, 1, d + 1, NULL },
						  { 'C', ACK | PSH, 1, d + 1, "ask" },
						  { 'S', ACK | PSH, d + 1, 4, "answer" },
						  { 'C', ACK, 4, d + 7, NULL },
						  { 0 } };
		const struct segment late[] = { { 'C', SYN, 0, 0, NULL },
						{ 'S', SYN | ACK, 0, 1, NULL },
						{ 'C', ACK, 1, d + 1, NULL },
						{ 'S', SYN | ACK, d, 1, NULL },
						{ 'C', ACK | PSH, 1, d + 1, "ask" },
						{ 'S', ACK | PSH, d + 1, 4, "answer" },
						{ 'C', ACK, 4, d + 7, NULL },
						{ 0 } };
		const struct segment first[] = {
			{ 'C', SYN, 0, 0, NULL },        { 'S', SYN | ACK, 0, 1, NULL },
			{ 'S', SYN | ACK, d, 1, NULL },  { 'C', ACK, 1, 1, NULL },
			{ 'C', ACK | PSH, 1, 1, "ask" }, { 'S', ACK | PSH, 1, 4, "answer" },
			{ 'C', ACK, 4, 7, NULL },        { 0 }
		};
		const struct expected expected = { "( C\"ask\" S\"answer\")", "", "handshake",
						   "open" };

		g_test_message("second SYN+ACK %d away", (int)d);
		check(second, &expected);
		check(late, &expected);
		check(first, &expected);
	}
}

/* Of four SYN+ACKs the client chooses any; the others leave no gap. */
static void test_four_synacks(void)
{
	static const uint32_t isns[] = { 0, 4000, 1u << 29, 90000 };

	for (size_t i = 0; i < G_N_ELEMENTS(isns); i++) {
		uint32_t d = isns[i];
		const struct segment segments[] = { { 'C', SYN, 0, 0, NULL },
						    { 'S', SYN | ACK, isns[0], 1, NULL },
						    { 'S', SYN | ACK, isns[1], 1, NULL },
						    { 'S', SYN | ACK, isns[2], 1, NULL },
						    { 'S', SYN | ACK, isns[3], 1, NULL },
						    { 'S', SYN | ACK, isns[1], 1, NULL },
						    { 'C', ACK, 1, d + 1, NULL },
						    { 'C', ACK | PSH, 1, d + 1, "ask" },
						    { 'S', ACK | PSH, d + 1, 4, "answer" },
						    { 'C', ACK, 4, d + 7, NULL },
						    { 0 } };
		const struct expected expected = { "( C\"ask\" S\"answer\")", "", "handshake",
						   "open" };

		g_test_message("SYN+ACK %zu of 4", i);
		check(segments, &expected);
	}
}

/* Both sides go on behind a reset, and acknowledge it: there was none. */
static void test_ignored_reset(void)
{
	const struct segment by_client[] = { HANDSHAKE,
					     { 'C', ACK | PSH, 1, 1, "one" },
					     { 'S', ACK | PSH, 1, 4, "ONE" },
					     { 'C', RST, 40, 0, NULL },
					     { 'C', ACK | PSH, 4, 4, "two" },
					     { 'S', ACK | PSH, 4, 7, "TWO" },
					     { 'C', ACK, 7, 7, NULL },
					     { 0 } };
	const struct segment by_server[] = { HANDSHAKE,
					     { 'C', ACK | PSH, 1, 1, "one" },
					     { 'S', RST | ACK, 1, 4, NULL },
					     { 'S', ACK | PSH, 1, 4, "ONE" },
					     { 'C', ACK, 4, 4, NULL },
					     { 'C', ACK | PSH, 4, 4, "two" },
					     { 'S', ACK, 4, 7, NULL },
					     { 0 } };
	const struct expected expected[] = {
		{ "( C\"one\" S\"ONE\" C\"two\" S\"TWO\")", "stray rst", "handshake", "open" },
		{ "( C\"one\" S\"ONE\" C\"two\")", "stray rst", "handshake", "open" },
	};

	check(by_client, &expected[0]);
	check(by_server, &expected[1]);
}

/* What its sender sends behind a reset, and nobody acknowledges, does not undo it. */
static void test_heeded_reset(void)
{
	const struct segment segments[] = { HANDSHAKE,
					    { 'C', ACK | PSH, 1, 1, "one" },
					    { 'S', RST | ACK, 1, 4, NULL },
					    { 'S', ACK | PSH, 1, 4, "ONE" },
					    { 'C', ACK | PSH, 4, 1, "on its way" },
					    { 0 } };
	const struct expected expected = { "( C\"one\" C\"on its way\" S rst)",
					   "data after the end", "handshake", "reset by server" };

	check(segments, &expected);
}

static void test_ignored_fin(void)
{
	const struct segment in_order[] = { HANDSHAKE,
					    { 'C', ACK | PSH, 1, 1, "one" },
					    { 'C', ACK | FIN, 4, 1, NULL },
					    { 'C', ACK | PSH, 4, 1, "two" },
					    { 'S', ACK | PSH, 1, 7, "ok" },
					    { 'C', ACK | FIN, 7, 3, NULL },
					    { 'S', ACK | FIN, 3, 8, NULL },
					    { 'C', ACK, 8, 4, NULL },
					    { 0 } };
	const struct segment ahead[] = { HANDSHAKE,
					 { 'C', ACK | FIN, 5000, 1, NULL },
					 { 'C', ACK | PSH, 1, 1, "one" },
					 { 'S', ACK | PSH, 1, 4, "ok" },
					 { 'C', ACK | FIN, 4, 3, NULL },
					 { 'S', ACK | FIN, 3, 5, NULL },
					 { 'C', ACK, 5, 4, NULL },
					 { 0 } };
	const struct expected expected[] = {
		{ "( C\"one\" C\"two\" S\"ok\" C fin S fin)", "stray fin", "handshake",
		  "fin by client" },
		{ "( C\"one\" S\"ok\" C fin S fin)", "", "handshake", "fin by client" },
	};

	check(in_order, &expected[0]);
	check(ahead, &expected[1]);
}

/* One injected segment beyond the stream, however far, whatever the end. */
static void test_never_acknowledged(void)
{
	static const uint32_t places[] = { 10, 60000, 1u << 20, 900000000 };

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		const struct segment open[] = { HANDSHAKE,
						{ 'C', ACK | PSH, 1, 1, "one" },
						{ 'C', ACK | PSH, places[i], 1, "junk" },
						{ 'S', ACK | PSH, 1, 4, "ONE" },
						{ 'C', ACK, 4, 4, NULL },
						{ 0 } };
		const struct segment reset[] = { HANDSHAKE,
						 { 'C', ACK | PSH, 1, 1, "one" },
						 { 'C', ACK | PSH, places[i], 1, "junk" },
						 { 'S', ACK | PSH, 1, 4, "ONE" },
						 { 'C', RST | ACK, 4, 4, NULL },
						 { 0 } };
		const struct expected expected[] = {
			{ "( C\"one\" S\"ONE\")", "not acknowledged", "handshake", "open" },
			{ "( C\"one\" S\"ONE\" C rst)", "not acknowledged", "handshake",
			  "reset by client" },
		};

		check(open, &expected[0]);
		check(reset, &expected[1]);
	}
}

/* A session joined mid-stream begins behind a keep-alive's byte, one or many, of either side. */
static void test_probes(void)
{
	const struct segment client[] = {
		{ 'C', ACK, 99, 50, "?" },          { 'S', ACK, 50, 100, NULL },
		{ 'C', ACK, 99, 50, "!" },          { 'S', ACK, 50, 100, NULL },
		{ 'C', ACK | PSH, 100, 50, "ask" }, { 'S', ACK | PSH, 50, 103, "answer" },
		{ 'C', ACK, 103, 56, NULL },        { 0 }
	};
	const struct segment server[] = {
		{ 'S', ACK, 49, 100, "?" },         { 'C', ACK, 100, 50, NULL },
		{ 'C', ACK | PSH, 100, 50, "ask" }, { 'S', ACK | PSH, 50, 103, "answer" },
		{ 'C', ACK, 103, 56, NULL },        { 0 }
	};
	const struct segment only[] = { { 'C', ACK, 99, 50, "?" },
					{ 'S', ACK, 50, 100, NULL },
					{ 0 } };
	const struct segment typed[] = { { 'C', ACK | PSH, 100, 50, "x" },
					 { 'S', ACK, 50, 101, NULL },
					 { 0 } };

	check(client, &(struct expected){ "( C\"ask\" S\"answer\")", "sides guessed", NULL, NULL });
	check(server, &(struct expected){ "( C\"ask\" S\"answer\")", "sides guessed", NULL, NULL });
	check(only, &(struct expected){ "()", "sides guessed", NULL, NULL });
	check(typed, &(struct expected){ "( C\"x\")", "sides guessed", NULL, NULL });
}

/* Who cuts all into single bytes: the first may be a keep-alive's, the others are not. A keep-alive
 * behind a hole does not fill it. */
static void test_single_bytes(void)
{
	const struct segment tiny[] = {
		{ 'C', ACK, 100, 50, "a" },  { 'C', ACK, 101, 50, "b" },
		{ 'C', ACK, 102, 50, "c" },  { 'C', ACK | PSH, 103, 50, "d" },
		{ 'S', ACK, 50, 104, NULL }, { 0 }
	};
	const struct segment hole[] = { { 'S', ACK, 50, 120, NULL },
					{ 'C', ACK, 100, 50, "front" },
					{ 'C', ACK, 119, 50, "?" },
					{ 'S', ACK, 50, 120, NULL },
					{ 'C', ACK, 119, 50, "!" },
					{ 'S', ACK, 50, 120, NULL },
					{ 'C', ACK | PSH, 120, 50, "go" },
					{ 'S', ACK, 50, 122, NULL },
					{ 0 } };
	const struct segment known[] = {
		{ 'C', ACK, 100, 50, "front" },      { 'S', ACK, 50, 105, NULL },
		{ 'C', ACK | PSH, 105, 50, "rest" }, { 'S', ACK, 50, 109, NULL },
		{ 'S', ACK, 50, 140, NULL },         { 'C', ACK, 139, 50, "?" },
		{ 'S', ACK, 50, 140, NULL },         { 'C', ACK | PSH, 140, 50, "go" },
		{ 'S', ACK, 50, 142, NULL },         { 0 }
	};

	check(tiny, &(struct expected){ "( C\"b\" C\"c\" C\"d\")", "sides guessed", NULL, NULL });
	check(hole, &(struct expected){ "( C\"front\" C gap 15 C\"go\")",
					"gap from client, sides guessed", NULL, NULL });
	check(known, &(struct expected){ "( C\"front\" C\"rest\" C gap 31 C\"go\")",
					 "gap from client, sides guessed", NULL, NULL });
}

/* A stray SYN in a session that was joined, of whose client nothing but acknowledgements was seen: by
 * its own, or by the server's, it stands elsewhere. One that was overtaken by them is its beginning. */
static void test_stray_among_acks(void)
{
	static const uint32_t numbers[] = { 30, 900, 70000, FAR, (uint32_t)-70000 };

	for (size_t i = 0; i < 2 * G_N_ELEMENTS(numbers); i++) {
		uint32_t number = 100 + numbers[i / 2];
		const struct segment joined[] = { { i & 1 ? 'S' : 'C', ACK, i & 1 ? 50 : 100,
						    i & 1 ? 100 : 50, NULL },
						  { 'C', SYN, number, 0, NULL },
						  { 'S', ACK, 50, 100, NULL },
						  { 'C', ACK | PSH, 100, 50, "one" },
						  { 'S', ACK | PSH, 50, 103, "ONE" },
						  { 'C', ACK, 103, 53, NULL },
						  { 0 } };

		check(joined,
		      &(struct expected){ "( C\"one\" S\"ONE\")", "sides guessed, stray syn",
					  "mid-stream", "open" });
	}
	{
		const struct segment overtaken[] = {
			{ 'C', ACK, 1, 1, NULL },       { 'C', SYN, 0, 0, NULL },
			{ 'S', SYN | ACK, 0, 1, NULL }, { 'C', ACK | PSH, 1, 1, "one" },
			{ 'S', ACK, 1, 4, NULL },       { 0 }
		};

		check(overtaken, &(struct expected){ "( C\"one\")", "", "handshake", "open" });
	}
}

static void test_syn_again(void)
{
	const struct segment refused[] = { { 'C', SYN, 0, 0, NULL },
					   { 'S', RST | ACK, 0, 1, NULL },
					   { 'C', SYN, 0, 0, NULL },
					   { 'S', RST | ACK, 0, 1, NULL },
					   { 0 } };
	const struct segment accepted[] = {
		{ 'C', SYN, 0, 0, NULL }, { 'S', RST | ACK, 0, 1, NULL },
		{ 'C', SYN, 0, 0, NULL }, { 'S', SYN | ACK, 0, 1, NULL },
		{ 'C', ACK, 1, 1, NULL }, { 'C', ACK | PSH, 1, 1, "ask" },
		{ 'S', ACK, 1, 4, NULL }, { 0 }
	};
	const struct segment stale[] = { HANDSHAKE,
					 { 'C', ACK | FIN, 1, 1, "one" },
					 { 'S', ACK | FIN, 1, 5, NULL },
					 { 'C', ACK, 5, 2, NULL },
					 { 'C', SYN, 0, 0, NULL },
					 { 0 } };
	const struct segment renewed[] = { HANDSHAKE,
					   { 'C', ACK | FIN, 1, 1, "one" },
					   { 'S', ACK | FIN, 1, 5, NULL },
					   { 'C', ACK, 5, 2, NULL },
					   { 'C', SYN, 0, 0, NULL },
					   { 'S', SYN | ACK, 700000, 1, NULL },
					   { 'C', ACK | PSH, 1, 700001, "two" },
					   { 0 } };
	const struct segment mid_stream[] = { { 'C', ACK | PSH, 100, 50, "one" },
					      { 'S', ACK | PSH, 50, 103, "ONE" },
					      { 'C', ACK | FIN, 103, 53, NULL },
					      { 'S', ACK | FIN, 53, 104, NULL },
					      { 'C', ACK, 104, 54, NULL },
					      { 'S', SYN | ACK, 900000, 70001, NULL },
					      { 'C', ACK | PSH, 70001, 900001, "two" },
					      { 'S', ACK, 900001, 70004, NULL },
					      { 0 } };

	check(refused, &(struct expected){ "( S rst)", "", "syn, no answer", "reset by server" });
	check(accepted, &(struct expected){ "( C\"ask\")", "stray rst", "handshake", "open" });
	check(stale,
	      &(struct expected){ "( C\"one\" C fin S fin)", "", "handshake", "fin by client" });
	check(renewed, &(struct expected){ "( C\"one\" C fin S fin)( C\"two\")", "", "handshake",
					   "fin by client" });
	check(mid_stream, &(struct expected){ "( C\"one\" C fin S\"ONE\" S fin)( C\"two\")",
					      "sides guessed", "mid-stream", "fin by client" });
}

/* A SYN that both sides ignore, with whatever number, flags and data, from either side, at any place:
 * the stream is what it is without it. */
static void test_ignored_syn(void)
{
	/* Where each is told by what has been sent before it: the server's, the client's number. */
	static const struct segment whole[] = { HANDSHAKE,
						{ 'C', ACK | PSH, 1, 1, "one" },
						{ 'S', ACK | PSH, 1, 4, "ONE" },
						{ 'C', ACK, 4, 4, NULL },
						{ 'C', ACK | PSH, 4, 4, "two" },
						{ 'S', ACK | PSH, 4, 7, "TWO" },
						{ 'C', ACK | FIN, 7, 7, NULL },
						{ 'S', ACK | FIN, 7, 8, NULL },
						{ 'C', ACK, 8, 8, NULL } };
	/* 4: the right number, which is the next, behind the first request. */
	static const uint32_t numbers[] = {
		4, 5, 2000, 70000, 1u << 22, 1u << 29, FAR, 3u << 30, (uint32_t)-3, (uint32_t)-70000
	};
	static const unsigned flags[] = { SYN, SYN | ACK, SYN | PSH, SYN | 0x20 };
	const struct expected expected = { "( C\"one\" S\"ONE\" C\"two\" S\"TWO\" C fin S fin)",
					   "stray syn", "handshake", "fin by client" };

	for (size_t at = 1; at < G_N_ELEMENTS(whole) - 1; at++)
		for (size_t i = 0; i < 8 * G_N_ELEMENTS(numbers) * G_N_ELEMENTS(flags); i++) {
			uint32_t number = numbers[i / 8 % G_N_ELEMENTS(numbers)];
			struct segment all[20] = { 0 };
			size_t count = at;
			struct segment stray = {
				.side = i & 1 ? 'S' : 'C',
				.flags = flags[i / 8 / G_N_ELEMENTS(numbers)],
				.seq = number,
				.ack = number + 77,
				.payload = i & 2 ? "junk" : NULL,
			};

			/* Before the handshake is over a server's is an answer. */
			if (at < 3 && (stray.side == 'S' || stray.flags & ACK))
				continue;
			memcpy(all, whole, at * sizeof(*all));
			all[count++] = stray;
			if (i & 4)
				all[count++] = stray;
			memcpy(all + count, whole + at, sizeof(whole) - at * sizeof(*all));
			check(all, &expected);
		}
}

/* A SYN in fragments is ignored like any other, or believed. */
static void test_syn_in_parts(void)
{
	const struct segment ignored[] = { HANDSHAKE,
					   { 'C', ACK | PSH, 1, 1, "one" },
					   { 'C', SYN | PARTS, 900000, 0, "junk" },
					   { 'C', SYN | PARTS, 900000, 0, "junk" },
					   { 'S', ACK | PSH, 1, 4, "ONE" },
					   { 'C', ACK | PSH | PARTS, 4, 4, "two" },
					   { 'S', ACK, 4, 7, NULL },
					   { 0 } };
	const struct segment believed[] = { HANDSHAKE,
					    { 'C', ACK | PSH, 1, 1, "one" },
					    { 'C', SYN | PARTS, 900000, 0, NULL },
					    { 'S', SYN | ACK | PARTS, 700000, 900001, NULL },
					    { 'C', ACK | PSH, 900001, 700001, "two" },
					    { 'S', ACK, 700001, 900004, NULL },
					    { 0 } };

	check(ignored, &(struct expected){ "( C\"one\" S\"ONE\" C\"two\")", "fragments, stray syn",
					   "handshake", "open" });
	check(believed,
	      &(struct expected){ "( C\"one\")( C\"two\")", "", "handshake", "ports reused" });
}

/* The peer asks back: it says where the connection is. */
static void test_challenged_syn(void)
{
	const struct segment asked[] = { HANDSHAKE,
					 { 'C', ACK | PSH, 1, 1, "one" },
					 { 'S', ACK, 1, 4, NULL },
					 { 'C', SYN, 900000, 0, NULL },
					 { 'S', ACK, 1, 4, NULL },
					 { 'C', SYN, 900000, 0, NULL },
					 { 'S', ACK, 1, 4, NULL },
					 { 'S', ACK | PSH, 1, 4, "ONE" },
					 { 'C', ACK | PSH, 4, 4, "two" },
					 { 'S', ACK, 4, 7, NULL },
					 { 0 } };
	/* Somebody on the way, or another machine with this address, answers to it. */
	const struct segment refused[] = { HANDSHAKE,
					   { 'C', ACK | PSH, 1, 1, "one" },
					   { 'C', SYN, 900000, 0, NULL },
					   { 'S', RST | ACK, FAR, 900001, NULL },
					   { 'S', ACK | PSH, 1, 4, "ONE" },
					   { 'C', ACK | PSH, 4, 4, "two" },
					   { 'S', ACK, 4, 7, NULL },
					   { 0 } };
	const struct segment answered[] = { HANDSHAKE,
					    { 'C', ACK | PSH, 1, 1, "one" },
					    { 'C', SYN, 900000, 0, NULL },
					    { 'S', SYN | ACK, FAR, 900001, NULL },
					    { 'S', ACK | PSH, 1, 4, "ONE" },
					    { 'C', ACK | PSH, 4, 4, "two" },
					    { 'S', ACK, 4, 7, NULL },
					    { 0 } };
	/* The client is started again: it has nothing of the old connection, and resets it. */
	const struct segment restarted[] = { HANDSHAKE,
					     { 'C', ACK | PSH, 1, 1, "one" },
					     { 'S', ACK, 1, 4, NULL },
					     { 'C', SYN, 900000, 0, NULL },
					     { 'S', ACK, 1, 4, NULL },
					     { 'C', RST, 4, 0, NULL },
					     { 'C', SYN, 900000, 0, NULL },
					     { 'S', SYN | ACK, FAR, 900001, NULL },
					     { 'C', ACK | PSH, 900001, FAR + 1, "two" },
					     { 'S', ACK, FAR + 1, 900004, NULL },
					     { 0 } };
	/* A reset that both ignore, and a SYN behind it. */
	const struct segment reset[] = { HANDSHAKE,
					 { 'C', ACK | PSH, 1, 1, "one" },
					 { 'C', RST, 4, 0, NULL },
					 { 'C', SYN, 900000, 0, NULL },
					 { 'S', ACK | PSH, 1, 4, "ONE" },
					 { 'C', ACK | PSH, 4, 4, "two" },
					 { 'S', ACK, 4, 7, NULL },
					 { 0 } };
	/* One that was heeded: the server's last bytes were on their way. */
	const struct segment begun_anew[] = { HANDSHAKE,
					      { 'C', ACK | PSH, 1, 1, "one" },
					      { 'C', RST, 4, 0, NULL },
					      { 'C', SYN, 900000, 0, NULL },
					      { 'S', ACK | PSH, 1, 4, "ONE" },
					      { 'S', SYN | ACK, FAR, 900001, NULL },
					      { 'C', ACK | PSH, 900001, FAR + 1, "two" },
					      { 'S', ACK, FAR + 1, 900004, NULL },
					      { 0 } };
	const struct expected goes_on = { "( C\"one\" S\"ONE\" C\"two\")", "stray syn", "handshake",
					  "open" };

	check(asked, &goes_on);
	check(refused, &goes_on);
	check(answered, &goes_on);
	check(reset, &(struct expected){ "( C\"one\" S\"ONE\" C\"two\")", "stray rst, stray syn",
					 "handshake", "open" });
	check(begun_anew,
	      &(struct expected){ "( C\"one\" S\"ONE\" C rst)( C\"two\")", "data after the end",
				  "handshake", "reset by client" });
	check(restarted, &(struct expected){ "( C\"one\" C rst)( C\"two\")", "stray syn",
					     "handshake", "reset by client" });
}

/* The ports are used again, and the capture has no end of the old connection. */
static void test_heeded_syn(void)
{
	static const uint32_t numbers[] = { 4, 5, 70000, FAR, (uint32_t)-70000 };

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		uint32_t d = numbers[i];
		const struct segment seen[] = { HANDSHAKE,
						{ 'C', ACK | PSH, 1, 1, "one" },
						{ 'C', SYN, d, 0, NULL },
						{ 'S', SYN | ACK, FAR, d + 1, NULL },
						{ 'C', ACK, d + 1, FAR + 1, NULL },
						{ 'C', ACK | PSH, d + 1, FAR + 1, "two" },
						{ 'S', ACK | PSH, FAR + 1, d + 4, "TWO" },
						{ 0 } };
		const struct segment refused[] = { HANDSHAKE,
						   { 'C', ACK | PSH, 1, 1, "one" },
						   { 'C', SYN, d, 0, NULL },
						   { 'S', RST | ACK, 0, d + 1, NULL },
						   { 0 } };
		const struct segment client_only[] = { { 'C', SYN, 0, 0, NULL },
						       { 'C', ACK | PSH, 1, 1, "one" },
						       { 'C', SYN, d, 0, NULL },
						       { 'C', ACK, d + 1, FAR + 1, NULL },
						       { 'C', ACK | PSH, d + 1, FAR + 1, "two" },
						       { 0 } };
		const struct segment server_only[] = { { 'S', SYN | ACK, 0, 1, NULL },
						       { 'S', ACK | PSH, 1, 4, "ONE" },
						       { 'S', SYN | ACK, FAR, d + 1, NULL },
						       { 'S', ACK | PSH, FAR + 1, d + 4, "TWO" },
						       { 0 } };
		const struct segment alone[] = { HANDSHAKE,
						 { 'C', ACK | PSH, 1, 1, "one" },
						 { 'C', SYN, d, 0, NULL },
						 { 'C', SYN, d, 0, NULL },
						 { 0 } };

		check(seen, &(struct expected){ "( C\"one\")( C\"two\" S\"TWO\")", "", "handshake",
						"ports reused" });
		check(refused,
		      &(struct expected){ "( C\"one\")( S rst)", "", "handshake", "ports reused" });
		check(client_only, &(struct expected){ "( C\"one\")( C\"two\")", "",
						       "syn, no answer", "ports reused" });
		check(server_only,
		      &(struct expected){ "( S\"ONE\" C gap 3)( S\"TWO\" C gap 3)",
					  "gap from client", "syn+ack, no syn", "ports reused" });
		check(alone,
		      &(struct expected){ "( C\"one\")()", "", "handshake", "ports reused" });
	}
}

/* SYNs of many numbers, to ports where nobody answers, are a session each; where a connection goes on
 * they are none. */
static void test_many_syns(void)
{
	struct segment scan[41] = { 0 }, busy[48] = { HANDSHAKE };
	g_autoptr(GString) log = g_string_new(NULL);

	for (unsigned i = 0; i < 40; i++) {
		scan[i] = (struct segment){ 'C', SYN, i * 5000000, 0, NULL };
		busy[3 + i] = (struct segment){ 'C', SYN, 70000 + i * 5000000, 0, NULL };
		g_string_append(log, "()");
	}
	busy[43] = (struct segment){ 'C', ACK | PSH, 1, 1, "one" };
	busy[44] = (struct segment){ 'S', ACK, 1, 4, NULL };
	check(scan, &(struct expected){ log->str, "", "syn, no answer", "ports reused" });
	check(busy, &(struct expected){ "( C\"one\")", "stray syn", "handshake", "open" });
}

/* Of a session that was joined mid-stream the stray SYN may be the first that is seen. */
static void test_joined_syn(void)
{
	static const uint32_t numbers[] = { 3u << 29, FAR, 3u << 30, (uint32_t)-20000000 };

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		const struct segment first[] = { { 'C', SYN, numbers[i], 0, NULL },
						 { 'C', ACK | PSH, 1, 1, "one" },
						 { 'S', ACK | PSH, 1, 4, "ONE" },
						 { 'C', ACK, 4, 4, NULL },
						 { 0 } };
		const struct segment asked[] = {
			{ 'C', SYN, numbers[i], 0, NULL }, { 'S', ACK, 1, 1, NULL },
			{ 'C', ACK | PSH, 1, 1, "one" },   { 'S', ACK | PSH, 1, 4, "ONE" },
			{ 'C', ACK, 4, 4, NULL },          { 0 }
		};
		const struct segment second[] = {
			{ 'S', ACK, 1, 1, NULL },        { 'C', SYN, numbers[i], 0, NULL },
			{ 'C', ACK | PSH, 1, 1, "one" }, { 'S', ACK | PSH, 1, 4, "ONE" },
			{ 'C', ACK, 4, 4, NULL },        { 0 }
		};

		check(first, &(struct expected){ "()( C\"one\" S\"ONE\")", "", "syn, no answer",
						 "ports reused" });
		check(asked, &(struct expected){ "()( C\"one\" S\"ONE\")", "", "syn, no answer",
						 "ports reused" });
		check(second,
		      &(struct expected){ "( C\"one\" S\"ONE\")", "sides guessed, stray syn",
					  "mid-stream", "open" });
	}
}

static void test_half_open(void)
{
	const struct segment answered[] = { { 'C', SYN, 0, 0, NULL },
					    { 'S', SYN | ACK, 0, 1, NULL },
					    { 'S', SYN | ACK, 0, 1, NULL },
					    { 0 } };
	const struct segment scanned[] = { { 'C', SYN, 0, 0, NULL },
					   { 'S', SYN | ACK, 0, 1, NULL },
					   { 'C', RST, 1, 0, NULL },
					   { 0 } };

	check(answered, &(struct expected){ "()", "", "half-open", "open" });
	check(scanned, &(struct expected){ "( C rst)", "", "half-open", "reset by client" });
}

static void test_urgent(void)
{
	GByteArray *frame =
		tcp_frame(CLIENT, 40000, SERVER, 80, 1000, 5000, ACK | PSH | 0x20, "ab!c");
	static const struct fdar_assembler_ops ops = { .opened = opened,
						       .arrived = arrived,
						       .closed = closed };
	struct rig rig = { .log = g_string_new(NULL),
			   .closed = g_array_new(FALSE, FALSE, sizeof(struct fdar_session)) };
	struct fdar_assembler *assembler = fdar_assembler_new(DLT_EN10MB, NULL, &ops, &rig);
	struct fdar_packet packet = as_packet(frame, 1, MS);

	set16(frame, 14 + 20 + 18, 3); /* the third byte is the last urgent one */
	fdar_assembler_feed(assembler, &packet);
	fdar_assembler_finish(assembler);
	g_assert_cmpstr(rig.log->str, ==, "( C!\"ab!\" C\"c\")");
	g_assert_true(g_array_index(rig.closed, struct fdar_session, 0).odd & FDAR_ODD_URGENT);
	fdar_assembler_free(assembler);
	g_string_free(rig.log, TRUE);
	g_array_unref(rig.closed);
	g_byte_array_unref(frame);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/truth/two-synacks", test_two_synacks);
	g_test_add_func("/truth/four-synacks", test_four_synacks);
	g_test_add_func("/truth/ignored-reset", test_ignored_reset);
	g_test_add_func("/truth/heeded-reset", test_heeded_reset);
	g_test_add_func("/truth/ignored-fin", test_ignored_fin);
	g_test_add_func("/truth/never-acknowledged", test_never_acknowledged);
	g_test_add_func("/truth/probes", test_probes);
	g_test_add_func("/truth/single-bytes", test_single_bytes);
	g_test_add_func("/truth/syn-in-parts", test_syn_in_parts);
	g_test_add_func("/truth/stray-among-acks", test_stray_among_acks);
	g_test_add_func("/truth/syn-again", test_syn_again);
	g_test_add_func("/truth/ignored-syn", test_ignored_syn);
	g_test_add_func("/truth/challenged-syn", test_challenged_syn);
	g_test_add_func("/truth/heeded-syn", test_heeded_syn);
	g_test_add_func("/truth/many-syns", test_many_syns);
	g_test_add_func("/truth/joined-syn", test_joined_syn);
	g_test_add_func("/truth/half-open", test_half_open);
	g_test_add_func("/truth/urgent", test_urgent);
	return g_test_run();
}
