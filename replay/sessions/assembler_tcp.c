#include "replay/sessions/assembler_private.h"

#define LOST_BEHIND_SYN ((int32_t)1 << 24)
#define AHEAD_OF_SYN    ((int32_t)1 << 14) /* an initial window (RFC 6928), and some more */

/* What a half's sink needs to know. */
struct outlet {
	struct fdar_assembler *assembler;
	struct fdar_flow *flow;
	struct fdar_half_sink sink;
};

static void arrived(void *user, const struct fdar_arrival *arrival)
{
	struct outlet *outlet = user;

	fdar_assembler_deliver(outlet->assembler, outlet->flow, arrival);
}

static gboolean repeated(void *user, uint64_t stream_offset, const uint8_t *bytes, uint32_t length)
{
	struct outlet *outlet = user;
	const struct fdar_assembler_ops *ops = outlet->assembler->ops;

	return ops->repeated &&
	       ops->repeated(outlet->assembler->user, &outlet->flow->session, outlet->flow->data,
			     outlet->sink.way, stream_offset, bytes, length);
}

static const struct fdar_half_sink *outlet_open(struct outlet *outlet,
						struct fdar_assembler *assembler,
						struct fdar_flow *flow, enum fdar_way way)
{
	outlet->assembler = assembler;
	outlet->flow = flow;
	outlet->sink = (struct fdar_half_sink){
		.arrived = arrived,
		.repeated = repeated,
		.user = outlet,
		.odd = &flow->session.odd,
		.gap_bit = way == FDAR_FROM_CLIENT ? FDAR_ODD_GAP_CLIENT : FDAR_ODD_GAP_SERVER,
		.budget = &assembler->budget,
		.way = (uint8_t)way,
		.eager = assembler->options.eager,
	};
	return &outlet->sink;
}

static void finish_half(struct fdar_assembler *assembler, struct fdar_flow *flow, enum fdar_way way)
{
	struct outlet outlet;

	fdar_half_finish(&flow->half[way], outlet_open(&outlet, assembler, flow, way),
			 flow->session.end_ns, flow->last_packet);
}

void fdar_assembler_finish_tcp(struct fdar_assembler *assembler, struct fdar_flow *flow)
{
	/* The first FIN first. */
	enum fdar_way first =
		flow->half[1].fin &&
		(!flow->half[0].fin || flow->half[1].fin_packet < flow->half[0].fin_packet);

	finish_half(assembler, flow, first);
	finish_half(assembler, flow, !first);
}

/* A SYN says who the client is: the sides were guessed wrong. */
static void swap_sides(struct fdar_flow *flow)
{
	struct fdar_half half = flow->half[0];
	struct fdar_way_totals totals = flow->session.way[0];

	flow->half[0] = flow->half[1];
	flow->half[1] = half;
	flow->session.way[0] = flow->session.way[1];
	flow->session.way[1] = totals;
	flow->session.first_way = !flow->session.first_way;
	flow->reset.way = !flow->reset.way;
	fdar_flow_set_sides(flow, !flow->low_is_client);
}

/* Both sides have ended it, and here is data with other numbers both ways: of a connection whose
 * beginning was not captured. */
static gboolean is_elsewhere(const struct fdar_flow *flow, const struct fdar_arriving *arriving)
{
	const struct fdar_decoded *decoded = arriving->decoded;
	enum fdar_way way = fdar_flow_way(flow, arriving->src_low);
	const struct fdar_half *half = &flow->half[way], *other = &flow->half[!way];

	return half->fin_done && other->fin_done && fdar_decoded_payload_length(decoded) > 0 &&
	       decoded->flags & FDAR_TCP_ACK &&
	       fdar_seq_distance(decoded->seq, half->fin_seq) > 1 &&
	       fdar_seq_distance(decoded->ack, other->fin_seq) > 1;
}

/* Whether a SYN+ACK acknowledges the SYN of this connection. */
static gboolean answers(const struct fdar_flow *flow, const struct fdar_arriving *arriving)
{
	const struct fdar_half *other = &flow->half[!fdar_flow_way(flow, arriving->src_low)];

	return other->syn && arriving->decoded->ack == other->isn + 1;
}

/* Whether number cannot be of a stream of which nothing but its SYN was seen: before it, or so far
 * behind it that no capture has lost all between them. */
static gboolean is_foreign(uint32_t number, uint32_t isn)
{
	int32_t ahead = fdar_seq_distance(number, isn + 1);

	return ahead < 0 || ahead > LOST_BEHIND_SYN;
}

/* One side has sent a SYN, and nothing else was seen; here both go on with other numbers. The SYN was
 * a stray one, on ports whose connection began before the capture. */
static gboolean is_behind_stray(const struct fdar_flow *flow, const struct fdar_arriving *arriving)
{
	const struct fdar_decoded *decoded = arriving->decoded;
	enum fdar_way way = fdar_flow_way(flow, arriving->src_low);
	enum fdar_way asker = flow->half[1].syn ? FDAR_FROM_SERVER : FDAR_FROM_CLIENT;
	const struct fdar_half *half = &flow->half[asker];

	if (!half->syn || flow->half[!asker].topped || half->offset > 0 || half->waiting.head ||
	    half->top != half->isn + 1 || half->others > 0 || flow->late_syn ||
	    decoded->flags & FDAR_TCP_RST || !(decoded->flags & FDAR_TCP_ACK))
		return FALSE;
	return is_foreign(way == asker ? decoded->seq : decoded->ack, half->isn);
}

/* Whether a SYN of which nothing was seen before can be one that comes late: what was seen of its
 * sender lies behind it, and no more of it than can have overtaken it, unless it was answered. */
static gboolean can_be_late(const struct fdar_half *half, const struct fdar_half *other,
			    uint32_t isn)
{
	int32_t ahead = fdar_seq_distance(half->next, isn + 1);

	return fdar_half_believes(half, isn) && ahead >= 0 && (ahead <= AHEAD_OF_SYN || other->syn);
}

gboolean fdar_assembler_starts_anew(const struct fdar_flow *flow,
				    const struct fdar_arriving *arriving)
{
	const struct fdar_decoded *decoded = arriving->decoded;
	const struct fdar_half *half = &flow->half[fdar_flow_way(flow, arriving->src_low)];
	gboolean same =
		half->syn && (half->isn == decoded->seq || fdar_half_has_other(half, decoded->seq));

	if (!(decoded->flags & FDAR_TCP_SYN))
		return is_elsewhere(flow, arriving) || is_behind_stray(flow, arriving);
	/* A SYN of the same number is a retry, or an old one that was on its way for long. */
	if (decoded->flags & FDAR_TCP_RST || same)
		return FALSE;
	if (half->syn && decoded->flags & FDAR_TCP_ACK)
		return flow->ending ||
		       ((half->offset > 0 || flow->established) && !answers(flow, arriving));
	if (half->syn)
		return TRUE;
	/* Without SYN so far: a late one, which lies before what was seen, or another session's. */
	if (flow->ending && !(decoded->flags & FDAR_TCP_ACK))
		return TRUE;
	/* It stands elsewhere already, or, with a keep-alive, one before that. */
	if (half->state == FDAR_HALF_UNKNOWN)
		return half->spoken && decoded->seq + 1 != half->at && decoded->seq != half->at;
	if (half->offset > 0 || half->fin_done)
		return !fdar_half_begins_at(half, decoded->seq);
	return !can_be_late(half, &flow->half[!fdar_flow_way(flow, arriving->src_low)],
			    decoded->seq);
}

void fdar_assembler_learn(struct fdar_flow *flow, const struct fdar_arriving *arriving)
{
	gboolean answer = (arriving->decoded->flags & FDAR_TCP_ACK) != 0;
	gboolean from_server = fdar_flow_way(flow, arriving->src_low) == FDAR_FROM_SERVER;
	struct fdar_session *session = &flow->session;

	if (session->odd & FDAR_ODD_GUESSED_SIDES && answer != from_server && session->pieces == 0)
		swap_sides(flow);
	session->odd &= ~(uint32_t)FDAR_ODD_GUESSED_SIDES;
	if (session->began == FDAR_BEGAN_MID_STREAM)
		session->began = answer ? FDAR_BEGAN_SYNACK : FDAR_BEGAN_SYN;
	else if (session->began == (answer ? FDAR_BEGAN_SYN : FDAR_BEGAN_SYNACK))
		session->began = FDAR_BEGAN_HANDSHAKE;
	if (flow->ending && !answer) {
		flow->late_syn = TRUE;
		flow->late_isn = arriving->decoded->seq;
	}
	if (arriving->decoded->fast_open)
		session->odd |= FDAR_ODD_FAST_OPEN;
}

/* Hands on a reset that stands. */
static void deliver_reset(struct fdar_assembler *assembler, struct fdar_flow *flow,
			  const struct fdar_flow_reset *reset)
{
	struct fdar_half *half = &flow->half[reset->way];
	struct fdar_arrival arrival = {
		.piece = { .kind = FDAR_PIECE_RST, .way = reset->way, .acked = reset->acked }
	};

	half->time_ns = MAX(half->time_ns, reset->time_ns);
	half->packet = MAX(half->packet, reset->packet);
	arrival.piece.time_ns = half->time_ns;
	arrival.packet = half->packet;
	arrival.stream_offset = half->offset;
	if (reset->followed)
		flow->session.odd |= FDAR_ODD_AFTER_END;
	fdar_assembler_deliver(assembler, flow, &arrival);
	flow->session.ended = FDAR_ENDED_RST;
	flow->session.ended_by = reset->way;
}

void fdar_assembler_finish_reset(struct fdar_assembler *assembler, struct fdar_flow *flow)
{
	if (!flow->reset.pending)
		return;
	flow->reset.pending = FALSE;
	deliver_reset(assembler, flow, &flow->reset);
}

/* Live there is no waiting for what both sides make of it: it must have the number that the receiver
 * expects, or it would be asked back about (RFC 5961). */
static gboolean is_exact(const struct fdar_half *half, uint32_t seq)
{
	return half->state == FDAR_HALF_UNKNOWN || seq == half->next ||
	       (half->topped && seq == half->top) || (half->has_last_ack && seq == half->last_ack);
}

static void reset(struct fdar_assembler *assembler, struct fdar_flow *flow,
		  const struct fdar_arriving *arriving)
{
	struct fdar_half *half = &flow->half[arriving->way];
	struct fdar_flow_reset one = { .time_ns = arriving->time_ns,
				       .packet = arriving->order,
				       .acked = half->other,
				       .way = (uint8_t)arriving->way,
				       .pending = TRUE };

	if (!fdar_half_believes(half, arriving->decoded->seq) ||
	    (assembler->options.eager && !is_exact(half, arriving->decoded->seq))) {
		flow->session.odd |= FDAR_ODD_STRAY_RST;
		return;
	}
	/* Once is enough, and behind both FINs it says nothing. */
	if (flow->session.ended == FDAR_ENDED_RST || flow->reset.pending ||
	    (fdar_half_is_over(&flow->half[0]) && fdar_half_is_over(&flow->half[1])))
		return;
	flow->ending = TRUE;
	if (assembler->options.eager) {
		fdar_assembler_finish_tcp(assembler, flow);
		deliver_reset(assembler, flow, &one);
		return;
	}
	for (unsigned way = 0; way < 2; way++) {
		one.top[way] = flow->half[way].top;
		one.topped[way] = flow->half[way].topped;
	}
	flow->reset = one;
	fdar_half_freeze(half, arriving->order);
}

gboolean fdar_assembler_undoes_reset(const struct fdar_flow *flow,
				     const struct fdar_arriving *arriving)
{
	enum fdar_way acked = (enum fdar_way) !fdar_flow_way(flow, arriving->src_low);
	const struct fdar_half *other = &flow->half[acked];
	const struct fdar_flow_reset *reset = &flow->reset;
	uint32_t ack = arriving->decoded->ack;

	if (!reset->pending || !(arriving->decoded->flags & FDAR_TCP_ACK) ||
	    arriving->decoded->flags & FDAR_TCP_RST || !other->topped ||
	    fdar_seq_distance(other->top, ack) < 0)
		return FALSE;
	return !reset->topped[acked] || fdar_seq_distance(ack, reset->top[acked]) > 0;
}

static void doubt_reset(struct fdar_assembler *assembler, struct fdar_flow *flow,
			const struct fdar_arriving *arriving)
{
	enum fdar_way way = flow->reset.way;
	struct outlet outlet;

	if (!fdar_assembler_undoes_reset(flow, arriving))
		return;
	flow->reset.pending = FALSE;
	flow->ending = flow->half[0].fin || flow->half[1].fin;
	flow->session.odd |= FDAR_ODD_STRAY_RST;
	fdar_half_thaw(&flow->half[way], outlet_open(&outlet, assembler, flow, way));
}

/* A SYN+ACK that acknowledges neither a SYN of the other side nor what it sent with it says nothing
 * of what has arrived. */
static gboolean answers_nothing(const struct fdar_half *other, const struct fdar_decoded *decoded)
{
	int32_t beyond = fdar_seq_distance(decoded->ack, other->isn + 1);

	return decoded->flags & FDAR_TCP_SYN && other->syn &&
	       (beyond < 0 || !other->topped || fdar_seq_distance(decoded->ack, other->top) > 0) &&
	       !fdar_half_has_other(other, decoded->ack - 1);
}

/* What the packet acknowledges: patience with the other way's holes, and a hint at what the sender
 * had read. Not of a RST, whose number may mean nothing. */
static void acknowledge(struct fdar_assembler *assembler, struct fdar_flow *flow,
			const struct fdar_arriving *arriving)
{
	enum fdar_way way = !arriving->way;
	struct outlet outlet;
	struct fdar_half *own = &flow->half[arriving->way];
	struct fdar_half *other = &flow->half[!arriving->way];

	if (!(arriving->decoded->flags & FDAR_TCP_ACK) || arriving->decoded->flags & FDAR_TCP_RST ||
	    answers_nothing(other, arriving->decoded))
		return;
	/* Who talks to itself, from the port to which it talks, has one way only. */
	if (fdar_endpoint_equal(&arriving->decoded->src, &arriving->decoded->dst))
		return;
	fdar_half_acked(other, outlet_open(&outlet, assembler, flow, way), arriving->decoded->ack,
			own->syn);
	own->other = MAX(own->other, fdar_half_offset_of(other, arriving->decoded->ack));
}

static void pass(struct fdar_assembler *assembler, struct fdar_flow *flow,
		 const struct fdar_arriving *arriving, enum fdar_way way)
{
	struct outlet outlet;

	fdar_half_passed(&flow->half[way], outlet_open(&outlet, assembler, flow, way),
			 arriving->time_ns, arriving->order, flow->session.way[way].packets > 0);
}

/* The payload; where a byte of it is urgent, what ends with that byte goes first. */
static void take(struct fdar_flow *flow, struct fdar_half *half, const struct fdar_half_sink *sink,
		 const struct fdar_segment *whole, uint32_t urgent)
{
	struct fdar_segment front = *whole, rest = *whole;

	if (urgent == 0 || urgent > whole->captured) {
		fdar_half_take(half, sink, whole);
		return;
	}
	flow->session.odd |= FDAR_ODD_URGENT;
	front.length = front.captured = urgent;
	front.urgent = TRUE;
	front.fin = whole->fin && urgent == whole->length;
	fdar_half_take(half, sink, &front);
	if (urgent == whole->length)
		return;
	rest.seq += urgent;
	rest.bytes += urgent;
	rest.length -= urgent;
	rest.captured -= urgent;
	fdar_half_take(half, sink, &rest);
}

static struct fdar_segment segment_of(const struct fdar_arriving *arriving)
{
	const struct fdar_decoded *decoded = arriving->decoded;

	return (struct fdar_segment){
		.bytes = fdar_decoded_payload(decoded),
		.seq = decoded->seq + (decoded->flags & FDAR_TCP_SYN ? 1 : 0),
		.captured = fdar_decoded_payload_captured(decoded),
		.length = fdar_decoded_payload_length(decoded),
		.time_ns = arriving->time_ns,
		.packet = arriving->order,
		.syn = (decoded->flags & FDAR_TCP_SYN) != 0,
		.push = (decoded->flags & FDAR_TCP_PSH) != 0,
		.fin = (decoded->flags & FDAR_TCP_FIN) != 0,
	};
}

/* When the handshake went on. */
static void note_handshake(struct fdar_flow *flow, const struct fdar_arriving *arriving)
{
	struct fdar_session *session = &flow->session;
	uint32_t after_us =
		(uint32_t)MIN((arriving->time_ns - session->start_ns) / 1000, UINT32_MAX);

	if (flow->established && !session->ack_us)
		session->ack_us = after_us;
	if (arriving->decoded->flags & FDAR_TCP_SYN && arriving->decoded->flags & FDAR_TCP_ACK &&
	    !session->synack_us)
		session->synack_us = after_us;
}

/* Where the sender stands, by a segment of whatever kind. */
static void note_numbers(struct fdar_half *half, const struct fdar_segment *segment)
{
	if (segment->length + segment->fin + segment->syn > 0) {
		fdar_half_reached(half, segment->seq + segment->length + segment->fin);
		return;
	}
	half->spoken = TRUE;
	half->at = segment->seq;
}

static void feed(struct fdar_assembler *assembler, struct fdar_flow *flow,
		 const struct fdar_arriving *arriving)
{
	const struct fdar_decoded *decoded = arriving->decoded;
	struct fdar_half *half = &flow->half[arriving->way];
	struct fdar_segment segment = segment_of(arriving);
	struct outlet outlet;
	const struct fdar_half_sink *sink = outlet_open(&outlet, assembler, flow, arriving->way);

	if (segment.captured < segment.length)
		flow->session.odd |= FDAR_ODD_CUT;
	if (segment.syn) {
		fdar_half_begin(half, sink, decoded->seq);
		flow->session.numbers[arriving->way] = half->isn;
	}
	acknowledge(assembler, flow, arriving);
	segment.acked = half->other;
	pass(assembler, flow, arriving, (enum fdar_way) !arriving->way);
	if (decoded->flags & FDAR_TCP_RST) {
		reset(assembler, flow, arriving);
	} else {
		/* A server talks when the client has acknowledged, also where that was not seen. */
		if (segment.length + segment.fin > 0 ||
		    (arriving->way == FDAR_FROM_CLIENT && decoded->flags & FDAR_TCP_ACK))
			flow->established = TRUE;
		note_numbers(half, &segment);
		doubt_reset(assembler, flow, arriving);
		flow->reset.followed |= flow->reset.pending && segment.length > 0;
		take(flow, half, sink, &segment, decoded->urgent);
		if (segment.fin)
			flow->ending = TRUE;
	}
	pass(assembler, flow, arriving, arriving->way);
}

void fdar_assembler_feed_tcp(struct fdar_assembler *assembler, struct fdar_flow *flow,
			     const struct fdar_arriving *arriving)
{
	uint32_t before = flow->session.odd;
	gboolean seen = fdar_assembler_note_segment(assembler, flow, arriving);

	feed(assembler, flow, arriving);
	note_handshake(flow, arriving);
	/* The capture's doing, and not the sender's: unless they are other bytes. */
	if (seen && !(flow->session.odd & ~before & FDAR_ODD_DIFFERS))
		flow->session.odd &= before | ~(uint32_t)FDAR_ODD_RETRANSMITS;
}
