#include "replay/sessions/assembler_private.h"

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
	finish_half(assembler, flow, FDAR_FROM_CLIENT);
	finish_half(assembler, flow, FDAR_FROM_SERVER);
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
	fdar_flow_set_sides(flow, !flow->low_is_client);
}

gboolean fdar_assembler_starts_anew(const struct fdar_flow *flow,
				    const struct fdar_arriving *arriving)
{
	const struct fdar_decoded *decoded = arriving->decoded;
	const struct fdar_half *half = &flow->half[fdar_flow_way(flow, arriving->src_low)];
	gboolean same = half->syn && half->isn == decoded->seq;

	if (!(decoded->flags & FDAR_TCP_SYN) || decoded->flags & FDAR_TCP_RST)
		return FALSE;
	if (decoded->flags & FDAR_TCP_ACK)
		return flow->ending && half->syn && !same;
	if (flow->ending)
		return TRUE;
	/* Without SYN so far: a late one, which lies before what was seen, or another session's. */
	if (!half->syn)
		return half->state != FDAR_HALF_UNKNOWN &&
		       (half->offset > 0 || !fdar_half_believes(half, decoded->seq));
	return !same;
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
	if (arriving->decoded->fast_open)
		session->odd |= FDAR_ODD_FAST_OPEN;
}

static void reset(struct fdar_assembler *assembler, struct fdar_flow *flow,
		  const struct fdar_arriving *arriving)
{
	struct fdar_half *half = &flow->half[arriving->way];
	struct fdar_arrival arrival = { .piece = { .kind = FDAR_PIECE_RST,
						   .way = (uint8_t)arriving->way,
						   .acked = half->other },
					.packet = arriving->packet->number };

	if (!fdar_half_believes(half, arriving->decoded->seq)) {
		flow->session.odd |= FDAR_ODD_STRAY_RST;
		return;
	}
	/* Once is enough, and behind both FINs it says nothing. */
	if (flow->session.ended == FDAR_ENDED_RST || flow->session.ended == FDAR_ENDED_FIN)
		return;
	fdar_assembler_finish_tcp(assembler, flow);
	flow->ending = TRUE;
	half->time_ns = MAX(half->time_ns, arriving->time_ns);
	half->packet = MAX(half->packet, arriving->packet->number);
	arrival.piece.time_ns = half->time_ns;
	arrival.stream_offset = half->offset;
	fdar_assembler_deliver(assembler, flow, &arrival);
	flow->session.ended = FDAR_ENDED_RST;
	flow->session.ended_by = (uint8_t)arriving->way;
}

/* What the packet acknowledges: patience with the other way's holes, and a hint at what the sender
 * had read. Not of a RST, whose number may mean nothing. */
static void acknowledge(struct fdar_flow *flow, const struct fdar_arriving *arriving)
{
	struct fdar_half *own = &flow->half[arriving->way];
	struct fdar_half *other = &flow->half[!arriving->way];

	if (!(arriving->decoded->flags & FDAR_TCP_ACK) || arriving->decoded->flags & FDAR_TCP_RST)
		return;
	fdar_half_acked(other, arriving->decoded->ack, own->syn);
	own->other = MAX(own->other, fdar_half_offset_of(other, arriving->decoded->ack));
}

static void pass(struct fdar_assembler *assembler, struct fdar_flow *flow,
		 const struct fdar_arriving *arriving, enum fdar_way way)
{
	struct outlet outlet;

	fdar_half_passed(&flow->half[way], outlet_open(&outlet, assembler, flow, way),
			 arriving->time_ns, arriving->packet->number,
			 flow->session.way[way].packets > 0);
}

void fdar_assembler_feed_tcp(struct fdar_assembler *assembler, struct fdar_flow *flow,
			     const struct fdar_arriving *arriving)
{
	const struct fdar_decoded *decoded = arriving->decoded;
	struct fdar_half *half = &flow->half[arriving->way];
	struct fdar_segment segment = {
		.bytes = fdar_decoded_payload(decoded),
		.seq = decoded->seq + (decoded->flags & FDAR_TCP_SYN ? 1 : 0),
		.captured = fdar_decoded_payload_captured(decoded),
		.length = fdar_decoded_payload_length(decoded),
		.time_ns = arriving->time_ns,
		.packet = arriving->packet->number,
		.syn = (decoded->flags & FDAR_TCP_SYN) != 0,
		.push = (decoded->flags & FDAR_TCP_PSH) != 0,
		.fin = (decoded->flags & FDAR_TCP_FIN) != 0,
	};
	struct outlet outlet;
	const struct fdar_half_sink *sink = outlet_open(&outlet, assembler, flow, arriving->way);

	if (segment.captured < segment.length)
		flow->session.odd |= FDAR_ODD_CUT;
	if (segment.syn)
		fdar_half_begin(half, sink, decoded->seq);
	acknowledge(flow, arriving);
	segment.acked = half->other;
	pass(assembler, flow, arriving, (enum fdar_way) !arriving->way);
	if (decoded->flags & FDAR_TCP_RST) {
		reset(assembler, flow, arriving);
	} else {
		fdar_half_take(half, sink, &segment);
		if (segment.fin)
			flow->ending = TRUE;
	}
	pass(assembler, flow, arriving, arriving->way);
}
