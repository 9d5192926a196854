#include "replay/sessions/half.h"

#define HOLD_PACKETS     4u              /* held: how many packets of the session to wait */
#define PATIENCE_PACKETS 8u              /* an acknowledged hole: likewise */
#define WAITING_SEGMENTS 1024u           /* a half */
#define WAITING_BYTES    (1024u * 1024u) /* a half */
#define BUDGET_BYTES     ((size_t)64 * 1024 * 1024) /* all halves */
#define WINDOW           ((int32_t)1 << 30)         /* no TCP window is larger (RFC 7323) */
#define GUESS_WINDOW     ((int32_t)1 << 20)
#define RST_WINDOW       ((int32_t)1 << 20)
#define UNBELIEVED_MAX   8u

static void note(const struct fdar_half_sink *sink, uint32_t bit)
{
	*sink->odd |= bit;
}

/* Hands on length bytes (NULL: a gap) at half->next. */
static void deliver(struct fdar_half *half, const struct fdar_half_sink *sink,
		    enum fdar_piece_kind kind, const struct fdar_segment *segment)
{
	struct fdar_arrival arrival = {
		.piece = { .acked = segment->acked,
			   .length = segment->length,
			   .kind = (uint8_t)kind,
			   .way = sink->way,
			   .syn = segment->syn,
			   .push = segment->push },
		.bytes = kind == FDAR_PIECE_DATA ? segment->bytes : NULL,
		.stream_offset = half->offset,
	};

	half->time_ns = MAX(half->time_ns, segment->time_ns);
	half->packet = MAX(half->packet, segment->packet);
	arrival.piece.time_ns = half->time_ns;
	arrival.packet = half->packet;
	if (kind == FDAR_PIECE_GAP)
		note(sink, sink->gap_bit);
	if (half->next + segment->length < half->next)
		note(sink, FDAR_ODD_WRAPPED);
	half->next += segment->length;
	half->offset += segment->length;
	sink->arrived(sink->user, &arrival);
}

static void deliver_gap(struct fdar_half *half, const struct fdar_half_sink *sink, uint32_t length,
			const struct fdar_segment *behind)
{
	struct fdar_segment gap = { .length = length,
				    .time_ns = behind->time_ns,
				    .packet = behind->packet,
				    .acked = behind->acked };

	deliver(half, sink, FDAR_PIECE_GAP, &gap);
}

static void deliver_fin(struct fdar_half *half, const struct fdar_half_sink *sink)
{
	struct fdar_segment fin = { .time_ns = half->fin_time_ns,
				    .packet = half->fin_packet,
				    .acked = half->fin_acked };

	if (!half->fin || half->fin_done || half->next != half->fin_seq)
		return;
	half->fin_done = TRUE;
	deliver(half, sink, FDAR_PIECE_FIN, &fin);
}

/* Delivers what no longer has to wait, and FIN when all before it is there. packet is the one that
 * made it so: what came earlier was out of order. */
static void drain(struct fdar_half *half, const struct fdar_half_sink *sink, uint64_t packet)
{
	while (half->waiting.head && half->waiting.head->segment.seq == half->next) {
		const struct fdar_segment *segment = &half->waiting.head->segment;

		if (segment->packet < packet)
			note(sink, FDAR_ODD_REORDERED);
		deliver(half, sink, segment->bytes ? FDAR_PIECE_DATA : FDAR_PIECE_GAP, segment);
		fdar_waiting_pop(&half->waiting, sink->budget);
	}
	if (!half->waiting.head)
		half->patience = 0;
	deliver_fin(half, sink);
}

/* The missing bytes before the first that waits are given up. */
static void give_up_hole(struct fdar_half *half, const struct fdar_half_sink *sink)
{
	const struct fdar_segment *head = &half->waiting.head->segment;

	if (head->seq != half->next)
		deliver_gap(half, sink, head->seq - half->next, head);
	half->patience = 0;
	drain(half, sink, head->packet);
}

/* Copies wait; whoever waits too long, or in too great number, loses what it waited for. */
static void wait_for_hole(struct fdar_half *half, const struct fdar_half_sink *sink,
			  const struct fdar_segment *segment)
{
	struct fdar_segment data = *segment, cut = *segment;

	data.length = segment->captured;
	data.push = segment->push && segment->captured == segment->length;
	if (data.length)
		note(sink, fdar_waiting_keep(&half->waiting, sink->budget, &data));
	cut.bytes = NULL;
	cut.seq += segment->captured;
	cut.length -= segment->captured;
	if (cut.length)
		note(sink, fdar_waiting_keep(&half->waiting, sink->budget, &cut));
	while (half->waiting.head && half->state == FDAR_HALF_KNOWN &&
	       (half->waiting.count > WAITING_SEGMENTS || half->waiting.bytes > WAITING_BYTES ||
		*sink->budget > BUDGET_BYTES))
		give_up_hole(half, sink);
}

void fdar_half_begin(struct fdar_half *half, const struct fdar_half_sink *sink, uint32_t isn)
{
	if (half->syn)
		return;
	half->syn = TRUE;
	half->isn = isn;
	if (half->offset > 0 || half->fin_done)
		return;
	half->next = isn + 1;
	half->state = FDAR_HALF_KNOWN;
	half->patience = 0;
	/* What was held and lies before the SYN belongs to somebody else. */
	while (half->waiting.head &&
	       fdar_seq_distance(half->waiting.head->segment.seq, half->next) < 0)
		fdar_waiting_pop(&half->waiting, sink->budget);
	if (half->fin && fdar_seq_distance(half->fin_seq, half->next) < 0)
		half->fin = FALSE;
	drain(half, sink, 0);
}

/* Whether a FIN with this number can be the stream's end: not before what was delivered. */
static gboolean believes_fin(const struct fdar_half *half, uint32_t end)
{
	int32_t ahead = fdar_seq_distance(end, half->next);

	if (half->state == FDAR_HALF_UNKNOWN || half->state == FDAR_HALF_GUESSED)
		return TRUE;
	return ahead <= WINDOW && ahead >= (half->state == FDAR_HALF_HELD ? -WINDOW : 0);
}

/* Ends holding: the first segment there is starts the stream. */
static void release(struct fdar_half *half, const struct fdar_half_sink *sink)
{
	uint32_t guess = half->isn + 1;

	half->state = FDAR_HALF_KNOWN;
	half->patience = 0;
	if (half->waiting.head) {
		int32_t missing = fdar_seq_distance(half->waiting.head->segment.seq, guess);

		half->next = half->waiting.head->segment.seq;
		if (half->trusted && missing > 0 && missing <= GUESS_WINDOW) {
			half->next = guess;
			give_up_hole(half, sink);
		}
	}
	if (half->fin && !half->fin_done && !believes_fin(half, half->fin_seq))
		half->fin = FALSE;
	drain(half, sink, half->waiting.head ? half->waiting.head->segment.packet : 0);
}

/* Whether a segment that is held lies within a window of all others. */
static gboolean near_others(const struct fdar_half *half, uint32_t seq)
{
	const struct fdar_waiting_part *last = half->waiting.tail;

	return !last || fdar_seq_distance(last->segment.seq, seq) <= WINDOW;
}

/* Holds a segment of a half whose beginning is not known. */
static void hold(struct fdar_half *half, const struct fdar_half_sink *sink,
		 const struct fdar_segment *segment)
{
	int32_t ahead;

	if (half->state != FDAR_HALF_HELD) {
		half->state = FDAR_HALF_HELD;
		half->next = segment->seq;
		half->patience = 0;
	}
	ahead = fdar_seq_distance(segment->seq, half->next);
	if (ahead > WINDOW || ahead < -WINDOW || !near_others(half, segment->seq)) {
		note(sink, FDAR_ODD_OUT_OF_WINDOW);
		return;
	}
	if (ahead < 0)
		half->next = segment->seq;
	wait_for_hole(half, sink, segment);
	if (sink->eager || half->waiting.count > WAITING_SEGMENTS ||
	    half->waiting.bytes > WAITING_BYTES || *sink->budget > BUDGET_BYTES)
		release(half, sink);
}

/* Too far ahead of what was delivered: nonsense, unless many in a row agree: then the capture has
 * lost more than a window. TRUE when the half has moved there. */
static gboolean believe(struct fdar_half *half, const struct fdar_half_sink *sink,
			const struct fdar_segment *segment)
{
	note(sink, FDAR_ODD_OUT_OF_WINDOW);
	if (segment->seq != half->unbelieved_next)
		half->unbelieved = 0;
	half->unbelieved_next = segment->seq + segment->length;
	if (++half->unbelieved < UNBELIEVED_MAX)
		return FALSE;
	half->unbelieved = 0;
	while (half->waiting.head)
		give_up_hole(half, sink);
	deliver_gap(half, sink, segment->seq - half->next, segment);
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
		note(sink, FDAR_ODD_RETRANSMITS);
		if (bytes > 0 && old <= half->offset && sink->repeated &&
		    sink->repeated(sink->user, half->offset - old, segment->bytes, bytes))
			note(sink, FDAR_ODD_DIFFERS);
	}
	segment->seq += part;
	segment->length -= part;
	segment->captured -= bytes;
	segment->bytes += bytes;
}

/* Takes note of FIN, and cuts what lies behind it. */
static void note_fin(struct fdar_half *half, const struct fdar_half_sink *sink,
		     struct fdar_segment *segment)
{
	uint32_t end = segment->seq + segment->length;
	int32_t left;

	if (segment->fin && !half->fin && believes_fin(half, end)) {
		half->fin = TRUE;
		half->fin_seq = end;
		half->fin_time_ns = segment->time_ns;
		half->fin_packet = segment->packet;
		half->fin_acked = segment->acked;
		if (fdar_waiting_cut(&half->waiting, sink->budget, end))
			note(sink, FDAR_ODD_AFTER_END);
	}
	if (!half->fin || fdar_seq_distance(end, half->fin_seq) <= 0)
		return;
	if (segment->length > 0)
		note(sink, FDAR_ODD_AFTER_END);
	left = fdar_seq_distance(half->fin_seq, segment->seq);
	segment->length = left > 0 ? MIN(segment->length, (uint32_t)left) : 0;
	segment->captured = MIN(segment->captured, segment->length);
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
		deliver_gap(half, sink, segment->length - segment->captured, segment);
}

void fdar_half_take(struct fdar_half *half, const struct fdar_half_sink *sink,
		    const struct fdar_segment *segment)
{
	struct fdar_segment rest = *segment;
	int32_t ahead;

	if (segment->length == 0 && !segment->fin)
		return;
	note_fin(half, sink, &rest);
	/* A guess that has made gaps has to stand. */
	if (half->state == FDAR_HALF_GUESSED && half->offset > 0)
		half->state = FDAR_HALF_KNOWN;
	if (half->state != FDAR_HALF_KNOWN) {
		hold(half, sink, &rest);
		return;
	}
	ahead = fdar_seq_distance(rest.seq, half->next);
	if ((ahead > WINDOW || ahead < -WINDOW) && rest.length > 0) {
		if (!believe(half, sink, &rest))
			return;
	} else if (ahead < 0) {
		skip_old(half, sink, &rest);
	}
	if (rest.length > 0 && rest.seq == half->next && !half->waiting.head)
		take_in_order(half, sink, &rest);
	else if (rest.length > 0)
		wait_for_hole(half, sink, &rest);
	drain(half, sink, segment->packet);
}

void fdar_half_acked(struct fdar_half *half, uint32_t ack, gboolean whole)
{
	if (half->state == FDAR_HALF_UNKNOWN) {
		half->state = FDAR_HALF_GUESSED;
		half->trusted = whole != FALSE;
		half->next = ack;
		half->isn = ack - 1;
	}
	if (fdar_seq_distance(ack, half->next) > WINDOW ||
	    (half->acked && fdar_seq_distance(ack, half->top_ack) < 0))
		return;
	half->acked = TRUE;
	half->top_ack = ack;
}

static void fill_absent(struct fdar_half *half, const struct fdar_half_sink *sink, uint64_t time_ns,
			uint64_t packet)
{
	struct fdar_segment now = { .time_ns = time_ns, .packet = packet };

	if (half->acked && fdar_seq_distance(half->top_ack, half->next) > 0)
		deliver_gap(half, sink, half->top_ack - half->next, &now);
}

void fdar_half_passed(struct fdar_half *half, const struct fdar_half_sink *sink, uint64_t time_ns,
		      uint64_t packet, gboolean seen)
{
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
			release(half, sink);
		break;
	case FDAR_HALF_KNOWN:
		if (half->waiting.head && half->acked &&
		    fdar_seq_distance(half->top_ack, half->waiting.head->segment.seq) >= 0 &&
		    ++half->patience >= PATIENCE_PACKETS)
			give_up_hole(half, sink);
		break;
	default:
		break;
	}
}

uint64_t fdar_half_offset_of(const struct fdar_half *half, uint32_t ack)
{
	int32_t ahead = fdar_seq_distance(ack, half->next);

	if (half->state == FDAR_HALF_UNKNOWN || ahead > WINDOW)
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

void fdar_half_finish(struct fdar_half *half, const struct fdar_half_sink *sink, uint64_t time_ns,
		      uint64_t packet)
{
	struct fdar_segment now = { .time_ns = time_ns, .packet = packet };
	int32_t missing;

	if (half->state == FDAR_HALF_HELD)
		release(half, sink);
	while (half->waiting.head)
		give_up_hole(half, sink);
	if (half->state == FDAR_HALF_UNKNOWN || half->fin_done)
		return;
	missing = half->fin ? fdar_seq_distance(half->fin_seq, half->next)
			    : (half->acked ? fdar_seq_distance(half->top_ack, half->next) : 0);
	/* One number more than there were bytes is a FIN that the capture does not have. */
	if (missing > (half->fin ? 0 : 1) && missing <= WINDOW)
		deliver_gap(half, sink, (uint32_t)missing, &now);
	drain(half, sink, 0);
}

void fdar_half_clear(struct fdar_half *half, size_t *budget)
{
	while (half->waiting.head)
		fdar_waiting_pop(&half->waiting, budget);
}
