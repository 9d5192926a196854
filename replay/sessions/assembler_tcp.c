#include "replay/sessions/assembler_private.h"

/* What a half's sink needs to know. */
struct outlet {
	struct fd_assembler *assembler;
	struct fd_flow *flow;
	struct fd_half_sink sink;
};

static void arrived(void *user, const struct fd_arrival *arrival)
{
	struct outlet *outlet = user;

	fd_assembler_deliver(outlet->assembler, outlet->flow, arrival);
}

static gboolean repeated(void *user, uint64_t stream_offset, const uint8_t *bytes, uint32_t length)
{
	struct outlet *outlet = user;
	const struct fd_assembler_ops *ops = outlet->assembler->ops;

	return ops->repeated &&
	       ops->repeated(outlet->assembler->user, &outlet->flow->session, outlet->flow->data,
			     outlet->sink.way, stream_offset, bytes, length);
}

static const struct fd_half_sink *outlet_open(struct outlet *outlet, struct fd_assembler *assembler,
					      struct fd_flow *flow, enum fd_way way)
{
	outlet->assembler = assembler;
	outlet->flow = flow;
	outlet->sink = (struct fd_half_sink){
		.arrived = arrived,
		.repeated = repeated,
		.user = outlet,
		.odd = &flow->session.odd,
		.gap_bit = way == FD_FROM_CLIENT ? FD_ODD_GAP_CLIENT : FD_ODD_GAP_SERVER,
		.budget = &assembler->budget,
		.way = (uint8_t)way,
		.eager = assembler->options.eager,
	};
	return &outlet->sink;
}

static void finish_half(struct fd_assembler *assembler, struct fd_flow *flow, enum fd_way way)
{
	struct outlet outlet;

	fd_half_finish(&flow->half[way], outlet_open(&outlet, assembler, flow, way),
		       flow->session.end_ns, flow->last_packet);
}

void fd_assembler_finish_tcp(struct fd_assembler *assembler, struct fd_flow *flow)
{
	finish_half(assembler, flow, FD_FROM_CLIENT);
	finish_half(assembler, flow, FD_FROM_SERVER);
}

/* A SYN says who the client is: the sides were guessed wrong. */
static void swap_sides(struct fd_flow *flow)
{
	struct fd_half half = flow->half[0];
	struct fd_way_totals totals = flow->session.way[0];

	flow->half[0] = flow->half[1];
	flow->half[1] = half;
	flow->session.way[0] = flow->session.way[1];
	flow->session.way[1] = totals;
	fd_flow_set_sides(flow, !flow->low_is_client);
}

gboolean fd_assembler_starts_anew(const struct fd_flow *flow, const struct fd_arriving *arriving)
{
	const struct fd_decoded *decoded = arriving->decoded;
	const struct fd_half *half = &flow->half[fd_flow_way(flow, arriving->src_low)];
	gboolean same = half->syn && half->isn == decoded->seq;

	if (!(decoded->flags & FD_TCP_SYN) || decoded->flags & FD_TCP_RST)
		return FALSE;
	if (decoded->flags & FD_TCP_ACK)
		return flow->ending && half->syn && !same;
	if (flow->ending)
		return TRUE;
	/* Without SYN so far: a late one, which lies before what was seen, or another session's. */
	if (!half->syn)
		return half->state != FD_HALF_UNKNOWN &&
		       (half->offset > 0 || !fd_half_believes(half, decoded->seq));
	return !same;
}

void fd_assembler_learn(struct fd_flow *flow, const struct fd_arriving *arriving)
{
	gboolean answer = (arriving->decoded->flags & FD_TCP_ACK) != 0;
	gboolean from_server = fd_flow_way(flow, arriving->src_low) == FD_FROM_SERVER;
	struct fd_session *session = &flow->session;

	if (session->odd & FD_ODD_GUESSED_SIDES && answer != from_server && session->pieces == 0)
		swap_sides(flow);
	session->odd &= ~(uint32_t)FD_ODD_GUESSED_SIDES;
	if (session->began == FD_BEGAN_MID_STREAM)
		session->began = answer ? FD_BEGAN_SYNACK : FD_BEGAN_SYN;
	else if (session->began == (answer ? FD_BEGAN_SYN : FD_BEGAN_SYNACK))
		session->began = FD_BEGAN_HANDSHAKE;
	if (arriving->decoded->fast_open)
		session->odd |= FD_ODD_FAST_OPEN;
}

static void reset(struct fd_assembler *assembler, struct fd_flow *flow,
		  const struct fd_arriving *arriving)
{
	struct fd_half *half = &flow->half[arriving->way];
	struct fd_arrival arrival = { .piece = { .kind = FD_PIECE_RST,
						 .way = (uint8_t)arriving->way,
						 .acked = half->other },
				      .packet = arriving->packet->number };

	if (!fd_half_believes(half, arriving->decoded->seq)) {
		flow->session.odd |= FD_ODD_STRAY_RST;
		return;
	}
	/* Once is enough, and behind both FINs it says nothing. */
	if (flow->session.ended == FD_ENDED_RST || flow->session.ended == FD_ENDED_FIN)
		return;
	fd_assembler_finish_tcp(assembler, flow);
	flow->ending = TRUE;
	half->time_ns = MAX(half->time_ns, arriving->time_ns);
	half->packet = MAX(half->packet, arriving->packet->number);
	arrival.piece.time_ns = half->time_ns;
	arrival.stream_offset = half->offset;
	fd_assembler_deliver(assembler, flow, &arrival);
	flow->session.ended = FD_ENDED_RST;
	flow->session.ended_by = (uint8_t)arriving->way;
}

/* What the packet acknowledges: patience with the other way's holes, and a hint at what the sender
 * had read. Not of a RST, whose number may mean nothing. */
static void acknowledge(struct fd_flow *flow, const struct fd_arriving *arriving)
{
	struct fd_half *own = &flow->half[arriving->way];
	struct fd_half *other = &flow->half[!arriving->way];

	if (!(arriving->decoded->flags & FD_TCP_ACK) || arriving->decoded->flags & FD_TCP_RST)
		return;
	fd_half_acked(other, arriving->decoded->ack, own->syn);
	own->other = MAX(own->other, fd_half_offset_of(other, arriving->decoded->ack));
}

static void pass(struct fd_assembler *assembler, struct fd_flow *flow,
		 const struct fd_arriving *arriving, enum fd_way way)
{
	struct outlet outlet;

	fd_half_passed(&flow->half[way], outlet_open(&outlet, assembler, flow, way),
		       arriving->time_ns, arriving->packet->number,
		       flow->session.way[way].packets > 0);
}

void fd_assembler_feed_tcp(struct fd_assembler *assembler, struct fd_flow *flow,
			   const struct fd_arriving *arriving)
{
	const struct fd_decoded *decoded = arriving->decoded;
	struct fd_half *half = &flow->half[arriving->way];
	struct fd_segment segment = {
		.bytes = fd_decoded_payload(decoded),
		.seq = decoded->seq + (decoded->flags & FD_TCP_SYN ? 1 : 0),
		.captured = fd_decoded_payload_captured(decoded),
		.length = fd_decoded_payload_length(decoded),
		.time_ns = arriving->time_ns,
		.packet = arriving->packet->number,
		.syn = (decoded->flags & FD_TCP_SYN) != 0,
		.push = (decoded->flags & FD_TCP_PSH) != 0,
		.fin = (decoded->flags & FD_TCP_FIN) != 0,
	};
	struct outlet outlet;
	const struct fd_half_sink *sink = outlet_open(&outlet, assembler, flow, arriving->way);

	if (segment.captured < segment.length)
		flow->session.odd |= FD_ODD_CUT;
	if (segment.syn)
		fd_half_begin(half, sink, decoded->seq);
	acknowledge(flow, arriving);
	segment.acked = half->other;
	pass(assembler, flow, arriving, (enum fd_way) !arriving->way);
	if (decoded->flags & FD_TCP_RST) {
		reset(assembler, flow, arriving);
	} else {
		fd_half_take(half, sink, &segment);
		if (segment.fin)
			flow->ending = TRUE;
	}
	pass(assembler, flow, arriving, arriving->way);
}
