/* Patience with holes, and the end of a half: part of half.h. */
#include "replay/sessions/half_private.h"

#define HOLD_PACKETS     4u /* held: how many packets of the session to wait */
#define PATIENCE_PACKETS 8u /* an acknowledged hole: likewise */
#define RST_WINDOW       ((int32_t)1 << 20)

static void fill_absent(struct fdar_half *half, const struct fdar_half_sink *sink, uint64_t time_ns,
			uint64_t packet)
{
	struct fdar_segment now = { .time_ns = time_ns, .packet = packet };

	if (half->acked && fdar_seq_distance(half->top_ack, half->next) > 0)
		fdar_half_deliver_gap(half, sink, half->top_ack - half->next, &now);
}

void fdar_half_passed(struct fdar_half *half, const struct fdar_half_sink *sink, uint64_t time_ns,
		      uint64_t packet, gboolean seen)
{
	if (half->frozen)
		return;
	switch (half->state) {
	case FDAR_HALF_GUESSED:
		if (seen)
			half->absent = FALSE;
		else if (half->absent || ++half->patience >= PATIENCE_PACKETS)
			half->absent = TRUE;
		if (half->absent)
			fill_absent(half, sink, time_ns, packet);
		break;
	case FDAR_HALF_HELD:
		if (++half->patience >= HOLD_PACKETS)
			fdar_half_release(half, sink);
		break;
	case FDAR_HALF_KNOWN:
		if (half->waiting.head && half->acked && !fdar_half_at_fin(half) &&
		    fdar_seq_distance(half->top_ack, half->waiting.head->segment.seq) >= 0 &&
		    ++half->patience >= PATIENCE_PACKETS)
			fdar_half_give_up_hole(half, sink);
		break;
	default:
		break;
	}
}

uint64_t fdar_half_offset_of(const struct fdar_half *half, uint32_t ack)
{
	int32_t ahead = fdar_seq_distance(ack, half->next);

	if (half->state == FDAR_HALF_UNKNOWN || ahead > FDAR_HALF_WINDOW)
		return half->offset;
	if (ahead < 0 && (uint64_t) - (int64_t)ahead > half->offset)
		return 0;
	return half->offset + (uint64_t)(int64_t)ahead - (half->fin_done && ahead > 0 ? 1 : 0);
}

gboolean fdar_half_believes(const struct fdar_half *half, uint32_t seq)
{
	int32_t ahead = fdar_seq_distance(seq, half->next);

	return half->state == FDAR_HALF_UNKNOWN || (ahead <= RST_WINDOW && ahead >= -RST_WINDOW);
}

/* What waits at the end: behind holes that were acknowledged it is delivered. */
static void finish_waiting(struct fdar_half *half, const struct fdar_half_sink *sink)
{
	while (half->waiting.head) {
		uint32_t head = half->waiting.head->segment.seq;

		if (fdar_half_at_fin(half)) {
			fdar_waiting_cut(&half->waiting, sink->budget, half->fin_seq);
			fdar_half_note(sink, FDAR_ODD_AFTER_END);
			return;
		}
		if (half->acked && fdar_seq_distance(half->top_ack, head) < 0) {
			fdar_waiting_cut(&half->waiting, sink->budget, half->next);
			fdar_half_note(sink, FDAR_ODD_NOT_ACKED);
			return;
		}
		fdar_half_give_up_hole(half, sink);
	}
}

void fdar_half_finish(struct fdar_half *half, const struct fdar_half_sink *sink, uint64_t time_ns,
		      uint64_t packet)
{
	struct fdar_segment now = { .time_ns = time_ns, .packet = packet };
	int32_t missing;

	if (half->frozen && fdar_waiting_forget(&half->waiting, sink->budget, half->frozen_packet))
		fdar_half_note(sink, FDAR_ODD_AFTER_END);
	half->frozen = FALSE;
	if (half->state == FDAR_HALF_HELD)
		fdar_half_release(half, sink);
	if (half->state == FDAR_HALF_KNOWN)
		fdar_half_drain(half, sink, 0);
	finish_waiting(half, sink);
	if (half->state == FDAR_HALF_UNKNOWN || half->fin_done)
		return;
	/* A FIN that nobody acknowledged, with bytes missing before it, is as little known. */
	if (half->fin && half->acked && half->next != half->fin_seq &&
	    fdar_seq_distance(half->top_ack, half->fin_seq) < 0)
		half->fin = FALSE;
	missing = half->fin ? fdar_seq_distance(half->fin_seq, half->next)
			    : (half->acked ? fdar_seq_distance(half->top_ack, half->next) : 0);
	/* One number more than there were bytes is a FIN that the capture does not have. */
	if (missing > (half->fin ? 0 : 1) && missing <= FDAR_HALF_WINDOW)
		fdar_half_deliver_gap(half, sink, (uint32_t)missing, &now);
	fdar_half_deliver_fin(half, sink, TRUE);
}

void fdar_half_clear(struct fdar_half *half, size_t *budget)
{
	while (half->waiting.head)
		fdar_waiting_pop(&half->waiting, budget);
}
