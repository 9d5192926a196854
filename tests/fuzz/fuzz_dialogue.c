/*
 * Fuzzing what a live server does to the player: answers of any length, at any time, and closing at any
 * point of any script. (What is in answers matters to --rewrite alone: fuzz_edit.)
 *
 * Input: a byte with how many pieces the script has and how it is paced, five bytes a piece, then steps of
 * two bytes: what happens, and how much of it.
 */
#include <string.h>

#include "replay/play/dialogue.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MS     UINT64_C(1000000)
#define PIECES 16
#define ROUNDS 4096

struct stage {
	struct fdar_session session;
	struct fdar_piece pieces[PIECES];
	struct fdar_script script;
	struct fdar_lesson lesson;
	struct fdar_dialogue dialogue;
	struct fdar_pace pace;
	uint64_t now_ns;
};

static void set_script(struct stage *stage, const uint8_t *data, unsigned count)
{
	uint64_t bytes[2] = { 0 }, time_ns = 0;

	for (unsigned i = 0; i < count; i++, data += 5) {
		struct fdar_piece *piece = &stage->pieces[i];

		time_ns += data[1] * MS;
		piece->time_ns = time_ns;
		piece->way = data[0] & 1;
		piece->kind = (data[0] >> 1) % (FDAR_PIECE_TLS + 1);
		piece->length = piece->kind == FDAR_PIECE_DATA ? data[2] * (1u + data[3]) : 0;
		piece->acked = MIN(bytes[!piece->way], bytes[!piece->way] + 16 - data[4]);
		bytes[piece->way] += piece->length;
	}
	stage->script = (struct fdar_script){ .session = &stage->session,
					      .pieces = stage->pieces,
					      .count = count,
					      .hold_ns = time_ns,
					      .complete = TRUE,
					      .lesson = &stage->lesson };
	stage->session.transport = FDAR_TCP;
	stage->session.end_ns = time_ns;
	stage->session.pieces = count;
}

/* What is to be done now; asked twice, it is the same. FALSE: it is over. */
static gboolean step(struct stage *stage)
{
	struct fdar_next_move next = { 0 }, again = { 0 };
	enum fdar_move move =
		fdar_dialogue_next(&stage->dialogue, &stage->pace, stage->now_ns, &next);

	check(fdar_dialogue_next(&stage->dialogue, &stage->pace, stage->now_ns, &again) == move,
	      "asked again, it says the same");
	switch (move) {
	case FDAR_MOVE_SEND:
		check(next.piece >= stage->pieces &&
			      next.piece < stage->pieces + stage->script.count &&
			      next.piece->way == FDAR_FROM_CLIENT,
		      "what is sent is the client's");
		check(next.ready_ns >= next.due_ns, "it is not ready before it is due");
		fdar_dialogue_moved(&stage->dialogue, stage->now_ns);
		return TRUE;
	case FDAR_MOVE_FIN:
	case FDAR_MOVE_TLS:
		fdar_dialogue_moved(&stage->dialogue, stage->now_ns);
		return TRUE;
	case FDAR_MOVE_WAIT:
		check(next.wake_ns > stage->now_ns, "who waits, waits for something to come");
		return TRUE;
	default:
		return FALSE;
	}
}

static void happen(struct stage *stage, uint8_t what, uint8_t much)
{
	if (what % 4 == 0)
		stage->now_ns += much * MS;
	else if (what % 4 == 1)
		fdar_dialogue_heard(&stage->dialogue, (uint64_t)much << what % 32, stage->now_ns);
	else if (what % 4 == 2)
		fdar_dialogue_heard(&stage->dialogue, much, stage->now_ns);
	else if (what > 200)
		fdar_dialogue_closed(&stage->dialogue, stage->now_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stage stage = { .now_ns = 1000 * MS };
	struct fdar_lesson_answer answers[PIECES] = { 0 };
	unsigned count, rounds = 0;
	gboolean least;

	if (size < 1)
		return 0;
	count = (unsigned)MIN(data[0] % (PIECES + 1), (size - 1) / 5);
	stage.lesson = (struct fdar_lesson){ .answers = answers, .count = PIECES };
	set_script(&stage, data + 1, count);
	stage.pace = (struct fdar_pace){ .speed = 1 + data[0] / 64,
					 .asap = data[0] >> 5 & 1,
					 .wait = (enum fdar_pace_wait)(data[0] / 17 % 3),
					 .quiet_ns = 50 * MS,
					 .timeout_ns = 1000 * MS };
	fdar_dialogue_init(&stage.dialogue, &stage.script, stage.now_ns, stage.now_ns);
	for (size_t at = 1 + count * 5; at + 2 <= size; at += 2) {
		happen(&stage, data[at], data[at + 1]);
		if (!step(&stage))
			break;
	}
	/* When nothing comes any more it ends. */
	while (step(&stage)) {
		stage.now_ns += 10000 * MS;
		check(++rounds < ROUNDS, "it comes to an end");
	}
	fdar_dialogue_expected(&stage.dialogue, &least);
	return 0;
}
