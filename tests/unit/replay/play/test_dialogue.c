/* The rules of playing: what leaves when, for dialogues made by hand. Times are milliseconds. */
#include <glib.h>
#include <string.h>

#include "replay/play/dialogue.h"

#define MS      ((uint64_t)1000000)
#define ORIGIN  (1000 * MS)
#define QUIET   (50 * MS)
#define TIMEOUT (1000 * MS)

enum { C = FDAR_FROM_CLIENT, S = FDAR_FROM_SERVER };

struct stage {
	struct fdar_session session;
	struct fdar_piece pieces[16];
	struct fdar_script script;
	struct fdar_lesson lesson;
	struct fdar_dialogue dialogue;
	struct fdar_pace pace;
	struct fdar_next_move next;
	uint64_t bytes[2];
};

static void begin(struct stage *stage)
{
	memset(stage, 0, sizeof(*stage));
	stage->session.transport = FDAR_TCP;
	stage->session.began = FDAR_BEGAN_HANDSHAKE;
	stage->session.ended = FDAR_ENDED_FIN;
	stage->script.session = &stage->session;
	stage->script.pieces = stage->pieces;
	stage->script.complete = TRUE;
	stage->pace.speed = 1;
	stage->pace.quiet_ns = QUIET;
	stage->pace.timeout_ns = TIMEOUT;
}

/* Adds a piece; its sender has acknowledged all that came before it in the capture. */
static void add(struct stage *stage, uint64_t ms, int way, enum fdar_piece_kind kind,
		uint32_t length)
{
	struct fdar_piece *piece = &stage->pieces[stage->script.count++];

	piece->time_ns = ms * MS;
	piece->way = (uint8_t)way;
	piece->kind = (uint8_t)kind;
	piece->length = length;
	piece->acked = stage->bytes[!way];
	stage->bytes[way] += length;
	stage->session.end_ns = ms * MS;
	stage->script.hold_ns = ms * MS;
}

static void data(struct stage *stage, uint64_t ms, int way, uint32_t length)
{
	add(stage, ms, way, FDAR_PIECE_DATA, length);
}

static void play(struct stage *stage)
{
	fdar_dialogue_init(&stage->dialogue, &stage->script, ORIGIN, ORIGIN);
}

static enum fdar_move at(struct stage *stage, uint64_t ms)
{
	return fdar_dialogue_next(&stage->dialogue, &stage->pace, ORIGIN + ms * MS, &stage->next);
}

static void moved(struct stage *stage, uint64_t ms)
{
	fdar_dialogue_moved(&stage->dialogue, ORIGIN + ms * MS);
}

static void heard(struct stage *stage, uint64_t ms, uint64_t bytes)
{
	fdar_dialogue_heard(&stage->dialogue, bytes, ORIGIN + ms * MS);
}

static void expect_wait(struct stage *stage, uint64_t ms, uint64_t until_ms)
{
	g_assert_cmpint(at(stage, ms), ==, FDAR_MOVE_WAIT);
	g_assert_cmpuint(stage->next.wake_ns, ==, ORIGIN + until_ms * MS);
}

static void expect_send(struct stage *stage, uint64_t ms, uint32_t length, uint64_t due_ms)
{
	g_assert_cmpint(at(stage, ms), ==, FDAR_MOVE_SEND);
	g_assert_cmpuint(stage->next.piece->length, ==, length);
	g_assert_cmpuint(stage->next.due_ns, ==, ORIGIN + due_ms * MS);
	moved(stage, ms);
}

/* Request at 0, answer of 100 bytes, request at 20, answer of 10, client closes, server closes. */
static void two_exchanges(struct stage *stage)
{
	begin(stage);
	data(stage, 0, C, 5);
	data(stage, 10, S, 60);
	data(stage, 12, S, 40);
	data(stage, 20, C, 6);
	data(stage, 30, S, 10);
	add(stage, 40, C, FDAR_PIECE_FIN, 0);
	add(stage, 41, S, FDAR_PIECE_FIN, 0);
	play(stage);
}

static void test_answers(void)
{
	struct stage stage;
	gboolean least;

	two_exchanges(&stage);
	expect_send(&stage, 0, 5, 0);
	g_assert_true(stage.next.opens);
	expect_wait(&stage, 1, 20 + 1000); /* due at 20, and then the time-out */
	heard(&stage, 2, 60);
	expect_wait(&stage, 2, 52); /* begun: it may go quiet */
	heard(&stage, 3, 40);
	expect_wait(&stage, 3, 20); /* all is there: its time */
	expect_send(&stage, 20, 6, 20);
	g_assert_true(stage.next.opens);
	heard(&stage, 22, 10);
	expect_wait(&stage, 22, 40);
	g_assert_cmpint(at(&stage, 40), ==, FDAR_MOVE_FIN);
	moved(&stage, 40);
	expect_wait(&stage, 40, 41 + 1000);
	fdar_dialogue_closed(&stage.dialogue, ORIGIN + 45 * MS);
	g_assert_cmpint(at(&stage, 45), ==, FDAR_MOVE_DONE);
	g_assert_cmpuint(fdar_dialogue_expected(&stage.dialogue, &least), ==, 110);
	g_assert_false(least);
}

/* The answer comes late: the next request leaves at once, and its latency counts from its time. */
static void test_late_answer(void)
{
	struct stage stage;

	two_exchanges(&stage);
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 300, 100);
	expect_send(&stage, 300, 6, 20);
	g_assert_cmpuint(stage.next.ready_ns, ==, ORIGIN + 300 * MS);
}

/* A shorter answer is over when it is quiet; waiting for that is not the server's time. */
static void test_shorter_answer(void)
{
	struct stage stage;

	two_exchanges(&stage);
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 5, 90);
	expect_wait(&stage, 5, 55);
	expect_send(&stage, 55, 6, 55);
	/* Ten bytes more are enough now, though 110 were captured. */
	heard(&stage, 60, 10);
	g_assert_cmpint(at(&stage, 60), ==, FDAR_MOVE_FIN);
}

/* What is the beginning of the captured answer, byte for byte, is not all of it: the rest is waited
 * for, as long as nobody says otherwise. */
static void test_beginning(void)
{
	struct stage stage;

	two_exchanges(&stage);
	expect_send(&stage, 0, 5, 0);
	stage.dialogue.as_captured = TRUE;
	heard(&stage, 5, 25);
	expect_wait(&stage, 400, 1005);
	heard(&stage, 900, 75);
	expect_send(&stage, 900, 6, 20);
	g_assert_cmpuint(stage.next.ready_ns, ==, ORIGIN + 900 * MS);
	/* It never comes: the time-out bounds that, and it is taken for a shorter one. */
	heard(&stage, 910, 5);
	expect_wait(&stage, 910, 1910);
	g_assert_cmpint(at(&stage, 1910), ==, FDAR_MOVE_FIN);
}

/* Twice as long as the longest pause within the captured answer. */
static void test_captured_pause(void)
{
	struct stage stage;

	begin(&stage);
	data(&stage, 0, C, 5);
	data(&stage, 10, S, 60);
	data(&stage, 410, S, 40);
	data(&stage, 420, C, 6);
	play(&stage);
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 5, 60);
	expect_wait(&stage, 5, 805);
}

/* A longer answer does not let the request after the next one go early. */
static void test_longer_answer(void)
{
	struct stage stage;

	begin(&stage);
	data(&stage, 0, C, 5);
	data(&stage, 1, S, 10);
	data(&stage, 2, C, 6);
	data(&stage, 3, S, 10);
	data(&stage, 4, C, 7);
	play(&stage);
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 2, 25);
	expect_send(&stage, 2, 6, 2);
	expect_wait(&stage, 4, 1004);
	heard(&stage, 5, 10);
	expect_send(&stage, 5, 7, 4);
}

/* A request in two pieces, its answer of 100 bytes, another request and its answer. */
static void two_pieces(struct stage *stage)
{
	begin(stage);
	data(stage, 0, C, 5);
	data(stage, 10, C, 5);
	data(stage, 12, S, 100);
	data(stage, 20, C, 6);
	data(stage, 22, S, 30);
	play(stage);
}

/* An answer before its request was out is that answer: no more is waited for. */
static void test_early_answer(void)
{
	struct stage stage;

	two_pieces(&stage);
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 1, 100);
	expect_send(&stage, 10, 5, 10);
	expect_send(&stage, 20, 6, 20);
	expect_wait(&stage, 21, 1022);
	heard(&stage, 23, 30);
	g_assert_cmpint(at(&stage, 23), ==, FDAR_MOVE_DONE);
}

/* Early, and shorter: it is over when nothing comes for a while after the request was out. */
static void test_early_shorter_answer(void)
{
	struct stage stage;

	two_pieces(&stage);
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 1, 80);
	expect_send(&stage, 10, 5, 10);
	expect_wait(&stage, 11, 60);
	expect_send(&stage, 60, 6, 60);
	expect_wait(&stage, 61, 1060);
	heard(&stage, 63, 30);
	g_assert_cmpint(at(&stage, 63), ==, FDAR_MOVE_DONE);
}

/* A part of it early: the rest is waited for. */
static void test_early_part(void)
{
	struct stage stage;

	two_pieces(&stage);
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 1, 25);
	expect_send(&stage, 10, 5, 10);
	heard(&stage, 40, 75);
	expect_send(&stage, 40, 6, 20);
	expect_wait(&stage, 41, 1040);
}

/* Both greet at once, and this time the server was faster. */
static void test_early_greeting(void)
{
	struct stage stage;

	begin(&stage);
	data(&stage, 1, C, 21);
	data(&stage, 2, S, 20);
	data(&stage, 3, C, 6);
	data(&stage, 4, S, 9);
	play(&stage);
	heard(&stage, 0, 20);
	expect_send(&stage, 1, 21, 1);
	expect_send(&stage, 3, 6, 3);
	expect_wait(&stage, 4, 1004);
	heard(&stage, 5, 9);
	g_assert_cmpint(at(&stage, 5), ==, FDAR_MOVE_DONE);
}

/* What two plays have seen the third does not wait for. */
static void test_lesson(void)
{
	struct stage stage;

	two_exchanges(&stage);
	stage.script.lesson = &stage.lesson;
	for (unsigned round = 0; round < 2; round++) {
		play(&stage);
		expect_send(&stage, 0, 5, 0);
		heard(&stage, 5, 90);
		expect_wait(&stage, 20, 55);
		expect_send(&stage, 55, 6, 55);
	}
	play(&stage);
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 5, 80); /* not yet the 90 */
	expect_wait(&stage, 20, 55);
	heard(&stage, 30, 10);
	expect_send(&stage, 30, 6, 20);
	g_free(stage.lesson.answers);
}

static void test_no_answer(void)
{
	struct stage stage;

	two_exchanges(&stage);
	expect_send(&stage, 0, 5, 0);
	expect_wait(&stage, 1019, 1020);
	g_assert_cmpint(at(&stage, 1020), ==, FDAR_MOVE_TIMEOUT);
	g_assert_cmpstr(stage.next.missing, ==, "no answer came");
}

static void test_not_closed(void)
{
	struct stage stage;

	two_exchanges(&stage);
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 1, 100);
	expect_send(&stage, 20, 6, 20);
	heard(&stage, 21, 10);
	g_assert_cmpint(at(&stage, 40), ==, FDAR_MOVE_FIN);
	moved(&stage, 40);
	g_assert_cmpint(at(&stage, 1041), ==, FDAR_MOVE_TIMEOUT);
	g_assert_cmpstr(stage.next.missing, ==, "the server did not close as captured");
}

static void test_open_loop(void)
{
	struct stage stage;

	two_exchanges(&stage);
	stage.pace.wait = FDAR_PACE_TIME;
	expect_send(&stage, 0, 5, 0);
	expect_wait(&stage, 0, 20);
	expect_send(&stage, 20, 6, 20);
	expect_wait(&stage, 20, 40);
	g_assert_cmpint(at(&stage, 40), ==, FDAR_MOVE_FIN);
	moved(&stage, 40);
	heard(&stage, 100, 110);
	expect_wait(&stage, 100, 1100);
	fdar_dialogue_closed(&stage.dialogue, ORIGIN + 101 * MS);
	g_assert_cmpint(at(&stage, 101), ==, FDAR_MOVE_DONE);
}

/* Everything at once, but the end waits for all the answers. */
static void test_wait_none(void)
{
	struct stage stage;

	two_exchanges(&stage);
	stage.pace.wait = FDAR_PACE_NONE;
	expect_send(&stage, 0, 5, 0);
	expect_send(&stage, 0, 6, 0);
	heard(&stage, 1, 100);
	expect_wait(&stage, 1, 51);
	heard(&stage, 2, 10);
	g_assert_cmpint(at(&stage, 2), ==, FDAR_MOVE_FIN);
}

static void test_asap(void)
{
	struct stage stage;

	two_exchanges(&stage);
	stage.pace.asap = TRUE;
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 1, 100);
	expect_send(&stage, 1, 6, 1);
	heard(&stage, 2, 10);
	g_assert_cmpint(at(&stage, 2), ==, FDAR_MOVE_FIN);
}

static void test_speed(void)
{
	struct stage stage;

	two_exchanges(&stage);
	stage.pace.speed = 10;
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 1, 100);
	expect_wait(&stage, 1, 2);
	expect_send(&stage, 2, 6, 2);
}

/* A slow-loris: pieces without answers between them leave at their times, each for itself. */
static void test_slow_loris(void)
{
	struct stage stage;

	begin(&stage);
	stage.session.ended = FDAR_ENDED_OPEN;
	for (unsigned i = 0; i < 5; i++)
		data(&stage, i * 10000, C, 7);
	stage.script.hold_ns = 55000 * MS; /* the capture's end */
	play(&stage);
	for (unsigned i = 0; i < 5; i++) {
		if (i)
			expect_wait(&stage, i * 10000 - 1, i * 10000);
		expect_send(&stage, i * 10000, 7, i * 10000);
		g_assert_cmpint(stage.next.opens, ==, i == 0);
	}
	expect_wait(&stage, 40000, 55000);
	g_assert_cmpint(at(&stage, 55000), ==, FDAR_MOVE_DONE);
}

static void test_server_first(void)
{
	struct stage stage;

	begin(&stage);
	data(&stage, 5, S, 20);
	data(&stage, 6, C, 4);
	play(&stage);
	expect_wait(&stage, 6, 1006);
	heard(&stage, 500, 20);
	expect_send(&stage, 500, 4, 6);
}

/* The peer has closed: there is nothing to wait for. */
static void test_closed_early(void)
{
	struct stage stage;

	two_exchanges(&stage);
	expect_send(&stage, 0, 5, 0);
	fdar_dialogue_closed(&stage.dialogue, ORIGIN + 3 * MS);
	expect_send(&stage, 20, 6, 20);
}

static void test_reset_by_client(void)
{
	struct stage stage;
	gboolean least;

	begin(&stage);
	stage.session.ended = FDAR_ENDED_RST;
	stage.session.ended_by = FDAR_FROM_CLIENT;
	data(&stage, 0, C, 5);
	data(&stage, 1, S, 10);
	add(&stage, 2, C, FDAR_PIECE_RST, 0);
	data(&stage, 3, S, 1000); /* was on its way */
	play(&stage);
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 1, 10);
	g_assert_cmpint(at(&stage, 2), ==, FDAR_MOVE_RST);
	g_assert_true(fdar_dialogue_expected(&stage.dialogue, &least) <= 10);
	g_assert_true(least);
}

/* In an open loop, too, the reset waits for what the client had when it sent it. */
static void test_reset_in_open_loop(void)
{
	struct stage stage;

	begin(&stage);
	stage.session.ended = FDAR_ENDED_RST;
	stage.session.ended_by = FDAR_FROM_CLIENT;
	stage.pace.wait = FDAR_PACE_TIME;
	data(&stage, 0, C, 5);
	data(&stage, 1, S, 10);
	add(&stage, 2, C, FDAR_PIECE_RST, 0);
	play(&stage);
	expect_send(&stage, 0, 5, 0);
	expect_wait(&stage, 2, 1002);
	heard(&stage, 3, 10);
	g_assert_cmpint(at(&stage, 3), ==, FDAR_MOVE_RST);
}

/* What the client sent after the server's reset is not sent. */
static void test_reset_by_server(void)
{
	struct stage stage;

	begin(&stage);
	stage.session.ended = FDAR_ENDED_RST;
	stage.session.ended_by = FDAR_FROM_SERVER;
	data(&stage, 0, C, 5);
	add(&stage, 1, S, FDAR_PIECE_RST, 0);
	data(&stage, 2, C, 6);
	play(&stage);
	expect_send(&stage, 0, 5, 0);
	expect_wait(&stage, 3, 1001);
	fdar_dialogue_closed(&stage.dialogue, ORIGIN + 4 * MS);
	g_assert_cmpint(at(&stage, 4), ==, FDAR_MOVE_DONE);
}

/* The client closed after the server did: so it does now. */
static void test_server_closes_first(void)
{
	struct stage stage;

	begin(&stage);
	data(&stage, 0, C, 5);
	data(&stage, 1, S, 10);
	add(&stage, 2, S, FDAR_PIECE_FIN, 0);
	add(&stage, 3, C, FDAR_PIECE_FIN, 0);
	play(&stage);
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 1, 10);
	expect_wait(&stage, 5, 1003);
	fdar_dialogue_closed(&stage.dialogue, ORIGIN + 6 * MS);
	g_assert_cmpint(at(&stage, 6), ==, FDAR_MOVE_FIN);
	moved(&stage, 6);
	g_assert_cmpint(at(&stage, 6), ==, FDAR_MOVE_DONE);
}

/* UDP: nothing is acknowledged; the capture's order says what an answer is. */
static void test_datagrams(void)
{
	struct stage stage;

	begin(&stage);
	stage.session.transport = FDAR_UDP;
	stage.session.began = FDAR_BEGAN_DATAGRAM;
	stage.session.ended = FDAR_ENDED_IDLE;
	data(&stage, 0, C, 30);
	data(&stage, 1, S, 90);
	data(&stage, 2, C, 31);
	data(&stage, 3, S, 91);
	for (size_t i = 0; i < 4; i++)
		stage.pieces[i].acked = 0;
	play(&stage);
	expect_send(&stage, 0, 30, 0);
	expect_wait(&stage, 2, 1002);
	heard(&stage, 4, 90);
	expect_send(&stage, 4, 31, 2);
	heard(&stage, 5, 91);
	g_assert_cmpint(at(&stage, 5), ==, FDAR_MOVE_DONE);
}

/* A client that sent on while an answer was still coming did not wait for the rest of it. */
static void test_pipelined(void)
{
	struct stage stage;

	begin(&stage);
	data(&stage, 0, C, 5);
	data(&stage, 1, S, 10);
	data(&stage, 2, S, 90);
	data(&stage, 3, C, 6);
	stage.pieces[3].acked = 10;
	play(&stage);
	expect_send(&stage, 0, 5, 0);
	heard(&stage, 1, 10);
	expect_send(&stage, 3, 6, 3);
}

/* A live session waits for more of itself, however long. */
static void test_live(void)
{
	struct stage stage;

	begin(&stage);
	stage.script.complete = FALSE;
	stage.pace.asap = TRUE;
	data(&stage, 0, C, 5);
	play(&stage);
	expect_send(&stage, 0, 5, 0);
	g_assert_cmpint(at(&stage, 100000), ==, FDAR_MOVE_WAIT);
	g_assert_cmpuint(stage.next.wake_ns, ==, UINT64_MAX);
	data(&stage, 5, C, 6);
	expect_send(&stage, 100001, 6, 0);
	add(&stage, 6, C, FDAR_PIECE_GAP, 10);
	g_assert_cmpint(at(&stage, 100002), ==, FDAR_MOVE_LOST);
}

/* Turning to TLS waits for the server's consent, whatever the pace; what comes behind is a message of its own. */
static void test_turn(void)
{
	static const enum fdar_pace_wait waits[] = { FDAR_PACE_ANSWER, FDAR_PACE_TIME,
						     FDAR_PACE_NONE };

	for (size_t i = 0; i < G_N_ELEMENTS(waits); i++) {
		struct stage stage;

		begin(&stage);
		stage.pace.wait = waits[i];
		stage.pace.asap = waits[i] == FDAR_PACE_NONE;
		data(&stage, 0, C, 10); /* STARTTLS */
		data(&stage, 5, S, 8);
		add(&stage, 6, C, FDAR_PIECE_TLS, 0);
		data(&stage, 7, C, 20);
		data(&stage, 8, S, 30);
		add(&stage, 9, C, FDAR_PIECE_FIN, 0);
		play(&stage);
		g_assert_cmpint(at(&stage, 0), ==, FDAR_MOVE_SEND);
		moved(&stage, 0);
		g_assert_cmpint(at(&stage, 20), ==, FDAR_MOVE_WAIT);
		heard(&stage, 21, 8);
		g_assert_cmpint(at(&stage, 21), ==, FDAR_MOVE_TLS);
		moved(&stage, 21);
		g_assert_cmpint(at(&stage, 25), ==, FDAR_MOVE_SEND);
		g_assert_true(stage.next.opens);
		g_assert_cmpuint(stage.next.piece->length, ==, 20);
		moved(&stage, 25);
		heard(&stage, 30, 30);
		g_assert_cmpint(at(&stage, 30), ==, FDAR_MOVE_FIN);
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "answers", test_answers },
	{ "turn", test_turn },
	{ "late-answer", test_late_answer },
	{ "shorter-answer", test_shorter_answer },
	{ "captured-pause", test_captured_pause },
	{ "longer-answer", test_longer_answer },
	{ "early-answer", test_early_answer },
	{ "early-shorter-answer", test_early_shorter_answer },
	{ "early-part", test_early_part },
	{ "early-greeting", test_early_greeting },
	{ "beginning", test_beginning },
	{ "lesson", test_lesson },
	{ "no-answer", test_no_answer },
	{ "not-closed", test_not_closed },
	{ "open-loop", test_open_loop },
	{ "reset-in-open-loop", test_reset_in_open_loop },
	{ "wait-none", test_wait_none },
	{ "asap", test_asap },
	{ "speed", test_speed },
	{ "slow-loris", test_slow_loris },
	{ "server-first", test_server_first },
	{ "closed-early", test_closed_early },
	{ "reset-by-client", test_reset_by_client },
	{ "reset-by-server", test_reset_by_server },
	{ "server-closes-first", test_server_closes_first },
	{ "datagrams", test_datagrams },
	{ "pipelined", test_pipelined },
	{ "live", test_live },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strdup_printf("/dialogue/%s", tests[i].name);

		g_test_add_func(path, tests[i].run);
	}
	return g_test_run();
}
