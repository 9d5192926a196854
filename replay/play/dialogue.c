#include "replay/play/dialogue.h"

#include <assert.h>
#include <string.h>

/* So many times as long the beginning of the captured answer is waited behind. */
#define BEGINNING_QUIET 100u

void fdar_dialogue_init(struct fdar_dialogue *dialogue, const struct fdar_script *script,
			uint64_t origin_ns, uint64_t now_ns)
{
	memset(dialogue, 0, sizeof(*dialogue));
	dialogue->script = script;
	dialogue->at = script->from;
	dialogue->origin_ns = origin_ns;
	dialogue->active_ns = now_ns;
	dialogue->heard_ns = now_ns;
	dialogue->opens = TRUE;
}

/* What holds between any two calls. Events come from the driver in any order, so nothing is said of
 * times: a clock that both sides read is still two readings. */
static void check(const struct fdar_dialogue *dialogue)
{
	assert(dialogue->at <= dialogue->script->count);
	assert(dialogue->received >= dialogue->mark);
	assert(!dialogue->server_rst || dialogue->server_ends);
	/* Both are at most what the capture has of the server before the piece at hand. */
	assert(dialogue->needed <= dialogue->captured);
	(void)dialogue;
}

/* When a time of the capture is due. Double is exact to the nanosecond for a session of 100 days.
 */
static uint64_t due_at(const struct fdar_dialogue *dialogue, const struct fdar_pace *pace,
		       uint64_t time_ns)
{
	uint64_t offset;

	if (pace->asap || pace->wait == FDAR_PACE_NONE)
		return dialogue->origin_ns;
	offset = time_ns - MIN(time_ns, dialogue->script->session->start_ns);
	return dialogue->origin_ns + (uint64_t)((double)offset / pace->speed);
}

/* Passes over what the server did in the capture, up to the next piece of the client. */
static void pass_server(struct fdar_dialogue *dialogue)
{
	const struct fdar_script *script = dialogue->script;

	for (; dialogue->at < script->count; dialogue->at++) {
		const struct fdar_piece *piece = &script->pieces[dialogue->at];

		if (piece->way == FDAR_FROM_CLIENT)
			return;
		if (piece->kind == FDAR_PIECE_FIN || piece->kind == FDAR_PIECE_RST) {
			dialogue->server_ends = TRUE;
			dialogue->server_rst |= piece->kind == FDAR_PIECE_RST;
		} else {
			uint64_t pause = piece->time_ns - MIN(piece->time_ns, dialogue->answer_ns);

			if (!dialogue->in_answer)
				dialogue->pause_ns = 0;
			else
				dialogue->pause_ns = MAX(dialogue->pause_ns, pause);
			dialogue->in_answer = TRUE;
			dialogue->opens = TRUE;
			dialogue->captured += piece->length;
		}
		dialogue->answer_ns = piece->time_ns;
	}
}

/* How many bytes of the server the client had when it sent the piece. */
static uint64_t need_of(const struct fdar_dialogue *dialogue, const struct fdar_piece *piece)
{
	const struct fdar_session *session = dialogue->script->session;
	uint64_t skipped;

	if (session->transport != FDAR_TCP || session->began == FDAR_BEGAN_MID_STREAM)
		return dialogue->captured;
	/* What is acknowledged but not in the capture cannot be waited for. */
	skipped = MIN(piece->acked, dialogue->captured);
	return MAX(skipped, dialogue->needed);
}

/* How many bytes must have come in this run for need bytes of the captured one. */
static uint64_t shifted(const struct fdar_dialogue *dialogue, uint64_t need)
{
	if (dialogue->shift < 0)
		return need - MIN(need, (uint64_t)-dialogue->shift);
	return need + (uint64_t)dialogue->shift;
}

static uint64_t quiet_at(const struct fdar_dialogue *dialogue, const struct fdar_pace *pace)
{
	uint64_t quiet = pace->quiet_ns;

	if (dialogue->as_captured && pace->wait != FDAR_PACE_STEP)
		quiet = MAX(quiet, MIN(quiet * BEGINNING_QUIET, pace->timeout_ns));
	/* Of an answer that began before the message was out: from when that left, too. */
	return dialogue->active_ns + MAX(quiet, 2 * dialogue->pause_ns);
}

static enum fdar_move wait_until(struct fdar_next_move *next, uint64_t wake_ns)
{
	next->wake_ns = wake_ns;
	return FDAR_MOVE_WAIT;
}

/* Waits for what the capture has: until the time-out, counted from when it was due or from when
 * something last happened. */
static enum fdar_move expect(const struct fdar_dialogue *dialogue, const struct fdar_pace *pace,
			     uint64_t time_ns, uint64_t now_ns, const char *missing,
			     struct fdar_next_move *next)
{
	uint64_t due = due_at(dialogue, pace, time_ns);
	uint64_t deadline = MAX(due, dialogue->active_ns) + pace->timeout_ns;

	next->missing = missing;
	return now_ns < deadline ? wait_until(next, deadline) : FDAR_MOVE_TIMEOUT;
}

/* Is what came since the last message as long as its answer was in other plays? */
static gboolean knows_answer(const struct fdar_dialogue *dialogue)
{
	const struct fdar_lesson *lesson = dialogue->script->lesson;
	uint64_t length = dialogue->received - dialogue->mark;

	return lesson && dialogue->message < lesson->count &&
	       lesson->answers[dialogue->message].times > 1 &&
	       lesson->answers[dialogue->message].length == length;
}

/* An answer has gone quiet. */
static void learn_answer(const struct fdar_dialogue *dialogue)
{
	struct fdar_lesson *lesson = dialogue->script->lesson;
	uint64_t length = dialogue->received - dialogue->mark;
	struct fdar_lesson_answer *answer;

	if (!lesson || dialogue->message >= FDAR_LESSON_ANSWERS || length > UINT32_MAX)
		return;
	if (dialogue->message >= lesson->count) {
		uint32_t count = MAX(dialogue->message + 1, 2 * lesson->count);

		lesson->answers = g_renew(struct fdar_lesson_answer, lesson->answers, count);
		memset(lesson->answers + lesson->count, 0,
		       (count - lesson->count) * sizeof(*lesson->answers));
		lesson->count = count;
	}
	answer = &lesson->answers[dialogue->message];
	answer->times = answer->length == length ? answer->times + 1 : 1;
	answer->length = (uint32_t)length;
}

/* Has the answer to the messages so far come? FDAR_MOVE_DONE when it has, and *ready since when. */
static enum fdar_move answer(struct fdar_dialogue *dialogue, const struct fdar_pace *pace,
			     uint64_t need, uint64_t time_ns, uint64_t now_ns, uint64_t *ready,
			     struct fdar_next_move *next)
{
	uint64_t quiet;

	*ready = dialogue->heard_ns;
	dialogue->quiet_ns = 0;
	if (dialogue->received >= shifted(dialogue, need) || dialogue->peer_closed)
		return FDAR_MOVE_DONE;
	if (dialogue->received == dialogue->mark)
		return expect(dialogue, pace, time_ns, now_ns, "no answer came", next);
	quiet = quiet_at(dialogue, pace);
	if (now_ns < quiet)
		return knows_answer(dialogue) ? FDAR_MOVE_DONE : wait_until(next, quiet);
	*ready = quiet;
	dialogue->quiet_ns = quiet;
	return FDAR_MOVE_DONE;
}

/* Keeps the account of what we are late by waiting for quiet, for a piece that may go now. */
static void excuse(struct fdar_dialogue *dialogue, uint64_t due, uint64_t now_ns)
{
	uint64_t base = MAX(dialogue->heard_ns, due + dialogue->excuse_ns);

	if (dialogue->quiet_ns > base)
		dialogue->excuse_ns += dialogue->quiet_ns - base;
	dialogue->excuse_ns = MIN(dialogue->excuse_ns, now_ns - MIN(due, now_ns));
}

/* A FIN or RST at once would cut off the answers that there would be to measure; so would an RST at
 * its captured time, where the server is later than it was then. A FIN leaves the other way open. */
static gboolean waits_for_answer(const struct fdar_pace *pace, const struct fdar_piece *piece)
{
	if (piece->kind == FDAR_PIECE_TLS)
		return TRUE;
	switch (pace->wait) {
	case FDAR_PACE_NONE:
		return piece->kind != FDAR_PIECE_DATA;
	case FDAR_PACE_TIME:
		return piece->kind == FDAR_PIECE_RST;
	case FDAR_PACE_STEP:
		return FALSE;
	default:
		return TRUE;
	}
}

/* The client's next piece. */
static enum fdar_move next_piece(struct fdar_dialogue *dialogue, const struct fdar_pace *pace,
				 const struct fdar_piece *piece, uint64_t now_ns,
				 struct fdar_next_move *next)
{
	uint64_t ready = dialogue->origin_ns;
	uint64_t due = due_at(dialogue, pace, piece->time_ns);
	gboolean ends = piece->kind == FDAR_PIECE_FIN || piece->kind == FDAR_PIECE_RST;

	dialogue->gated = pace->wait == FDAR_PACE_STEP;
	if (piece->kind == FDAR_PIECE_GAP)
		return FDAR_MOVE_LOST;
	if (waits_for_answer(pace, piece)) {
		enum fdar_move move = answer(dialogue, pace, need_of(dialogue, piece),
					     piece->time_ns, now_ns, &ready, next);

		if (move != FDAR_MOVE_DONE)
			return move;
		dialogue->gated = TRUE;
		if (ends && dialogue->server_ends && !dialogue->peer_closed)
			return expect(dialogue, pace, piece->time_ns, now_ns,
				      "the server did not close as captured", next);
	}
	if (now_ns < due)
		return wait_until(next, due);
	excuse(dialogue, due, now_ns);
	next->piece = piece;
	next->due_ns = pace->asap ? ready : due + dialogue->excuse_ns;
	next->ready_ns = MAX(MAX(ready, due), next->due_ns);
	next->opens = dialogue->opens;
	if (!ends)
		return piece->kind == FDAR_PIECE_TLS ? FDAR_MOVE_TLS : FDAR_MOVE_SEND;
	dialogue->needed = need_of(dialogue, piece);
	return piece->kind == FDAR_PIECE_FIN ? FDAR_MOVE_FIN : FDAR_MOVE_RST;
}

/* All pieces of the client are out. */
static enum fdar_move finish(struct fdar_dialogue *dialogue, const struct fdar_pace *pace,
			     uint64_t now_ns, struct fdar_next_move *next)
{
	uint64_t ready;
	uint64_t hold;
	enum fdar_move move;

	if (dialogue->peer_closed || pace->wait == FDAR_PACE_STEP)
		return FDAR_MOVE_DONE;
	if (dialogue->server_ends)
		return expect(dialogue, pace, dialogue->answer_ns, now_ns,
			      "the server did not close as captured", next);
	move = answer(dialogue, pace, dialogue->captured, dialogue->answer_ns, now_ns, &ready,
		      next);
	if (move != FDAR_MOVE_DONE)
		return move;
	hold = due_at(dialogue, pace, dialogue->script->hold_ns);
	return now_ns < hold ? wait_until(next, hold) : FDAR_MOVE_DONE;
}

enum fdar_move fdar_dialogue_answered(struct fdar_dialogue *dialogue, const struct fdar_pace *pace,
				      uint64_t now_ns, struct fdar_next_move *next)
{
	const struct fdar_script *script = dialogue->script;
	uint64_t need;
	uint64_t ready;

	check(dialogue);
	memset(next, 0, sizeof(*next));
	pass_server(dialogue);
	need = dialogue->at < script->count && !dialogue->server_rst
		       ? need_of(dialogue, &script->pieces[dialogue->at])
		       : dialogue->captured;
	return answer(dialogue, pace, need, dialogue->answer_ns, now_ns, &ready, next);
}

enum fdar_move fdar_dialogue_next(struct fdar_dialogue *dialogue, const struct fdar_pace *pace,
				  uint64_t now_ns, struct fdar_next_move *next)
{
	const struct fdar_script *script = dialogue->script;

	check(dialogue);
	memset(next, 0, sizeof(*next));
	pass_server(dialogue);
	/* What the client sent while the server's reset was on its way met nobody. */
	if (dialogue->server_rst)
		return finish(dialogue, pace, now_ns, next);
	if (dialogue->at < script->count)
		return next_piece(dialogue, pace, &script->pieces[dialogue->at], now_ns, next);
	if (!script->complete)
		return wait_until(next, UINT64_MAX);
	return finish(dialogue, pace, now_ns, next);
}

void fdar_dialogue_moved(struct fdar_dialogue *dialogue, uint64_t now_ns)
{
	/* Only what fdar_dialogue_next asked to be sent can have left. */
	assert(dialogue->at < dialogue->script->count);
	assert(dialogue->script->pieces[dialogue->at].way == FDAR_FROM_CLIENT);
	const struct fdar_piece *piece = &dialogue->script->pieces[dialogue->at++];
	uint64_t need = need_of(dialogue, piece);

	dialogue->active_ns = now_ns;
	/* When the client had all that the server had said, the two runs are level here, however
	 * many bytes this one took for it. Where it said nothing since the last piece, what is
	 * there too soon is of the answer that comes behind: no longer one. */
	if (dialogue->gated && ((dialogue->in_answer && need == dialogue->captured) ||
				dialogue->received < shifted(dialogue, need)))
		dialogue->shift = (int64_t)dialogue->received - (int64_t)need;
	dialogue->needed = need;
	if (dialogue->quiet_ns)
		learn_answer(dialogue);
	dialogue->quiet_ns = 0;
	if (piece->kind == FDAR_PIECE_FIN) {
		dialogue->fin_sent = TRUE;
		return;
	}
	if (piece->kind == FDAR_PIECE_TLS)
		return; /* the message is the one behind it */
	if (dialogue->opens)
		dialogue->message++;
	if (dialogue->in_answer)
		dialogue->mark = dialogue->received;
	dialogue->in_answer = FALSE;
	dialogue->opens = FALSE;
}

void fdar_dialogue_heard(struct fdar_dialogue *dialogue, uint64_t bytes, uint64_t now_ns)
{
	dialogue->received += bytes;
	dialogue->heard_ns = now_ns;
	dialogue->active_ns = now_ns;
}

void fdar_dialogue_closed(struct fdar_dialogue *dialogue, uint64_t now_ns)
{
	dialogue->peer_closed = TRUE;
	dialogue->active_ns = now_ns;
	dialogue->heard_ns = now_ns;
}

uint64_t fdar_dialogue_expected(const struct fdar_dialogue *dialogue, gboolean *least)
{
	const struct fdar_session *session = dialogue->script->session;
	gboolean client_left =
		session->ended == FDAR_ENDED_RST && session->ended_by == FDAR_FROM_CLIENT;

	*least = client_left || session->ended == FDAR_ENDED_OPEN ||
		 session->ended == FDAR_ENDED_REUSED ||
		 (session->ended == FDAR_ENDED_HALF && session->ended_by == FDAR_FROM_CLIENT);
	return client_left ? dialogue->needed : dialogue->captured;
}
