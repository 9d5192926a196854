#include "replay/play/play.h"

#include <unistd.h>

#include "replay/play/ledger.h"

static void report(struct fdar_stage *stage, const struct fdar_outcome *outcome)
{
	fdar_tally_add(&stage->tallies[outcome->input], outcome);
	if (stage->options.finished)
		stage->options.finished(stage->options.user, outcome);
}

static void play_free(struct fdar_stage *stage, struct fdar_play *play)
{
	if (play->start.script->over)
		play->start.script->over(play->start.script, play);
	fdar_timers_remove(stage->timers, &play->timer);
	fdar_tls_link_free(play->tls);
	fdar_rewriter_free(play->rewriter);
	if (play->fd >= 0) {
		struct fdar_play *last = g_ptr_array_index(stage->plays, stage->plays->len - 1);

		close(play->fd);
		last->place = play->place;
		g_ptr_array_remove_index_fast(stage->plays, play->place);
	}
	if (play->exchanges)
		g_array_free(play->exchanges, TRUE);
	if (play->holder)
		*play->holder = NULL;
	g_free(play);
}

/* Its TLS is played as bytes, or what is in it in plain behind what turned to it. */
static gboolean is_sealed(const struct fdar_stage *stage, const struct fdar_script *script)
{
	return script->sealed && !stage->options.verbatim &&
	       !(script->tls->decrypted && stage->tls);
}

static const char *why_not_as_captured(const struct fdar_session_tls *tls)
{
	if (!tls->later)
		return "TLS, whose keys are not those of this run: --tls-keys plays what is in it";
	return tls->decrypted ? "TLS begins within the session (as behind STARTTLS), and what was "
				"in it is played in plain: --tls turns to it there, too"
			      : "TLS begins within the session (as behind STARTTLS), and is "
				"played as bytes";
}

void fdar_play_stop(struct fdar_stage *stage, struct fdar_play *play, enum fdar_result verdict,
		    const char *reason)
{
	struct fdar_outcome outcome = { .script = play->start.script,
					.input = play->start.input,
					.clone = play->start.clone,
					.round = play->start.round,
					.copies = 1,
					.reason = reason,
					.client = play->client,
					.server = play->server,
					.due_ns = play->start.due_ns,
					.start_ns = play->start_ns - stage->anchor_ns,
					.end_ns = fdar_now_ns() - stage->anchor_ns,
					.connect_ns = play->connect_ns,
					.handshake_ns = play->handshake_ns,
					.first_byte_ns = play->first_byte_ns,
					.lag_ns = play->lag_ns,
					.sent_bytes = play->sent_bytes,
					.received_bytes = play->dialogue.received };
	gboolean least;

	outcome.expected_bytes = fdar_dialogue_expected(&play->dialogue, &least);
	fdar_ledger_end(stage, play, verdict);
	if (verdict == FDAR_RESULT_OK &&
	    (outcome.received_bytes < outcome.expected_bytes ||
	     (!least && outcome.received_bytes > outcome.expected_bytes))) {
		verdict = FDAR_RESULT_DIFFERS;
		outcome.reason = outcome.received_bytes < outcome.expected_bytes
					 ? "the server answered with fewer bytes"
					 : "the server answered with more bytes";
	}
	/* Ciphertext of another run: what became of it is no surprise. */
	if (is_sealed(stage, play->start.script) &&
	    (verdict == FDAR_RESULT_DIFFERS || verdict == FDAR_RESULT_RESET ||
	     verdict == FDAR_RESULT_TIMEOUT))
		outcome.reason = why_not_as_captured(play->start.script->tls);
	else if (play->tls && fdar_tls_link_asked(play->tls) &&
		 (verdict == FDAR_RESULT_RESET || verdict == FDAR_RESULT_DIFFERS))
		outcome.reason = "the server asks for a client's certificate: --tls-cert gives one";
	outcome.verdict = verdict;
	/* A client that left may have got more than it ever acknowledged. */
	outcome.exact =
		play->likeness.exact && (least ? outcome.received_bytes >= outcome.expected_bytes
					       : outcome.received_bytes == outcome.expected_bytes);
	if (play->exchanges) {
		outcome.exchanges = (const struct fdar_exchange *)(void *)play->exchanges->data;
		outcome.exchanges_kept = play->exchanges->len;
	}
	outcome.exchanges_total = play->exchanges_total;
	report(stage, &outcome);
	if (play->verdict)
		*play->verdict = verdict;
	play_free(stage, play);
}

void fdar_play_skip(struct fdar_stage *stage, const struct fdar_start *start,
		    enum fdar_result verdict, const char *reason, uint64_t copies)
{
	struct fdar_outcome outcome = { .script = start->script,
					.input = start->input,
					.clone = start->clone,
					.round = start->round,
					.copies = copies,
					.verdict = verdict,
					.reason = reason,
					.due_ns = start->due_ns };

	report(stage, &outcome);
}
