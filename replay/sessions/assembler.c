#include "replay/sessions/assembler.h"

#include <pcap/pcap.h>
#include <string.h>

#include "replay/sessions/assembler_private.h"

#define NS_PER_S       ((uint64_t)1000000000)
#define UDP_IDLE_NS    (60 * NS_PER_S)
#define FORGET_NS      (120 * NS_PER_S)
#define WELL_KNOWN_END 1024

struct fd_assembler *fd_assembler_new(int link, const struct fd_assembler_options *options,
				      const struct fd_assembler_ops *ops, void *user,
				      GError **error)
{
	const char *expected = fd_decode_check_link(link);
	struct fd_assembler *assembler;

	if (expected) {
		const char *name = pcap_datalink_val_to_description(link);

		g_set_error(error, FD_CAPTURE_ERROR, FD_CAPTURE_ERROR_FORMAT,
			    "packets of link type %d (%s) are not read, expected %s", link,
			    name ? name : "unknown", expected);
		return NULL;
	}
	assembler = g_new0(struct fd_assembler, 1);
	assembler->link = link;
	if (options)
		assembler->options = *options;
	if (!assembler->options.udp_idle_ns)
		assembler->options.udp_idle_ns = UDP_IDLE_NS;
	if (!assembler->options.forget_ns)
		assembler->options.forget_ns = FORGET_NS;
	assembler->ops = ops;
	assembler->user = user;
	fd_flows_init(&assembler->flows);
	assembler->defrag = fd_defrag_new();
	fd_timeline_init(&assembler->line, assembler->options.max_gap_ns);
	fd_timeline_init(&assembler->clock, FD_TIMELINE_KEEP);
	return assembler;
}

static void count_arrival(struct fd_flow *flow, const struct fd_arrival *arrival)
{
	const struct fd_piece *piece = &arrival->piece;
	struct fd_way_totals *totals = &flow->session.way[piece->way];

	switch (piece->kind) {
	case FD_PIECE_DATA:
		totals->bytes += piece->length;
		totals->pieces++;
		if (flow->last_way != piece->way + 1u)
			totals->messages++;
		flow->last_way = (uint8_t)(piece->way + 1u);
		break;
	case FD_PIECE_GAP:
		totals->gap_bytes += piece->length;
		break;
	default:
		break;
	}
	flow->session.pieces++;
}

void fd_assembler_deliver(struct fd_assembler *assembler, struct fd_flow *flow,
			  const struct fd_arrival *arrival)
{
	struct fd_session *session = &flow->session;

	count_arrival(flow, arrival);
	if (session->ended == FD_ENDED_RST && arrival->piece.kind == FD_PIECE_DATA)
		session->odd |= FD_ODD_AFTER_END;
	if (arrival->piece.kind == FD_PIECE_FIN && session->ended != FD_ENDED_RST) {
		if (session->ended == FD_ENDED_OPEN)
			session->ended_by = arrival->piece.way;
		session->ended = session->ended == FD_ENDED_HALF ? FD_ENDED_FIN : FD_ENDED_HALF;
	}
	if (assembler->ops->arrived)
		assembler->ops->arrived(assembler->user, session, flow->data, arrival);
}

/* The session's last event, and the end of its flow. */
static void close_flow(struct fd_assembler *assembler, struct fd_flow *flow, enum fd_ended ended)
{
	if (flow->session.transport == FD_TCP)
		fd_assembler_finish_tcp(assembler, flow);
	if (flow->session.ended == FD_ENDED_OPEN)
		flow->session.ended = (uint8_t)ended;
	if (assembler->ops->closed)
		assembler->ops->closed(assembler->user, &flow->session, flow->data);
	fd_flows_drop(&assembler->flows, flow, &assembler->budget);
}

static void drop_idle(struct fd_assembler *assembler, enum fd_flow_list list, uint64_t idle_ns,
		      uint64_t clock_ns)
{
	struct fd_flow *oldest;

	while ((oldest = fd_flows_oldest(&assembler->flows, list)) &&
	       clock_ns - oldest->clock_ns > idle_ns)
		close_flow(assembler, oldest, FD_ENDED_IDLE);
}

static void drop_old(struct fd_assembler *assembler, uint64_t clock_ns)
{
	drop_idle(assembler, FD_FLOW_UDP, assembler->options.udp_idle_ns, clock_ns);
	drop_idle(assembler, FD_FLOW_TCP_CLOSED, assembler->options.forget_ns, clock_ns);
	if (assembler->options.tcp_idle_ns)
		drop_idle(assembler, FD_FLOW_TCP, assembler->options.tcp_idle_ns, clock_ns);
}

/* Whether the sender of a session's first packet is its server. guessed is set when nothing but
 * the ports speaks for it. */
static gboolean sender_is_server(const struct fd_assembler *assembler,
				 const struct fd_decoded *decoded, gboolean *guessed)
{
	const struct fd_endpoint *known = &assembler->options.server;
	uint8_t syn = decoded->flags & (FD_TCP_SYN | FD_TCP_ACK);

	*guessed = FALSE;
	if (known->family)
		return decoded->src.port == known->port && decoded->dst.port != known->port;
	if (decoded->kind == FD_DECODED_UDP)
		return decoded->src.port < WELL_KNOWN_END && decoded->dst.port >= WELL_KNOWN_END;
	if (syn & FD_TCP_SYN)
		return syn == (FD_TCP_SYN | FD_TCP_ACK);
	*guessed = TRUE;
	return decoded->src.port < decoded->dst.port;
}

static enum fd_began began(const struct fd_decoded *decoded)
{
	if (decoded->kind == FD_DECODED_UDP)
		return FD_BEGAN_DATAGRAM;
	if (!(decoded->flags & FD_TCP_SYN))
		return FD_BEGAN_MID_STREAM;
	return decoded->flags & FD_TCP_ACK ? FD_BEGAN_SYNACK : FD_BEGAN_SYN;
}

void fd_flow_set_sides(struct fd_flow *flow, gboolean low_is_client)
{
	flow->low_is_client = low_is_client != FALSE;
	flow->session.client = low_is_client ? flow->key.low : flow->key.high;
	flow->session.server = low_is_client ? flow->key.high : flow->key.low;
}

static struct fd_flow *open_flow(struct fd_assembler *assembler, const struct fd_flow_key *key,
				 const struct fd_arriving *arriving)
{
	const struct fd_decoded *decoded = arriving->decoded;
	gboolean udp = decoded->kind == FD_DECODED_UDP;
	struct fd_flow *flow = fd_flows_add(&assembler->flows, key, udp ? FD_FLOW_UDP : FD_FLOW_TCP,
					    arriving->clock_ns);
	gboolean guessed;
	gboolean server = sender_is_server(assembler, decoded, &guessed);

	fd_flow_set_sides(flow, arriving->src_low != server);
	flow->session.id = assembler->sessions++;
	flow->session.transport = decoded->protocol;
	flow->session.began = (uint8_t)began(decoded);
	flow->session.packet = arriving->packet->number;
	flow->session.epoch_ns = flow->epoch_ns = arriving->packet->epoch_ns;
	flow->session.start_ns = arriving->time_ns;
	if (guessed)
		flow->session.odd |= FD_ODD_GUESSED_SIDES;
	if (assembler->ops->opened)
		assembler->ops->opened(assembler->user, &flow->session, &flow->data);
	return flow;
}

static void feed_udp(struct fd_assembler *assembler, struct fd_flow *flow,
		     const struct fd_arriving *arriving)
{
	struct fd_half *half = &flow->half[arriving->way];
	uint32_t captured = fd_decoded_payload_captured(arriving->decoded);
	uint32_t length = fd_decoded_payload_length(arriving->decoded);
	struct fd_arrival arrival = { .piece = { .time_ns = arriving->time_ns,
						 .kind = FD_PIECE_DATA,
						 .way = (uint8_t)arriving->way,
						 .length = captured },
				      .bytes = fd_decoded_payload(arriving->decoded),
				      .stream_offset = half->offset,
				      .packet = arriving->packet->number };

	half->offset += length;
	fd_assembler_deliver(assembler, flow, &arrival);
	if (captured == length)
		return;
	flow->session.odd |= FD_ODD_CUT | (arriving->way == FD_FROM_CLIENT ? FD_ODD_GAP_CLIENT
									   : FD_ODD_GAP_SERVER);
	arrival.piece.kind = FD_PIECE_GAP;
	arrival.piece.length = length - captured;
	arrival.stream_offset += captured;
	arrival.bytes = NULL;
	fd_assembler_deliver(assembler, flow, &arrival);
}

static gboolean wanted(const struct fd_assembler *assembler, const struct fd_decoded *decoded)
{
	static const uint8_t any[16];
	const struct fd_endpoint *server = &assembler->options.server;

	if (!server->family)
		return TRUE;
	if (memcmp(server->addr, any, sizeof(any)) == 0)
		return decoded->src.port == server->port || decoded->dst.port == server->port;
	return fd_endpoint_equal(&decoded->src, server) || fd_endpoint_equal(&decoded->dst, server);
}

/* The flow that a packet belongs to, which may be a new one. */
static struct fd_flow *route(struct fd_assembler *assembler, struct fd_arriving *arriving)
{
	struct fd_flow_key key;
	struct fd_flow *flow;

	arriving->src_low = fd_flow_key_make(&assembler->flows, arriving->decoded, &key);
	flow = fd_flows_find(&assembler->flows, &key);
	if (flow && arriving->decoded->kind == FD_DECODED_TCP &&
	    fd_assembler_starts_anew(flow, arriving)) {
		close_flow(assembler, flow, FD_ENDED_REUSED);
		flow = NULL;
	}
	if (!flow)
		flow = open_flow(assembler, &key, arriving);
	if (arriving->decoded->kind == FD_DECODED_TCP && arriving->decoded->flags & FD_TCP_SYN)
		fd_assembler_learn(flow, arriving);
	arriving->way = fd_flow_way(flow, arriving->src_low);
	return flow;
}

/* Books the packets (one, or the fragments of one datagram) to the session. */
static void account(struct fd_assembler *assembler, struct fd_flow *flow,
		    const struct fd_arriving *arriving, GPtrArray *fragments)
{
	struct fd_session *session = &flow->session;
	guint count = fragments ? fragments->len : 1;

	session->way[arriving->way].packets += count;
	assembler->totals.in_sessions += count;
	if (fragments)
		session->odd |= FD_ODD_FRAGMENTS;
	if (arriving->packet->epoch_ns < flow->epoch_ns)
		session->odd |= FD_ODD_CLOCK_BACK;
	flow->epoch_ns = arriving->packet->epoch_ns;
	flow->last_packet = arriving->packet->number;
	session->end_ns = arriving->time_ns;
	for (guint i = 0; assembler->ops->packet && i < count; i++)
		assembler->ops->packet(assembler->user, session, flow->data, arriving->way,
				       fragments ? fragments->pdata[i] : arriving->packet,
				       arriving->decoded, arriving->time_ns);
}

static void feed_segment(struct fd_assembler *assembler, struct fd_arriving *arriving,
			 GPtrArray *fragments)
{
	struct fd_flow *flow;
	gboolean tcp = arriving->decoded->kind == FD_DECODED_TCP;

	if (!wanted(assembler, arriving->decoded))
		return;
	flow = route(assembler, arriving);
	account(assembler, flow, arriving, fragments);
	if (tcp)
		fd_assembler_feed_tcp(assembler, flow, arriving);
	else
		feed_udp(assembler, flow, arriving);
	fd_flows_touch(&assembler->flows, flow,
		       !tcp ? FD_FLOW_UDP
		       : flow->session.ended == FD_ENDED_RST || flow->session.ended == FD_ENDED_FIN
			       ? FD_FLOW_TCP_CLOSED
			       : FD_FLOW_TCP,
		       arriving->clock_ns);
}

static void feed_fragment(struct fd_assembler *assembler, struct fd_arriving *arriving)
{
	struct fd_datagram *datagram = fd_defrag_feed(assembler->defrag, arriving->packet,
						      arriving->decoded, arriving->clock_ns);

	if (!datagram)
		return;
	arriving->decoded = &datagram->decoded;
	switch (datagram->decoded.kind) {
	case FD_DECODED_TCP:
	case FD_DECODED_UDP:
		feed_segment(assembler, arriving, datagram->packets);
		break;
	case FD_DECODED_OTHER:
		assembler->totals.other_protocol += datagram->packets->len;
		break;
	default:
		assembler->totals.malformed += datagram->packets->len;
	}
	fd_datagram_free(datagram);
}

void fd_assembler_feed(struct fd_assembler *assembler, const struct fd_packet *packet)
{
	struct fd_decoded decoded;
	struct fd_arriving arriving = { .decoded = &decoded, .packet = packet };

	assembler->totals.packets++;
	arriving.time_ns = fd_timeline_at(&assembler->line, packet->epoch_ns);
	arriving.clock_ns = fd_timeline_at(&assembler->clock, packet->epoch_ns);
	assembler->totals.squeezed_ns = assembler->line.squeezed_ns;
	assembler->totals.clock_back = assembler->line.backward;
	drop_old(assembler, arriving.clock_ns);
	fd_decode(assembler->link, packet, &decoded);
	switch (decoded.kind) {
	case FD_DECODED_TCP:
	case FD_DECODED_UDP:
		feed_segment(assembler, &arriving, NULL);
		break;
	case FD_DECODED_FRAGMENT:
		feed_fragment(assembler, &arriving);
		assembler->totals.lone_fragments = fd_defrag_lone(assembler->defrag);
		break;
	case FD_DECODED_NOT_IP:
		assembler->totals.not_ip++;
		break;
	case FD_DECODED_OTHER:
		assembler->totals.other_protocol++;
		break;
	default:
		assembler->totals.malformed++;
	}
}

void fd_assembler_tick(struct fd_assembler *assembler, uint64_t epoch_ns)
{
	fd_timeline_at(&assembler->line, epoch_ns);
	drop_old(assembler, fd_timeline_at(&assembler->clock, epoch_ns));
}

void fd_assembler_finish(struct fd_assembler *assembler)
{
	GPtrArray *flows = fd_flows_sorted(&assembler->flows);

	fd_defrag_finish(assembler->defrag);
	assembler->totals.lone_fragments = fd_defrag_lone(assembler->defrag);
	for (guint i = 0; i < flows->len; i++)
		close_flow(assembler, flows->pdata[i], FD_ENDED_OPEN);
	g_ptr_array_unref(flows);
}

const struct fd_capture_totals *fd_assembler_totals(const struct fd_assembler *assembler)
{
	return &assembler->totals;
}

uint64_t fd_assembler_line_ns(const struct fd_assembler *assembler)
{
	return assembler->line.now_ns;
}

uint32_t fd_assembler_sessions(const struct fd_assembler *assembler, uint32_t *open)
{
	if (open)
		*open = g_hash_table_size(assembler->flows.table);
	return assembler->sessions;
}

void fd_assembler_free(struct fd_assembler *assembler)
{
	if (!assembler)
		return;
	fd_flows_clear(&assembler->flows, &assembler->budget);
	fd_defrag_free(assembler->defrag);
	g_free(assembler);
}
