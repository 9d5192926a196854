#include "replay/play/ledger.h"

#include <string.h>

static struct fdar_tally *tally_of(const struct fdar_stage *stage, const struct fdar_play *play)
{
	return &stage->tallies[play->start.input];
}

void fdar_ledger_lag(struct fdar_stage *stage, struct fdar_play *play, uint64_t now_ns,
		     uint64_t ready_ns)
{
	uint64_t lag = now_ns - MIN(now_ns, ready_ns);

	stage->totals.sends++;
	if (stage->options.pace.asap)
		return;
	fdar_latency_add(&stage->totals.lag, lag);
	play->lag_ns = MAX(play->lag_ns, lag);
	stage->lag_ns = MAX(stage->lag_ns, lag);
	if (stage->options.max_lag_ns && lag > stage->options.max_lag_ns)
		stage->lagged = TRUE;
}

/* How long something took, without the time in which we took nothing of it. */
static uint64_t took(const struct fdar_exchange *exchange, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t ns = to_ns - MIN(from_ns, to_ns);

	return ns - MIN(exchange->held_ns, ns);
}

/* Counts the exchange at hand; until_ns: it is still waited for then; 0: it is over. */
static void count(struct fdar_stage *stage, struct fdar_play *play, uint64_t until_ns)
{
	const struct fdar_exchange *exchange = &play->exchange;
	struct fdar_lesson *lesson = play->start.script->lesson;
	struct fdar_tally *tally = tally_of(stage, play);

	if (exchange->last_ns) {
		uint64_t service_ns = took(exchange, exchange->sent_ns, exchange->last_ns);

		tally->exchanges++;
		fdar_latency_add(&tally->exchange,
				 took(exchange, exchange->due_ns, exchange->last_ns));
		fdar_latency_add(&tally->service, service_ns);
		if (!until_ns)
			fdar_latency_add(&tally->waited, service_ns);
	}
	if (!lesson)
		return;
	if (until_ns && play->exchanges_total < lesson->answered)
		fdar_latency_add(&tally->waited, took(exchange, exchange->sent_ns, until_ns));
	else if (!until_ns && exchange->last_ns)
		lesson->answered = MAX(lesson->answered, play->exchanges_total + 1);
}

static void close_exchange(struct fdar_stage *stage, struct fdar_play *play, uint64_t until_ns)
{
	struct fdar_exchange exchange;

	if (!play->in_exchange)
		return;
	play->exchange.held_ns =
		fdar_taking_held_ns(&play->taking, fdar_now_ns()) - play->held_before_ns;
	exchange = play->exchange;
	count(stage, play, until_ns);
	play->in_exchange = FALSE;
	play->exchanges_total++;
	if (play->exchanges_total > FDAR_EXCHANGES_KEPT)
		return;
	exchange.due_ns -= stage->anchor_ns;
	exchange.sent_ns -= stage->anchor_ns;
	exchange.first_ns -= exchange.first_ns ? stage->anchor_ns : 0;
	exchange.last_ns -= exchange.last_ns ? stage->anchor_ns : 0;
	if (!play->exchanges)
		play->exchanges = g_array_new(FALSE, FALSE, sizeof(struct fdar_exchange));
	g_array_append_val(play->exchanges, exchange);
}

void fdar_ledger_close(struct fdar_stage *stage, struct fdar_play *play)
{
	close_exchange(stage, play, 0);
}

void fdar_ledger_end(struct fdar_stage *stage, struct fdar_play *play, enum fdar_result verdict)
{
	uint64_t now_ns = fdar_now_ns();
	struct fdar_next_move next;
	gboolean waits = play->in_exchange &&
			 (verdict == FDAR_RESULT_STOPPED || verdict == FDAR_RESULT_TIMEOUT) &&
			 fdar_dialogue_answered(&play->dialogue, &stage->options.pace, now_ns,
						&next) != FDAR_MOVE_DONE;

	close_exchange(stage, play, waits ? now_ns : 0);
}

/* Compares what came with the captured bytes. Live scripts are not compared. */
static void compare(struct fdar_play *play, const uint8_t *bytes, size_t length)
{
	const struct fdar_script *script = play->start.script;
	struct fdar_likeness *likeness = &play->likeness;

	while (likeness->exact && length) {
		const struct fdar_piece *piece = &script->pieces[likeness->piece];
		size_t part;

		if (likeness->piece >= script->count) {
			likeness->exact = FALSE;
			return;
		}
		if (piece->way != FDAR_FROM_SERVER || piece->kind > FDAR_PIECE_GAP ||
		    likeness->offset == piece->length) {
			likeness->piece++;
			likeness->offset = 0;
			continue;
		}
		part = MIN(length, (size_t)(piece->length - likeness->offset));
		if (piece->kind == FDAR_PIECE_DATA)
			likeness->exact =
				!memcmp(fdar_script_payload(script, piece) + likeness->offset,
					bytes, part);
		likeness->offset += (uint32_t)part;
		bytes += part;
		length -= part;
	}
}

void fdar_ledger_heard(struct fdar_stage *stage, struct fdar_play *play, size_t length,
		       uint64_t now)
{
	tally_of(stage, play)->received_bytes += length;
	if (play->likeness.exact)
		compare(play, stage->buffer, length);
	if (!play->first_byte_ns) {
		uint64_t due = play->in_exchange ? play->exchange.due_ns
						 : stage->anchor_ns + play->start.due_ns;

		play->first_byte_ns = MAX(now - MIN(due, now), 1);
	}
	if (!play->in_exchange)
		return;
	if (!play->exchange.first_ns)
		play->exchange.first_ns = now;
	play->exchange.last_ns = now;
}

void fdar_ledger_send(struct fdar_stage *stage, struct fdar_play *play,
		      const struct fdar_next_move *next, uint64_t now_ns)
{
	fdar_ledger_lag(stage, play, now_ns, next->ready_ns);
	if (next->opens)
		fdar_ledger_close(stage, play);
	if (!play->in_exchange) {
		memset(&play->exchange, 0, sizeof(play->exchange));
		play->held_before_ns = fdar_taking_held_ns(&play->taking, now_ns);
		play->in_exchange = TRUE;
	}
	if (!play->exchange.first_ns) {
		play->exchange.due_ns = next->due_ns;
		play->exchange.sent_ns = now_ns;
	}
}
