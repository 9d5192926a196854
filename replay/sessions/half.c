#include "replay/sessions/half_private.h"

#define WAITING_SEGMENTS 1024u                      /* a half */
#define WAITING_BYTES    (1024u * 1024u)            /* a half */
#define BUDGET_BYTES     ((size_t)64 * 1024 * 1024) /* all halves */
#define UNBELIEVED_MAX   8u

/* Hands on length bytes (NULL: a gap) at half->next. */
static void deliver(struct fdar_half *half, const struct fdar_half_sink *sink,
		    enum fdar_piece_kind kind, const struct fdar_segment *segment)
{
	struct fdar_arrival arrival = {
		.piece = { .acked = segment->acked,
			   .length = segment->length,
			   .kind = (uint8_t)kind,
			   .way = sink->way,
			   .syn = segment->syn ? 1 : 0,
			   .push = segment->push,
			   .urgent = segment->urgent ? 1 : 0 },
		.bytes = kind == FDAR_PIECE_DATA ? segment->bytes : NULL,
		.stream_offset = half->offset,
	};

	/* A segment that waited is delivered after later ones: pieces are told in the order of the
	 * stream, and their times must not go back (session.h: never less than the last's). */
	half->time_ns = MAX(half->time_ns, segment->time_ns);
	half->packet = MAX(half->packet, segment->packet);
	arrival.piece.time_ns = half->time_ns;
	arrival.packet = half->packet;
	if (kind == FDAR_PIECE_GAP)
		fdar_half_note(sink, sink->gap_bit);
	if (half->next + segment->length < half->next)
		fdar_half_note(sink, FDAR_ODD_WRAPPED);
	half->next += segment->length;
	half->offset += segment->length;
	sink->arrived(sink->user, &arrival);
}

void fdar_half_deliver_gap(struct fdar_half *half, const struct fdar_half_sink *sink,
			   uint32_t length, const struct fdar_segment *behind)
{
	struct fdar_segment gap = { .length = length,
				    .time_ns = behind->time_ns,
				    .packet = behind->packet,
				    .acked = behind->acked };

	deliver(half, sink, FDAR_PIECE_GAP, &gap);
}

/* Whether what the other side acknowledged ends with the FIN. */
static gboolean fin_is_acked(const struct fdar_half *half)
{
	return half->acked && half->top_ack == half->fin_seq + 1;
}

void fdar_half_deliver_fin(struct fdar_half *half, const struct fdar_half_sink *sink,
			   gboolean ending)
{
	struct fdar_segment fin = { .time_ns = half->fin_time_ns,
				    .packet = half->fin_packet,
				    .acked = half->fin_acked };

	if (!half->fin || half->fin_done || half->next != half->fin_seq)
		return;
	if (!ending && !sink->eager && !fin_is_acked(half))
		return;
	half->fin_done = TRUE;
	if (fdar_waiting_cut(&half->waiting, sink->budget, half->fin_seq))
		fdar_half_note(sink, FDAR_ODD_AFTER_END);
	deliver(half, sink, FDAR_PIECE_FIN, &fin);
}

void fdar_half_drain(struct fdar_half *half, const struct fdar_half_sink *sink, uint64_t packet)
{
	if (half->frozen)
		return;
	while (half->waiting.head && half->waiting.head->segment.seq == half->next &&
	       !fdar_half_at_fin(half)) {
		const struct fdar_segment *segment = &half->waiting.head->segment;
		int32_t left = half->fin ? fdar_seq_distance(half->fin_seq, segment->seq) : 0;

		if (left > 0 && (uint32_t)left < segment->length)
			fdar_waiting_divide(&half->waiting, sink->budget, half->fin_seq);
		if (segment->packet < packet)
			fdar_half_note(sink, FDAR_ODD_REORDERED);
		deliver(half, sink, segment->bytes ? FDAR_PIECE_DATA : FDAR_PIECE_GAP, segment);
		fdar_waiting_pop(&half->waiting, sink->budget);
	}
	if (!half->waiting.head)
		half->patience = 0;
	fdar_half_deliver_fin(half, sink, FALSE);
}

void fdar_half_give_up_hole(struct fdar_half *half, const struct fdar_half_sink *sink)
{
	const struct fdar_segment *head = &half->waiting.head->segment;

	if (head->seq != half->next)
		fdar_half_deliver_gap(half, sink, head->seq - half->next, head);
	half->patience = 0;
	fdar_half_drain(half, sink, head->packet);
}

/* All bounds are on memory, not on time: a hole in a capture is never filled later than a window of the
 * connection, and 1024 segments or 1 MiB are several of them. Copies wait; whoever waits too long, or in too great number, loses what it waited for. */
static void wait_for_hole(struct fdar_half *half, const struct fdar_half_sink *sink,
			  const struct fdar_segment *segment)
{
	struct fdar_segment data = *segment, cut = *segment;

	data.length = segment->captured;
	data.push = segment->push && segment->captured == segment->length;
	if (data.length)
		fdar_half_note(sink, fdar_waiting_keep(&half->waiting, sink->budget, &data));
	cut.bytes = NULL;
	cut.seq += segment->captured;
	cut.length -= segment->captured;
	if (cut.length)
		fdar_half_note(sink, fdar_waiting_keep(&half->waiting, sink->budget, &cut));
	while (half->waiting.head && half->state == FDAR_HALF_KNOWN && !half->frozen &&
	       !fdar_half_at_fin(half) &&
	       (half->waiting.count > WAITING_SEGMENTS || half->waiting.bytes > WAITING_BYTES ||
		*sink->budget > BUDGET_BYTES))
		fdar_half_give_up_hole(half, sink);
}

/* The stream begins behind isn: what was held and cannot belong to it goes. */
static void set_beginning(struct fdar_half *half, const struct fdar_half_sink *sink, uint32_t isn)
{
	half->isn = isn;
	half->next = isn + 1;
	half->state = FDAR_HALF_KNOWN;
	half->patience = 0;
	while (half->waiting.head &&
	       fdar_seq_distance(half->waiting.head->segment.seq, half->next) < 0)
		fdar_waiting_pop(&half->waiting, sink->budget);
	if (half->waiting.tail &&
	    fdar_seq_distance(half->waiting.tail->segment.seq, half->next) > FDAR_HALF_WINDOW)
		fdar_waiting_cut(&half->waiting, sink->budget, half->next);
	if (half->fin && fdar_seq_distance(half->fin_seq, half->next) < 0)
		half->fin = FALSE;
	fdar_half_drain(half, sink, 0);
}

/* Of SYNs with different numbers it was this one of the later ones. */
static void take_other(struct fdar_half *half, const struct fdar_half_sink *sink, uint32_t isn)
{
	half->others = 0;
	half->acked = half->has_last_ack;
	half->top_ack = half->last_ack;
	half->unbelieved = 0;
	set_beginning(half, sink, isn);
}

void fdar_half_begin(struct fdar_half *half, const struct fdar_half_sink *sink, uint32_t isn)
{
	if (half->syn) {
		if (isn == half->isn || half->offset > 0 || half->fin_done)
			return;
		/* Its acknowledgement may have been captured before. */
		if (half->has_last_ack && half->last_ack == isn + 1)
			take_other(half, sink, isn);
		else
			fdar_half_remember(half, isn);
		return;
	}
	half->syn = TRUE;
	if (half->offset > 0 || half->fin_done)
		half->isn = isn;
	else
		set_beginning(half, sink, isn);
}

/* Whether a FIN with this number can be the stream's end: not before what was delivered. */
static gboolean believes_fin(const struct fdar_half *half, uint32_t end)
{
	int32_t ahead = fdar_seq_distance(end, half->next);

	if (half->state == FDAR_HALF_UNKNOWN || half->state == FDAR_HALF_GUESSED)
		return TRUE;
	return ahead <= FDAR_HALF_WINDOW &&
	       ahead >= (half->state == FDAR_HALF_HELD ? -FDAR_HALF_WINDOW : 0);
}

void fdar_half_release(struct fdar_half *half, const struct fdar_half_sink *sink)
{
	uint32_t guess = half->isn + 1;

	half->state = FDAR_HALF_KNOWN;
	half->patience = 0;
	if (half->waiting.head) {
		int32_t missing = fdar_seq_distance(half->waiting.head->segment.seq, guess);

		half->next = half->waiting.head->segment.seq;
		if (half->trusted && missing > 0 && missing <= FDAR_HALF_GUESS_WINDOW) {
			half->next = guess;
			fdar_half_give_up_hole(half, sink);
		}
	}
	if (half->fin && !half->fin_done && !believes_fin(half, half->fin_seq))
		half->fin = FALSE;
	fdar_half_drain(half, sink, half->waiting.head ? half->waiting.head->segment.packet : 0);
}

/* Whether a segment that is held, and lies within a window of next, does so of all others. Next is the
 * first of them: a segment before it may be two windows from the last, more than a distance can tell. */
static gboolean near_others(const struct fdar_half *half, uint32_t seq)
{
	const struct fdar_waiting_part *last = half->waiting.tail;
	int64_t behind = last ? fdar_seq_distance(last->segment.seq, half->next) : 0;

	return behind - fdar_seq_distance(seq, half->next) <= FDAR_HALF_WINDOW;
}

/* A single byte that nobody was told to hurry with: but for keep-alives, and who cuts all that he
 * says into such, nobody sends one. */
static gboolean is_single(const struct fdar_segment *segment)
{
	return segment->length == 1 && !segment->push && !segment->fin && !segment->urgent;
}

/* Whether the byte is the last one that the other side has acknowledged. */
static gboolean is_acked_last(const struct fdar_half *half, const struct fdar_segment *segment)
{
	return half->has_last_ack && half->last_ack == segment->seq + 1;
}

/* A keep-alive asks by a byte that means nothing, at the number before the next. The other side had
 * acknowledged that one; where that is not in the capture, the first such byte counts as one, and
 * another behind it does not. */
static gboolean is_probe(const struct fdar_half *half, const struct fdar_segment *segment)
{
	const struct fdar_waiting_part *last = half->waiting.tail;

	if (!is_single(segment))
		return FALSE;
	if (last)
		return segment->seq + 1 == last->segment.seq + last->segment.length ||
		       is_acked_last(half, segment);
	if (half->has_last_ack)
		return fdar_seq_distance(half->last_ack, segment->seq) > 0;
	return !half->probed || fdar_seq_distance(segment->seq, half->probe) <= 0;
}

/* Holds a segment of a half whose beginning is not known. */
static void hold(struct fdar_half *half, const struct fdar_half_sink *sink,
		 const struct fdar_segment *segment)
{
	int32_t ahead;

	if (is_probe(half, segment)) {
		if (!half->probed || fdar_seq_distance(segment->seq, half->probe) > 0)
			half->probe = segment->seq;
		half->probed = TRUE;
		return;
	}
	if (half->state != FDAR_HALF_HELD) {
		half->state = FDAR_HALF_HELD;
		half->next = segment->seq;
		half->patience = 0;
	}
	ahead = fdar_seq_distance(segment->seq, half->next);
	if (ahead > FDAR_HALF_WINDOW || ahead < -FDAR_HALF_WINDOW ||
	    !near_others(half, segment->seq)) {
		fdar_half_note(sink, FDAR_ODD_OUT_OF_WINDOW);
		return;
	}
	if (ahead < 0)
		half->next = segment->seq;
	wait_for_hole(half, sink, segment);
	if (sink->eager || half->waiting.count > WAITING_SEGMENTS ||
	    half->waiting.bytes > WAITING_BYTES || *sink->budget > BUDGET_BYTES)
		fdar_half_release(half, sink);
}

/* Too far ahead of what was delivered: nonsense, unless many in a row agree: then the capture has
 * lost more than a window. TRUE when the half has moved there. */
static gboolean believe(struct fdar_half *half, const struct fdar_half_sink *sink,
			const struct fdar_segment *segment)
{
	fdar_half_note(sink, FDAR_ODD_OUT_OF_WINDOW);
	if (segment->seq != half->unbelieved_next)
		half->unbelieved = 0;
	half->unbelieved_next = segment->seq + segment->length;
	if (++half->unbelieved < UNBELIEVED_MAX)
		return FALSE;
	half->unbelieved = 0;
	while (half->waiting.head)
		fdar_half_give_up_hole(half, sink);
	fdar_half_deliver_gap(half, sink, segment->seq - half->next, segment);
	return TRUE;
}

/* Takes off the part of the segment that was delivered before. */
static void skip_old(struct fdar_half *half, const struct fdar_half_sink *sink,
		     struct fdar_segment *segment)
{
	uint32_t old = half->next - segment->seq;
	uint32_t part = MIN(old, segment->length);
	uint32_t bytes = MIN(part, segment->captured);
	gboolean probe = old == 1 && segment->length <= 1 && !segment->fin;

	/* A keep-alive probe repeats the last byte, or one that means nothing. */
	if (part > 0 && !probe) {
		fdar_half_note(sink, FDAR_ODD_RETRANSMITS);
		if (bytes > 0 && old <= half->offset && sink->repeated &&
		    sink->repeated(sink->user, half->offset - old, segment->bytes, bytes))
			fdar_half_note(sink, FDAR_ODD_DIFFERS);
	}
	segment->seq += part;
	segment->length -= part;
	segment->captured -= bytes;
	segment->bytes += bytes;
}

/* Takes note of FIN. Of two at different places the one that was acknowledged counts, else the
 * first in the stream. */
static void note_fin(struct fdar_half *half, const struct fdar_segment *segment)
{
	uint32_t end = segment->seq + segment->length;
	gboolean acked = half->has_last_ack && half->last_ack == end + 1;

	if (!segment->fin || half->fin_done || !believes_fin(half, end))
		return;
	if (half->fin && (half->fin_seq == end || fin_is_acked(half)))
		return;
	if (half->fin && !acked && fdar_seq_distance(end, half->fin_seq) > 0)
		return;
	half->fin = TRUE;
	half->fin_seq = end;
	half->fin_time_ns = segment->time_ns;
	half->fin_packet = segment->packet;
	half->fin_acked = segment->acked;
}

/* Cuts what lies behind a FIN that stands; behind another it waits. */
static void obey_fin(struct fdar_half *half, const struct fdar_half_sink *sink,
		     struct fdar_segment *segment)
{
	int32_t left = fdar_seq_distance(half->fin_seq, segment->seq);
	struct fdar_segment behind = *segment;
	int32_t ahead;

	if (!half->fin || left >= (int32_t)segment->length)
		return;
	if (segment->length > 0 && (half->fin_done || sink->eager))
		fdar_half_note(sink, FDAR_ODD_AFTER_END);
	left = MAX(left, 0);
	behind.seq += (uint32_t)left;
	behind.length -= (uint32_t)left;
	behind.captured -= MIN(behind.captured, (uint32_t)left);
	behind.bytes += MIN(segment->captured, (uint32_t)left);
	segment->length = (uint32_t)left;
	segment->captured = MIN(segment->captured, segment->length);
	segment->push = segment->urgent = FALSE;
	/* What is out of any window does not wait: how far away it is cannot be told. */
	ahead = fdar_seq_distance(behind.seq, half->next);
	if (!half->fin_done && !sink->eager && half->state == FDAR_HALF_KNOWN &&
	    behind.length > 0 && ahead >= 0 && ahead <= FDAR_HALF_WINDOW &&
	    half->waiting.count <= WAITING_SEGMENTS && half->waiting.bytes <= WAITING_BYTES)
		wait_for_hole(half, sink, &behind);
}

static void take_in_order(struct fdar_half *half, const struct fdar_half_sink *sink,
			  const struct fdar_segment *segment)
{
	struct fdar_segment part = *segment;

	part.length = segment->captured;
	part.push = segment->push && segment->captured == segment->length;
	if (part.length)
		deliver(half, sink, FDAR_PIECE_DATA, &part);
	if (segment->length > segment->captured)
		fdar_half_deliver_gap(half, sink, segment->length - segment->captured, segment);
}

/* A segment of a half that is frozen waits, as long as there is room. */
static void take_frozen(struct fdar_half *half, const struct fdar_half_sink *sink,
			struct fdar_segment *segment)
{
	int32_t ahead = fdar_seq_distance(segment->seq, half->next);

	if (ahead > FDAR_HALF_WINDOW || ahead < -FDAR_HALF_WINDOW)
		return;
	if (ahead < 0)
		skip_old(half, sink, segment);
	if (segment->length > 0 && half->waiting.count <= WAITING_SEGMENTS &&
	    half->waiting.bytes <= WAITING_BYTES && *sink->budget <= BUDGET_BYTES)
		wait_for_hole(half, sink, segment);
}

static void take_known(struct fdar_half *half, const struct fdar_half_sink *sink,
		       struct fdar_segment *segment)
{
	int32_t ahead = fdar_seq_distance(segment->seq, half->next);

	if ((ahead > FDAR_HALF_WINDOW || ahead < -FDAR_HALF_WINDOW) && segment->length > 0) {
		if (!believe(half, sink, segment))
			return;
	} else if (ahead < 0) {
		skip_old(half, sink, segment);
	} else if (ahead > 0 && is_single(segment) && is_acked_last(half, segment)) {
		/* A keep-alive behind a hole: the byte that was there is not this one. */
		return;
	}
	if (segment->length > 0 && segment->seq == half->next && !half->waiting.head)
		take_in_order(half, sink, segment);
	else if (segment->length > 0)
		wait_for_hole(half, sink, segment);
	fdar_half_drain(half, sink, segment->packet);
}

void fdar_half_take(struct fdar_half *half, const struct fdar_half_sink *sink,
		    const struct fdar_segment *segment)
{
	struct fdar_segment rest = *segment;
	const uint32_t *other = fdar_half_preferred(half, segment->seq);

	if (segment->length == 0 && !segment->fin)
		return;
	/* Data is the server's own word, where the client has not chosen yet. */
	if (other && !(half->has_last_ack && half->last_ack == half->isn + 1))
		take_other(half, sink, *other);
	if (half->state == FDAR_HALF_KNOWN && half->frozen) {
		take_frozen(half, sink, &rest);
		return;
	}
	note_fin(half, segment);
	obey_fin(half, sink, &rest);
	/* A guess that has made gaps has to stand. */
	if (half->state == FDAR_HALF_GUESSED && half->offset > 0)
		half->state = FDAR_HALF_KNOWN;
	if (half->state != FDAR_HALF_KNOWN)
		hold(half, sink, &rest);
	else
		take_known(half, sink, &rest);
	fdar_half_check(half);
}

void fdar_half_reached(struct fdar_half *half, uint32_t end)
{
	int32_t ahead = fdar_seq_distance(end, half->top);

	/* What is out of any window says nothing. */
	if (half->topped && (ahead <= 0 || ahead > FDAR_HALF_WINDOW))
		return;
	half->topped = TRUE;
	half->top = end;
}

void fdar_half_freeze(struct fdar_half *half, uint64_t packet)
{
	half->frozen = TRUE;
	half->frozen_packet = packet;
}

void fdar_half_thaw(struct fdar_half *half, const struct fdar_half_sink *sink)
{
	half->frozen = FALSE;
	if (half->state == FDAR_HALF_KNOWN)
		fdar_half_drain(half, sink, 0);
}

/* What was acknowledged lies behind the FIN, and was seen: the FIN did not happen. */
static void doubt_fin(struct fdar_half *half, const struct fdar_half_sink *sink, uint32_t ack)
{
	if (!half->fin || half->fin_done || fdar_seq_distance(ack, half->fin_seq + 1) <= 0 ||
	    !half->topped || fdar_seq_distance(half->top, ack) < 0)
		return;
	half->fin = FALSE;
	fdar_half_note(sink, FDAR_ODD_STRAY_FIN);
}

void fdar_half_acked(struct fdar_half *half, const struct fdar_half_sink *sink, uint32_t ack,
		     gboolean whole)
{
	const uint32_t *other = fdar_half_preferred(half, ack);

	half->has_last_ack = TRUE;
	half->last_ack = ack;
	if (other)
		take_other(half, sink, *other);
	if (half->state == FDAR_HALF_UNKNOWN) {
		half->state = FDAR_HALF_GUESSED;
		half->trusted = whole != FALSE;
		half->next = ack;
		half->isn = ack - 1;
	}
	if (fdar_seq_distance(ack, half->next) > FDAR_HALF_WINDOW ||
	    (half->acked && fdar_seq_distance(ack, half->top_ack) < 0))
		return;
	half->acked = TRUE;
	half->top_ack = ack;
	doubt_fin(half, sink, ack);
	if (half->state == FDAR_HALF_KNOWN)
		fdar_half_drain(half, sink, 0);
}
