/* The assembler: what streams come out of which packets. What it delivers is written into a log:
 * "(" for a session that opens, C"hello" and S"answer" for data, "S gap 5", "C fin", ")" at its
 * end.
 */
#include "tests/unit/kit/packets.h"

#include <pcap/pcap.h>

#include "replay/sessions/assembler.h"

#define MS     ((uint64_t)1000000)
#define SECOND (1000 * MS)
#define CLIENT "10.0.0.1"
#define SERVER "10.0.0.2"
#define CPORT  40000u
#define SPORT  80u
#define CISN   1000u
#define SISN   5000u

struct rig {
	struct fdar_assembler *assembler;
	GString *log;
	GArray *closed; /* struct fdar_session */
	uint64_t packets;
	uint64_t now_ns;
	uint64_t last_packet[2]; /* of the last arrival each way: never falls */
	uint64_t streams[2];     /* bytes of the last session so far, each way */
};

static void opened(void *user, const struct fdar_session *session, void **data)
{
	struct rig *rig = user;

	g_assert_null(*data);
	*data = rig;
	g_string_append(rig->log, "(");
	memset(rig->last_packet, 0, sizeof(rig->last_packet));
	memset(rig->streams, 0, sizeof(rig->streams));
	g_assert_cmpuint(session->pieces, ==, 0);
}

static void arrived(void *user, const struct fdar_session *session, void *data,
		    const struct fdar_arrival *arrival)
{
	static const char *const kinds[] = { "data", "gap", "fin", "rst" };
	struct rig *rig = user;
	const struct fdar_piece *piece = &arrival->piece;
	char side = piece->way == FDAR_FROM_CLIENT ? 'C' : 'S';

	g_assert_true(data == rig);
	g_assert_cmpuint(session->pieces, >, 0);
	g_assert_cmpuint(arrival->packet, >=, rig->last_packet[piece->way]);
	g_assert_cmpuint(arrival->stream_offset, ==, rig->streams[piece->way]);
	rig->last_packet[piece->way] = arrival->packet;
	rig->streams[piece->way] += piece->length;
	if (piece->kind == FDAR_PIECE_DATA)
		g_string_append_printf(rig->log, " %c\"%.*s\"", side, (int)piece->length,
				       arrival->bytes);
	else if (piece->kind == FDAR_PIECE_GAP)
		g_string_append_printf(rig->log, " %c gap %u", side, piece->length);
	else
		g_string_append_printf(rig->log, " %c %s", side, kinds[piece->kind]);
}

static void closed(void *user, const struct fdar_session *session, void *data)
{
	struct rig *rig = user;

	g_assert_true(data == rig);
	g_string_append(rig->log, ")");
	g_array_append_vals(rig->closed, session, 1);
}

static const struct fdar_assembler_ops ops = { .opened = opened,
					       .arrived = arrived,
					       .closed = closed };

static void rig_begin_with(struct rig *rig, const struct fdar_assembler_options *options)
{
	GError *error = NULL;

	*rig = (struct rig){ .log = g_string_new(NULL),
			     .closed = g_array_new(FALSE, FALSE, sizeof(struct fdar_session)),
			     .now_ns = 1000 * SECOND };
	rig->assembler = fdar_assembler_new(DLT_EN10MB, options, &ops, rig);
	g_assert_no_error(error);
}

static void rig_begin(struct rig *rig)
{
	rig_begin_with(rig, NULL);
}

static void feed_cut(struct rig *rig, GByteArray *frame, guint captured)
{
	struct fdar_packet packet = as_packet(frame, ++rig->packets, rig->now_ns);

	packet.captured = captured;
	rig->now_ns += MS;
	fdar_assembler_feed(rig->assembler, &packet);
	g_byte_array_unref(frame);
}

static void feed(struct rig *rig, GByteArray *frame)
{
	feed_cut(rig, frame, frame->len);
}

/* Segments of the one connection that most tests have; numbers count from the SYN's. */
static void from_client(struct rig *rig, unsigned flags, uint32_t seq, uint32_t ack,
			const char *payload)
{
	feed(rig, tcp_frame(CLIENT, CPORT, SERVER, SPORT, CISN + seq, SISN + ack, flags, payload));
}

static void from_server(struct rig *rig, unsigned flags, uint32_t seq, uint32_t ack,
			const char *payload)
{
	feed(rig, tcp_frame(SERVER, SPORT, CLIENT, CPORT, SISN + seq, CISN + ack, flags, payload));
}

static void handshake(struct rig *rig)
{
	from_client(rig, SYN, 0, 0, NULL);
	from_server(rig, SYN | ACK, 0, 1, NULL);
	from_client(rig, ACK, 1, 1, NULL);
}

/* Finishes and compares; the sessions that were closed are left for a look. */
static void expect(struct rig *rig, const char *log)
{
	fdar_assembler_finish(rig->assembler);
	g_assert_cmpstr(rig->log->str, ==, log);
}

static const struct fdar_session *session(const struct rig *rig, guint index)
{
	g_assert_cmpuint(index, <, rig->closed->len);
	return &g_array_index(rig->closed, struct fdar_session, index);
}

static void expect_odd(const struct rig *rig, guint index, uint32_t odd)
{
	g_autofree char *got = fdar_odd_list(session(rig, index)->odd);
	g_autofree char *wanted = fdar_odd_list(odd);

	g_assert_cmpstr(got, ==, wanted);
}

static void expect_life(const struct rig *rig, guint index, const char *began, const char *ended)
{
	const struct fdar_session *one = session(rig, index);

	g_assert_cmpstr(fdar_began_text(one->began), ==, began);
	g_assert_cmpstr(fdar_ended_text(one->ended, one->ended_by), ==, ended);
}

static void rig_end(struct rig *rig)
{
	fdar_assembler_free(rig->assembler);
	g_string_free(rig->log, TRUE);
	g_array_unref(rig->closed);
}

static void test_plain(void)
{
	struct rig rig;
	const struct fdar_session *one;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, ACK | PSH, 1, 1, "GET ");
	from_client(&rig, ACK | PSH, 5, 1, "/\n");
	from_server(&rig, ACK | PSH, 1, 7, "hello");
	from_client(&rig, ACK | FIN, 7, 6, NULL);
	from_server(&rig, ACK | FIN, 6, 8, NULL);
	from_client(&rig, ACK, 8, 7, NULL);
	expect(&rig, "( C\"GET \" C\"/\n\" S\"hello\" C fin S fin)");
	expect_life(&rig, 0, "handshake", "fin by client");
	expect_odd(&rig, 0, 0);
	one = session(&rig, 0);
	g_assert_cmpuint(one->client.port, ==, CPORT);
	g_assert_cmpuint(one->server.port, ==, SPORT);
	g_assert_cmpuint(one->way[FDAR_FROM_CLIENT].bytes, ==, 6);
	g_assert_cmpuint(one->way[FDAR_FROM_CLIENT].messages, ==, 1);
	g_assert_cmpuint(one->way[FDAR_FROM_CLIENT].pieces, ==, 2);
	g_assert_cmpuint(one->way[FDAR_FROM_CLIENT].packets, ==, 6);
	g_assert_cmpuint(one->way[FDAR_FROM_SERVER].bytes, ==, 5);
	g_assert_cmpuint(one->end_ns - one->start_ns, ==, 8 * MS);
	g_assert_cmpuint(fdar_assembler_totals(rig.assembler)->in_sessions, ==, 9);
	rig_end(&rig);
}

static void test_retransmission(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, ACK, 1, 1, "abc");
	from_client(&rig, ACK, 1, 1, "abc");
	/* Longer the second time: the new part is new. */
	from_client(&rig, ACK, 1, 1, "abcdef");
	from_client(&rig, ACK | FIN, 1, 1, "abcdef");
	from_client(&rig, ACK | FIN, 7, 1, NULL);
	expect(&rig, "( C\"abc\" C\"def\" C fin)");
	expect_life(&rig, 0, "handshake", "half-closed by client");
	expect_odd(&rig, 0, FDAR_ODD_RETRANSMITS);
	rig_end(&rig);
}

static void test_keep_alive(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, ACK, 1, 1, "abc");
	from_client(&rig, ACK, 3, 1, "?"); /* a probe: what it holds means nothing */
	from_client(&rig, ACK, 3, 1, NULL);
	from_client(&rig, ACK, 4, 1, "d");
	expect(&rig, "( C\"abc\" C\"d\")");
	expect_odd(&rig, 0, 0);
	rig_end(&rig);
}

static void test_reordered(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, ACK, 7, 1, "ghi");
	from_client(&rig, ACK | FIN, 10, 1, NULL);
	from_client(&rig, ACK, 4, 1, "def");
	from_client(&rig, ACK, 1, 1, "abc");
	expect(&rig, "( C\"abc\" C\"def\" C\"ghi\" C fin)");
	expect_odd(&rig, 0, FDAR_ODD_REORDERED);
	rig_end(&rig);
}

/* Of bytes that wait and come again, the first copy wins. */
static void test_overlap(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, ACK, 4, 1, "DEF");
	from_client(&rig, ACK, 10, 1, "JK");
	from_client(&rig, ACK, 2, 1, "bcdefghijkl"); /* around and between both */
	from_client(&rig, ACK, 1, 1, "abc");
	expect(&rig, "( C\"a\" C\"bc\" C\"DEF\" C\"ghi\" C\"JK\" C\"l\")");
	expect_odd(&rig, 0, FDAR_ODD_RETRANSMITS | FDAR_ODD_REORDERED | FDAR_ODD_DIFFERS);
	rig_end(&rig);
}

static void test_overlap_same(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, ACK, 3, 1, "cdef");
	from_client(&rig, ACK, 4, 1, "de");   /* within */
	from_client(&rig, ACK, 5, 1, "efgh"); /* over its end */
	from_client(&rig, ACK, 2, 1, "bcd");  /* over its beginning */
	from_client(&rig, ACK, 1, 1, "a");
	expect(&rig, "( C\"a\" C\"b\" C\"cdef\" C\"gh\")");
	expect_odd(&rig, 0, FDAR_ODD_RETRANSMITS | FDAR_ODD_REORDERED);
	rig_end(&rig);
}

static void test_wrap(void)
{
	struct rig rig;
	const uint32_t isn = 0xfffffffdu;

	rig_begin(&rig);
	feed(&rig, tcp_frame(CLIENT, CPORT, SERVER, SPORT, isn, 0, SYN, NULL));
	feed(&rig, tcp_frame(SERVER, SPORT, CLIENT, CPORT, SISN, isn + 1, SYN | ACK, NULL));
	feed(&rig, tcp_frame(CLIENT, CPORT, SERVER, SPORT, isn + 6, SISN + 1, ACK, "fgh"));
	feed(&rig, tcp_frame(CLIENT, CPORT, SERVER, SPORT, isn + 1, SISN + 1, ACK, "abcde"));
	feed(&rig, tcp_frame(CLIENT, CPORT, SERVER, SPORT, isn + 1, SISN + 1, ACK, "abcde"));
	feed(&rig, tcp_frame(CLIENT, CPORT, SERVER, SPORT, isn + 9, SISN + 1, ACK | FIN, "i"));
	expect(&rig, "( C\"abcde\" C\"fgh\" C\"i\" C fin)");
	expect_odd(&rig, 0, FDAR_ODD_WRAPPED | FDAR_ODD_REORDERED | FDAR_ODD_RETRANSMITS);
	rig_end(&rig);
}

/* Bytes that the receiver has, and the capture not. */
static void test_gap(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, ACK, 1, 1, "abc");
	from_client(&rig, ACK, 8, 1, "hij");
	from_server(&rig, ACK, 1, 11, NULL);
	for (unsigned i = 0; i < 6; i++)
		from_server(&rig, ACK, 1 + i, 11, "x");
	g_assert_null(strstr(rig.log->str, "gap"));
	from_server(&rig, ACK, 7, 11, "y");
	from_client(&rig, ACK, 11, 7, "k");
	/* The eighth packet since then: it is not going to come. */
	expect(&rig, "( C\"abc\" S\"x\" S\"x\" S\"x\" S\"x\" S\"x\" S\"x\" C gap 4 C\"hij\" "
		     "S\"y\" C\"k\")");
	expect_odd(&rig, 0, FDAR_ODD_GAP_CLIENT);
	g_assert_cmpuint(session(&rig, 0)->way[FDAR_FROM_CLIENT].gap_bytes, ==, 4);
	g_assert_cmpuint(session(&rig, 0)->way[FDAR_FROM_CLIENT].bytes, ==, 7);
	rig_end(&rig);
}

/* A hole that is filled in time is none. */
static void test_gap_filled(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, ACK, 4, 1, "def");
	for (unsigned i = 0; i < 6; i++)
		from_server(&rig, ACK, 1, 7, NULL);
	from_client(&rig, ACK, 1, 1, "abc");
	expect(&rig, "( C\"abc\" C\"def\")");
	rig_end(&rig);
}

static void test_gap_at_end(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, ACK, 5, 1, "x");
	from_client(&rig, ACK, 1, 11, NULL); /* acknowledges ten bytes nobody saw */
	from_client(&rig, ACK | FIN, 8, 11, NULL);
	from_server(&rig, ACK, 11, 9, NULL); /* and so does the server */
	expect(&rig, "( C gap 4 C\"x\" C gap 2 C fin S gap 10)");
	expect_odd(&rig, 0, FDAR_ODD_GAP_CLIENT | FDAR_ODD_GAP_SERVER);
	rig_end(&rig);
}

/* An acknowledged number without a byte is the FIN that the capture missed. */
static void test_unseen_fin(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_server(&rig, ACK, 1, 1, "bye");
	from_client(&rig, ACK | FIN, 1, 5, NULL);
	expect(&rig, "( S\"bye\" C fin)");
	expect_odd(&rig, 0, 0);
	rig_end(&rig);
}

static void test_reuse(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, SYN, 0, 0, NULL); /* again: the same session */
	from_client(&rig, ACK | FIN, 1, 1, "one");
	from_server(&rig, ACK | FIN, 1, 5, NULL);
	from_client(&rig, ACK, 5, 2, NULL);
	from_client(&rig, SYN, 70000, 0, NULL); /* behind the end: another */
	from_client(&rig, ACK, 70001, 1, "two");
	from_client(&rig, SYN, 90000, 0, NULL); /* with another number: another, too */
	from_client(&rig, ACK, 90001, 1, "three");
	expect(&rig, "( C\"one\" C fin S fin)( C\"two\")( C\"three\")");
	expect_life(&rig, 0, "handshake", "fin by client");
	expect_life(&rig, 1, "syn, no answer", "ports reused");
	expect_life(&rig, 2, "syn, no answer", "open");
	g_assert_cmpuint(session(&rig, 2)->id, ==, 2);
	rig_end(&rig);
}

static void test_refused(void)
{
	struct rig rig;

	rig_begin(&rig);
	from_client(&rig, SYN, 0, 0, NULL);
	feed(&rig, tcp_frame(SERVER, SPORT, CLIENT, CPORT, 0, CISN + 1, RST | ACK, NULL));
	expect(&rig, "( S rst)");
	expect_life(&rig, 0, "syn, no answer", "reset by server");
	rig_end(&rig);
}

static void test_reset(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, ACK, 1, 1, "abc");
	from_client(&rig, RST, 1 + (3u << 20), 1, NULL); /* far outside the window: a forgery */
	from_client(&rig, ACK, 4, 1, "def");
	from_server(&rig, RST | ACK, 1, 7, NULL);
	from_client(&rig, ACK, 7, 1, "on its way");
	from_server(&rig, RST | ACK, 1, 17, NULL);
	expect(&rig, "( C\"abc\" C\"def\" C\"on its way\" S rst)");
	expect_life(&rig, 0, "handshake", "reset by server");
	expect_odd(&rig, 0, FDAR_ODD_STRAY_RST | FDAR_ODD_AFTER_END);
	rig_end(&rig);
}

static void test_half_close(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, ACK | FIN, 1, 1, "all");
	from_server(&rig, ACK, 1, 5, "long ");
	from_server(&rig, ACK | FIN, 6, 5, "answer");
	from_client(&rig, ACK, 5, 13, NULL);
	expect(&rig, "( C\"all\" C fin S\"long \" S\"answer\" S fin)");
	expect_life(&rig, 0, "handshake", "fin by client");
	rig_end(&rig);
}

static void test_after_fin(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, ACK | FIN, 1, 1, "end");
	from_client(&rig, ACK, 4, 1, "no!");
	expect(&rig, "( C\"end\" C fin)");
	expect_odd(&rig, 0, FDAR_ODD_AFTER_END);
	rig_end(&rig);
}

static void test_fast_open(void)
{
	static const uint8_t cookie[] = { 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1 };
	struct rig rig;

	rig_begin(&rig);
	feed(&rig,
	     ether(ip(CLIENT, SERVER, 6,
		      tcp(CLIENT, CPORT, SERVER, SPORT, CISN, 0, SYN, cookie, 12, "GET", 3))));
	from_server(&rig, SYN | ACK, 0, 4, NULL);
	from_server(&rig, ACK, 1, 4, "page");
	from_client(&rig, ACK, 4, 5, NULL);
	/* The server did not take the data: it comes again. */
	from_client(&rig, ACK, 1, 5, "GET");
	expect(&rig, "( C\"GET\" S\"page\")");
	expect_odd(&rig, 0, FDAR_ODD_FAST_OPEN | FDAR_ODD_RETRANSMITS);
	rig_end(&rig);
}

/* The capture began later: who is who is guessed, and the first packets may be in disorder. */
static void test_mid_stream(void)
{
	struct rig rig;

	rig_begin(&rig);
	from_server(&rig, ACK, 500, 900, "second");
	from_server(&rig, ACK, 495, 900, "first");
	g_assert_cmpstr(rig.log->str, ==, "(");
	from_client(&rig, ACK, 900, 506, "next");
	from_server(&rig, ACK, 506, 904, "third");
	expect(&rig, "( S\"first\" S\"second\" S\"third\" C\"next\")");
	expect_life(&rig, 0, "mid-stream", "open");
	expect_odd(&rig, 0, FDAR_ODD_REORDERED | FDAR_ODD_GUESSED_SIDES);
	g_assert_cmpuint(session(&rig, 0)->server.port, ==, SPORT);
	rig_end(&rig);
}

static void test_eager(void)
{
	struct fdar_assembler_options options = { .eager = TRUE };
	struct rig rig;

	rig_begin_with(&rig, &options);
	from_client(&rig, ACK, 900, 500, "at once");
	g_assert_cmpstr(rig.log->str, ==, "( C\"at once\"");
	rig_end(&rig);
}

/* The handshake comes behind the data it allows, and turns the guess around. */
static void test_late_syn(void)
{
	struct rig rig;

	rig_begin(&rig);
	feed(&rig, tcp_frame(CLIENT, 70, SERVER, 8080, CISN + 1, SISN + 1, ACK, "request"));
	feed(&rig, tcp_frame(CLIENT, 70, SERVER, 8080, CISN, 0, SYN, NULL));
	feed(&rig, tcp_frame(SERVER, 8080, CLIENT, 70, SISN, CISN + 1, SYN | ACK, NULL));
	feed(&rig, tcp_frame(SERVER, 8080, CLIENT, 70, SISN + 1, CISN + 8, ACK, "answer"));
	expect(&rig, "( C\"request\" S\"answer\")");
	expect_life(&rig, 0, "handshake", "open");
	expect_odd(&rig, 0, 0);
	g_assert_cmpuint(session(&rig, 0)->server.port, ==, 8080);
	g_assert_cmpuint(session(&rig, 0)->way[FDAR_FROM_CLIENT].packets, ==, 2);
	rig_end(&rig);
}

/* Only the client's packets were captured: what it acknowledges was sent. */
static void test_one_sided(void)
{
	struct rig rig;

	rig_begin(&rig);
	from_client(&rig, SYN, 0, 0, NULL);
	from_client(&rig, ACK, 1, 1, NULL);
	from_client(&rig, ACK, 1, 1, "one");
	for (unsigned i = 0; i < 6; i++)
		from_client(&rig, ACK, 4, 101, NULL);
	from_client(&rig, ACK, 4, 101, "two");
	from_client(&rig, ACK, 7, 151, "three");
	expect(&rig, "( C\"one\" S gap 100 C\"two\" S gap 50 C\"three\")");
	expect_life(&rig, 0, "syn, no answer", "open");
	expect_odd(&rig, 0, FDAR_ODD_GAP_SERVER);
	rig_end(&rig);
}

static void test_cut(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	feed_cut(&rig, tcp_frame(CLIENT, CPORT, SERVER, SPORT, CISN + 1, SISN + 1, ACK, "abcdef"),
		 14 + 40 + 2);
	from_client(&rig, ACK, 7, 1, "ghi");
	/* Cut and out of order. */
	feed_cut(&rig, tcp_frame(CLIENT, CPORT, SERVER, SPORT, CISN + 12, SISN + 1, ACK, "lmno"),
		 14 + 40 + 1);
	from_client(&rig, ACK, 10, 1, "jk");
	expect(&rig, "( C\"ab\" C gap 4 C\"ghi\" C\"jk\" C\"l\" C gap 3)");
	expect_odd(&rig, 0, FDAR_ODD_CUT | FDAR_ODD_GAP_CLIENT | FDAR_ODD_REORDERED);
	rig_end(&rig);
}

static void test_out_of_window(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	from_client(&rig, ACK, 1, 1, "abc");
	from_client(&rig, ACK, 0x50000000, 1, "forged");
	from_client(&rig, ACK, 0xb0000000, 1, "forged");
	from_client(&rig, ACK, 4, 1, "def");
	g_assert_cmpstr(rig.log->str, ==, "( C\"abc\" C\"def\"");
	/* The capture stopped for more than a window: many segments in a row say so. */
	for (unsigned i = 0; i < 9; i++)
		from_client(&rig, ACK, 0x50000000 + i, 1, "z");
	expect(&rig, "( C\"abc\" C\"def\" C gap 1342177280 C\"z\" C\"z\")");
	expect_odd(&rig, 0, FDAR_ODD_OUT_OF_WINDOW | FDAR_ODD_GAP_CLIENT);
	rig_end(&rig);
}

/* One byte is missing and everything behind it waits: up to a bound. */
static void test_waiting_bound(void)
{
	struct rig rig;

	rig_begin(&rig);
	handshake(&rig);
	for (unsigned i = 0; i < 1024; i++)
		from_client(&rig, ACK, 2 + i, 1, "w");
	g_assert_cmpstr(rig.log->str, ==, "(");
	from_client(&rig, ACK, 2 + 1024, 1, "w");
	g_assert_true(g_str_has_prefix(rig.log->str, "( C gap 1 C\"w\" C\"w\""));
	fdar_assembler_finish(rig.assembler);
	g_assert_cmpuint(session(&rig, 0)->way[FDAR_FROM_CLIENT].bytes, ==, 1025);
	rig_end(&rig);
}

static void test_udp(void)
{
	struct rig rig;

	rig_begin(&rig);
	/* The answer is seen first: port 53 tells. */
	feed(&rig, udp_frame(SERVER, 53, CLIENT, CPORT, "answer"));
	feed(&rig, udp_frame(CLIENT, CPORT, SERVER, 53, "question"));
	feed(&rig, udp_frame(CLIENT, CPORT, SERVER, 53, ""));
	rig.now_ns += 61 * SECOND;
	feed(&rig, udp_frame(CLIENT, CPORT, SERVER, 53, "later"));
	expect(&rig, "( S\"answer\" C\"question\" C\"\")( C\"later\")");
	expect_life(&rig, 0, "datagram", "idle");
	expect_life(&rig, 1, "datagram", "open");
	g_assert_cmpuint(session(&rig, 0)->server.port, ==, 53);
	/* Silence of a minute is five seconds on the time line. */
	g_assert_cmpuint(session(&rig, 1)->start_ns, ==, 5 * SECOND + 2 * MS);
	rig_end(&rig);
}

/* Parts of a datagram of 8 + 16 bytes of UDP. */
static GByteArray *fragment(GByteArray *whole, unsigned begin, unsigned end, const char *src,
			    const char *dst)
{
	gboolean more = end < whole->len;
	GByteArray *part = g_byte_array_new(), *packet;
	gboolean v6 = strchr(src, ':') != NULL;

	if (v6) {
		put16(part, 17 << 8);
		put16(part, begin | (more ? 1u : 0u));
		put32(part, 77);
	}
	g_byte_array_append(part, whole->data + begin, end - begin);
	packet = ip_part(src, dst, v6 ? 44 : 17, 77, begin / 8 | (more ? 0x2000u : 0), part->data,
			 part->len);
	g_byte_array_unref(part);
	return ether(packet);
}

static void check_fragments(const char *src, const char *dst)
{
	GByteArray *whole = udp(src, CPORT, dst, 53, "0123456789abcdef", 16);
	struct rig rig;

	rig_begin(&rig);
	feed(&rig, fragment(whole, 16, 24, src, dst));
	feed(&rig, fragment(whole, 0, 8, src, dst));
	feed(&rig, fragment(whole, 0, 8, src, dst));
	whole->data[8] = 'X'; /* a second copy of bytes that are there: the first wins */
	feed(&rig, fragment(whole, 16, 24, src, dst));
	whole->data[8] = '0';
	g_assert_cmpstr(rig.log->str, ==, "");
	feed(&rig, fragment(whole, 8, 16, src, dst));
	feed(&rig, fragment(whole, 0, 8, src, dst)); /* of another that never gets whole */
	expect(&rig, "( C\"0123456789abcdef\")");
	expect_odd(&rig, 0, FDAR_ODD_FRAGMENTS);
	g_assert_cmpuint(session(&rig, 0)->way[FDAR_FROM_CLIENT].packets, ==, 5);
	g_assert_cmpuint(fdar_assembler_totals(rig.assembler)->lone_fragments, ==, 1);
	g_assert_cmpuint(fdar_assembler_totals(rig.assembler)->in_sessions, ==, 5);
	g_byte_array_unref(whole);
	rig_end(&rig);
}

static void test_fragments(void)
{
	check_fragments("10.0.0.1", "10.0.0.2");
	check_fragments("2001:db8::1", "2001:db8::2");
}

/* A fragment of a tunnel's packet, which comes in fragments of 16 bytes itself: that many, the last first. */
static unsigned feed_nested(struct rig *rig, GByteArray *whole, unsigned begin, unsigned end)
{
	static unsigned id = 1000;
	GByteArray *inner =
		ip_part(CLIENT, SERVER, 17, 77, begin / 8 | (end < whole->len ? 0x2000u : 0),
			whole->data + begin, end - begin);
	unsigned parts = (inner->len + 15) / 16;

	id++;
	for (unsigned i = parts; i-- > 0;)
		feed(rig,
		     ether(ip_part("172.16.0.1", "172.16.0.2", 4, id,
				   i * 2 | (i + 1 < parts ? 0x2000u : 0),
				   inner->data + (size_t)16 * i, MIN(16u, inner->len - 16 * i))));
	g_byte_array_unref(inner);
	return parts;
}

static void test_nested_fragments(void)
{
	GByteArray *whole = udp(CLIENT, CPORT, SERVER, 53, "0123456789abcdef", 16);
	unsigned parts = 0;
	struct rig rig;

	rig_begin(&rig);
	parts += feed_nested(&rig, whole, 8, 24);
	g_assert_cmpstr(rig.log->str, ==, "");
	parts += feed_nested(&rig, whole, 0, 8);
	expect(&rig, "( C\"0123456789abcdef\")");
	expect_odd(&rig, 0, FDAR_ODD_FRAGMENTS);
	g_assert_cmpuint(session(&rig, 0)->way[FDAR_FROM_CLIENT].packets, ==, parts);
	g_assert_cmpuint(fdar_assembler_totals(rig.assembler)->malformed, ==, 0);
	g_assert_cmpuint(fdar_assembler_totals(rig.assembler)->lone_fragments, ==, 0);
	rig_end(&rig);
	/* One of the inner ones is missing: the packets of the other are alone. */
	rig_begin(&rig);
	parts = feed_nested(&rig, whole, 8, 24);
	expect(&rig, "");
	g_assert_cmpuint(fdar_assembler_totals(rig.assembler)->lone_fragments, ==, parts);
	rig_end(&rig);
	g_byte_array_unref(whole);
}

/* Two networks with the same addresses and numbers (VLANs): their fragments are not mixed. */
static void test_fragments_of_networks(void)
{
	struct rig rig;

	rig_begin(&rig);
	for (unsigned part = 0; part < 2; part++) {
		for (unsigned net = 1; net <= 2; net++) {
			GByteArray *whole =
				udp(CLIENT, CPORT, SERVER, 53,
				    net == 1 ? "one-one-one-one-" : "two-two-two-two-", 16);
			GByteArray *frame =
				fragment(whole, part ? 8 : 0, part ? 24 : 8, CLIENT, SERVER);
			const uint8_t tag[] = { 0x81, 0, 0, (uint8_t)net };

			g_byte_array_append(frame, tag, sizeof(tag));
			memmove(frame->data + 16, frame->data + 12, frame->len - 16);
			memcpy(frame->data + 12, tag, sizeof(tag));
			feed(&rig, frame);
			g_byte_array_unref(whole);
		}
	}
	expect(&rig, "( C\"one-one-one-one-\"( C\"two-two-two-two-\"))");
	rig_end(&rig);
}

/* Fragments that contradict each other, or would make a datagram of more than 64 KiB. */
static void test_wrong_fragments(void)
{
	GByteArray *whole = udp(CLIENT, CPORT, SERVER, 53, "0123456789abcdef", 16);
	static const uint8_t zeros[64];
	struct rig rig;

	rig_begin(&rig);
	feed(&rig, fragment(whole, 16, 24, CLIENT, SERVER));
	feed(&rig,
	     ether(ip_part(CLIENT, SERVER, 17, 77, 0x2000 | 2, zeros, 16))); /* over the end */
	feed(&rig, ether(ip_part(CLIENT, SERVER, 17, 77, 1, zeros, 8)));     /* another end */
	feed(&rig,
	     ether(ip_part(CLIENT, SERVER, 17, 77, 0x2000, zeros, 12))); /* no multiple of 8 */
	feed(&rig, ether(ip_part(CLIENT, SERVER, 17, 78, 0x1fff, zeros, 64))); /* beyond 64 KiB */
	for (unsigned id = 100; id < 500; id++) /* more than are kept */
		feed(&rig, ether(ip_part(CLIENT, SERVER, 17, id, 0x2000, zeros, 64)));
	expect(&rig, "");
	g_assert_cmpuint(fdar_assembler_totals(rig.assembler)->lone_fragments, ==, 405);
	g_assert_cmpuint(fdar_assembler_totals(rig.assembler)->packets, ==, 405);
	g_byte_array_unref(whole);
	rig_end(&rig);
}

static void test_totals(void)
{
	struct rig rig;
	const struct fdar_capture_totals *totals;
	GByteArray *arp = g_byte_array_new();

	rig_begin(&rig);
	put_zeros(arp, 12);
	put32(arp, 0x08060001);
	put_zeros(arp, 30);
	feed(&rig, arp);
	feed(&rig, ether(ip(CLIENT, SERVER, 1, udp(CLIENT, 1, SERVER, 2, "ping", 4))));
	feed_cut(&rig, udp_frame(CLIENT, 1, SERVER, 2, "x"), 14 + 20 + 3);
	feed(&rig, udp_frame(CLIENT, 1, SERVER, 2, "x"));
	expect(&rig, "( C\"x\")");
	totals = fdar_assembler_totals(rig.assembler);
	g_assert_cmpuint(totals->packets, ==, 4);
	g_assert_cmpuint(totals->not_ip, ==, 1);
	g_assert_cmpuint(totals->other_protocol, ==, 1);
	g_assert_cmpuint(totals->malformed, ==, 1);
	g_assert_cmpuint(totals->in_sessions, ==, 1);
	rig_end(&rig);
}

/* For live use: one server, closed and silent sessions are dropped. */
static void test_live(void)
{
	struct fdar_assembler_options options = {
		.eager = TRUE,
		.forget_ns = 2 * SECOND,
		.tcp_idle_ns = 10 * SECOND,
		.server = { .addr = { 10, 0, 0, 2 }, .port = 6000, .family = FDAR_FAMILY_IPV4 },
	};
	struct rig rig;
	uint32_t open;

	rig_begin_with(&rig, &options);
	feed(&rig,
	     tcp_frame(SERVER, 6000, CLIENT, 500, 1, 1, ACK, "banner")); /* not by the ports */
	feed(&rig, tcp_frame(CLIENT, 500, SERVER, 6001, 1, 1, ACK, "not wanted"));
	feed(&rig, tcp_frame(CLIENT, 500, SERVER, 6000, 1, 7, RST, NULL));
	g_assert_cmpuint(fdar_assembler_sessions(rig.assembler, &open), ==, 1);
	g_assert_cmpuint(open, ==, 1);
	fdar_assembler_tick(rig.assembler, rig.now_ns + 3 * SECOND);
	feed(&rig, tcp_frame(CLIENT, 501, SERVER, 6000, 1, 1, ACK, "slow"));
	fdar_assembler_tick(rig.assembler, rig.now_ns + 20 * SECOND);
	fdar_assembler_sessions(rig.assembler, &open);
	g_assert_cmpuint(open, ==, 0);
	expect(&rig, "( S\"banner\" C rst)( C\"slow\")");
	expect_life(&rig, 1, "mid-stream", "idle");
	rig_end(&rig);
}

/* What one side sends, chopped up, doubled and shuffled: the stream comes out as it was. */
static void torture(guint32 seed)
{
	GRand *random = g_rand_new_with_seed(seed);
	struct rig rig;
	char stream[3001];
	const guint size = sizeof(stream) - 1;
	GString *expected = g_string_new(NULL);
	const char *at;

	for (guint i = 0; i < size; i++)
		stream[i] = (char)('a' + g_rand_int_range(random, 0, 26));
	stream[size] = '\0';
	rig_begin(&rig);
	handshake(&rig);
	for (guint sent = 0; sent < size;) {
		guint window = MIN(size - sent, 400);
		guint parts = (guint)g_rand_int_range(random, 1, 12);

		/* Any parts of the window in any order, then the window itself in two. */
		for (guint i = 0; i < parts; i++) {
			guint begin = (guint)g_rand_int_range(random, 0, (gint32)window);
			guint length = (guint)g_rand_int_range(random, 1, 120);
			g_autofree char *part =
				g_strndup(stream + sent + begin, MIN(length, window - begin));

			from_client(&rig, ACK, 1 + sent + begin, 1, part);
		}
		for (guint half = 2; half-- > 0;) {
			guint begin = half * window / 2, end = half ? window : window / 2;
			g_autofree char *part = g_strndup(stream + sent + begin, end - begin);

			from_client(&rig, ACK, 1 + sent + begin, 1, part);
		}
		sent += window;
	}
	fdar_assembler_finish(rig.assembler);
	for (at = rig.log->str; *at; at++)
		if (g_ascii_islower(*at))
			g_string_append_c(expected, *at);
	g_assert_cmpstr(expected->str, ==, stream);
	g_assert_cmpuint(session(&rig, 0)->odd & (FDAR_ODD_DIFFERS | FDAR_ODD_GAP_CLIENT), ==, 0);
	g_string_free(expected, TRUE);
	g_rand_free(random);
	rig_end(&rig);
}

static void test_torture(void)
{
	for (guint32 seed = 0; seed < 200; seed++)
		torture(seed);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {
		{ "plain", test_plain },
		{ "retransmission", test_retransmission },
		{ "keep-alive", test_keep_alive },
		{ "reordered", test_reordered },
		{ "overlap", test_overlap },
		{ "overlap-same", test_overlap_same },
		{ "wrap", test_wrap },
		{ "gap", test_gap },
		{ "gap-filled", test_gap_filled },
		{ "gap-at-end", test_gap_at_end },
		{ "unseen-fin", test_unseen_fin },
		{ "reuse", test_reuse },
		{ "refused", test_refused },
		{ "reset", test_reset },
		{ "half-close", test_half_close },
		{ "after-fin", test_after_fin },
		{ "fast-open", test_fast_open },
		{ "mid-stream", test_mid_stream },
		{ "eager", test_eager },
		{ "late-syn", test_late_syn },
		{ "one-sided", test_one_sided },
		{ "cut", test_cut },
		{ "out-of-window", test_out_of_window },
		{ "waiting-bound", test_waiting_bound },
		{ "udp", test_udp },
		{ "fragments", test_fragments },
		{ "wrong-fragments", test_wrong_fragments },
		{ "nested-fragments", test_nested_fragments },
		{ "fragments-of-networks", test_fragments_of_networks },
		{ "totals", test_totals },
		{ "live", test_live },
		{ "torture", test_torture },
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strconcat("/assembler/", tests[i].name, NULL);

		g_test_add_func(path, tests[i].run);
	}
	return g_test_run();
}
