#include "replay/sessions/assembler.h"

#include <string.h>

#include "replay/sessions/assembler_private.h"
#include "replay/sessions/held.h"

#define NS_PER_S       ((uint64_t)1000000000)
#define UDP_IDLE_NS    (60 * NS_PER_S)
#define FORGET_NS      (120 * NS_PER_S)
#define WELL_KNOWN_END 1024

struct fdar_assembler *fdar_assembler_new(int link, const struct fdar_assembler_options *options,
					  const struct fdar_assembler_ops *ops, void *user)
{
	struct fdar_assembler *assembler = g_new0(struct fdar_assembler, 1);

	assembler->link = link;
	if (options)
		assembler->options = *options;
	if (!assembler->options.udp_idle_ns)
		assembler->options.udp_idle_ns = UDP_IDLE_NS;
	if (!assembler->options.forget_ns)
		assembler->options.forget_ns = FORGET_NS;
	assembler->ops = ops;
	assembler->user = user;
	fdar_flows_init(&assembler->flows);
	assembler->defrag = fdar_defrag_new();
	fdar_timeline_init(&assembler->line, assembler->options.max_gap_ns);
	fdar_timeline_init(&assembler->clock, FDAR_TIMELINE_KEEP);
	return assembler;
}

static void feed_held(struct fdar_assembler *assembler, struct fdar_held *held);

/* The session's last event, and the end of its flow. What it held is of the next. */
static void close_flow(struct fdar_assembler *assembler, struct fdar_flow *flow,
		       enum fdar_ended ended)
{
	struct fdar_held *held = g_steal_pointer(&flow->held);
	struct fdar_session *session = &flow->session;

	if (session->transport == FDAR_TCP) {
		fdar_assembler_finish_tcp(assembler, flow);
		fdar_assembler_finish_reset(assembler, flow);
		for (unsigned way = 0; way < 2; way++)
			session->numbers[way] = flow->half[way].syn ? flow->half[way].isn : 0;
		session->established = flow->established;
		if (session->began == FDAR_BEGAN_HANDSHAKE && !flow->established)
			session->began = FDAR_BEGAN_HALF_OPEN;
	}
	if (flow->session.ended == FDAR_ENDED_OPEN)
		flow->session.ended = held ? FDAR_ENDED_REUSED : (uint8_t)ended;
	if (assembler->ops->closed)
		assembler->ops->closed(assembler->user, &flow->session, flow->data);
	fdar_flows_drop(&assembler->flows, flow, &assembler->budget);
	feed_held(assembler, held);
}

static void drop_idle(struct fdar_assembler *assembler, enum fdar_flow_list list, uint64_t idle_ns,
		      uint64_t clock_ns)
{
	struct fdar_flow *oldest;

	while ((oldest = fdar_flows_oldest(&assembler->flows, list)) &&
	       clock_ns - oldest->clock_ns > idle_ns)
		close_flow(assembler, oldest, FDAR_ENDED_IDLE);
}

static void drop_old(struct fdar_assembler *assembler, uint64_t clock_ns)
{
	drop_idle(assembler, FDAR_FLOW_UDP, assembler->options.udp_idle_ns, clock_ns);
	drop_idle(assembler, FDAR_FLOW_TCP_CLOSED, assembler->options.forget_ns, clock_ns);
	if (assembler->options.tcp_idle_ns)
		drop_idle(assembler, FDAR_FLOW_TCP, assembler->options.tcp_idle_ns, clock_ns);
}

/* Whether the sender of a session's first packet is its server. guessed is set when nothing but
 * the ports speaks for it. */
static gboolean sender_is_server(const struct fdar_assembler *assembler,
				 const struct fdar_decoded *decoded, gboolean *guessed)
{
	const struct fdar_endpoint *known = &assembler->options.server;
	uint8_t syn = decoded->flags & (FDAR_TCP_SYN | FDAR_TCP_ACK);

	*guessed = FALSE;
	if (known->family)
		return decoded->src.port == known->port && decoded->dst.port != known->port;
	if (decoded->kind == FDAR_DECODED_UDP)
		return decoded->src.port < WELL_KNOWN_END && decoded->dst.port >= WELL_KNOWN_END;
	if (syn & FDAR_TCP_SYN)
		return syn == (FDAR_TCP_SYN | FDAR_TCP_ACK);
	*guessed = TRUE;
	return decoded->src.port < decoded->dst.port;
}

static enum fdar_began began(const struct fdar_decoded *decoded)
{
	if (decoded->kind == FDAR_DECODED_UDP)
		return FDAR_BEGAN_DATAGRAM;
	if (!(decoded->flags & FDAR_TCP_SYN))
		return FDAR_BEGAN_MID_STREAM;
	return decoded->flags & FDAR_TCP_ACK ? FDAR_BEGAN_SYNACK : FDAR_BEGAN_SYN;
}

static struct fdar_flow *open_flow(struct fdar_assembler *assembler,
				   const struct fdar_flow_key *key,
				   const struct fdar_arriving *arriving)
{
	const struct fdar_decoded *decoded = arriving->decoded;
	gboolean udp = decoded->kind == FDAR_DECODED_UDP;
	struct fdar_flow *flow =
		fdar_flows_add(&assembler->flows, key, udp ? FDAR_FLOW_UDP : FDAR_FLOW_TCP,
			       assembler->clock.now_ns);
	gboolean guessed;
	gboolean server = sender_is_server(assembler, decoded, &guessed);

	fdar_flow_set_sides(flow, arriving->src_low != server);
	flow->session.id = assembler->sessions++;
	flow->session.transport = decoded->protocol;
	flow->session.began = (uint8_t)began(decoded);
	flow->session.packet = arriving->packet->number;
	flow->session.epoch_ns = flow->epoch_ns = arriving->packet->epoch_ns;
	flow->session.start_ns = arriving->time_ns;
	flow->session.hops = decoded->hops;
	flow->session.first_way = server ? FDAR_FROM_SERVER : FDAR_FROM_CLIENT;
	if (guessed)
		flow->session.odd |= FDAR_ODD_GUESSED_SIDES;
	if (assembler->ops->opened)
		assembler->ops->opened(assembler->user, &flow->session, &flow->data);
	return flow;
}

static gboolean wanted(const struct fdar_assembler *assembler, const struct fdar_decoded *decoded)
{
	static const uint8_t any[16];
	const struct fdar_endpoint *server = &assembler->options.server;

	if (!server->family)
		return TRUE;
	if (memcmp(server->addr, any, sizeof(any)) == 0)
		return decoded->src.port == server->port || decoded->dst.port == server->port;
	return fdar_endpoint_equal(&decoded->src, server) ||
	       fdar_endpoint_equal(&decoded->dst, server);
}

/* The SYN was taken for an old one's copy; the answer shows that it was not. */
static void set_asked(struct fdar_flow *flow, uint32_t isn)
{
	struct fdar_half *client = &flow->half[FDAR_FROM_CLIENT];

	client->syn = TRUE;
	client->isn = isn;
	client->next = isn + 1;
	client->state = FDAR_HALF_KNOWN;
	flow->session.began = FDAR_BEGAN_SYN;
}

/* Books the packets (one, or the fragments of one datagram) to the session. */
static void account(struct fdar_assembler *assembler, struct fdar_flow *flow,
		    const struct fdar_arriving *arriving)
{
	struct fdar_session *session = &flow->session;
	GPtrArray *fragments = arriving->datagram ? arriving->datagram->packets : NULL;
	guint count = fragments ? fragments->len : 1;

	session->way[arriving->way].packets += count;
	assembler->totals.in_sessions += count;
	if (fragments)
		session->odd |= FDAR_ODD_FRAGMENTS;
	if (arriving->packet->epoch_ns < flow->epoch_ns || arriving->packet->late)
		session->odd |= FDAR_ODD_CLOCK_BACK;
	flow->epoch_ns = arriving->packet->epoch_ns;
	flow->last_packet = arriving->order;
	session->end_ns = arriving->time_ns;
	for (guint i = 0; assembler->ops->packet && i < count; i++)
		assembler->ops->packet(assembler->user, session, flow->data, arriving->way,
				       fragments ? fragments->pdata[i] : arriving->packet,
				       arriving->decoded, arriving->time_ns);
}

static gboolean is_over(const struct fdar_flow *flow)
{
	return flow->reset.pending || flow->session.ended == FDAR_ENDED_RST ||
	       (fdar_half_is_over(&flow->half[0]) && fdar_half_is_over(&flow->half[1]));
}

/* Whether a SYN+ACK answers to a SYN that was taken for an old one's copy. */
static gboolean is_asked(const struct fdar_flow *flow, const struct fdar_decoded *decoded)
{
	return flow->late_syn && decoded->flags & FDAR_TCP_ACK &&
	       decoded->ack == flow->late_isn + 1;
}

/* A new connection on the ports of another. */
static struct fdar_flow *follow(struct fdar_assembler *assembler, struct fdar_flow *flow,
				const struct fdar_flow_key *key,
				const struct fdar_arriving *arriving)
{
	gboolean asked = is_asked(flow, arriving->decoded);
	uint32_t isn = flow->late_isn;

	close_flow(assembler, flow, FDAR_ENDED_REUSED);
	flow = open_flow(assembler, key, arriving);
	if (asked)
		set_asked(flow, isn);
	return flow;
}

/* The first that is held did not happen: it is a packet of this session, and nothing more. */
static void book_stray(struct fdar_assembler *assembler, struct fdar_flow *flow)
{
	struct fdar_held *held = fdar_held_take(flow);
	uint32_t odd = flow->session.odd | FDAR_ODD_STRAY_SYN;
	uint64_t epoch_ns = flow->epoch_ns, packet = flow->last_packet;
	uint64_t end_ns = flow->session.end_ns;

	held->arriving.way = fdar_flow_way(flow, held->arriving.src_low);
	account(assembler, flow, &held->arriving);
	/* Others may have come behind it. */
	flow->session.odd = odd | (held->arriving.datagram ? FDAR_ODD_FRAGMENTS : 0) |
			    (held->packet.late ? FDAR_ODD_CLOCK_BACK : 0);
	flow->epoch_ns = MAX(epoch_ns, flow->epoch_ns);
	flow->last_packet = MAX(packet, flow->last_packet);
	flow->session.end_ns = MAX(end_ns, flow->session.end_ns);
	fdar_held_free(held, &assembler->budget);
}

static gboolean hold(struct fdar_assembler *assembler, struct fdar_flow *flow,
		     struct fdar_arriving *arriving)
{
	return (flow->reset.pending || !is_over(flow)) && !is_asked(flow, arriving->decoded) &&
	       fdar_held_keep(flow, assembler->link, &assembler->budget, arriving);
}

/* Of the flows with this key the one that a packet goes on with; NULL: none does. held is set when it
 * has to wait until it is known which. */
static struct fdar_flow *choose(struct fdar_assembler *assembler, const struct fdar_flow_key *key,
				struct fdar_arriving *arriving, gboolean *held)
{
	struct fdar_flow *flow;

	while ((flow = fdar_assembler_find(assembler, key, arriving)) &&
	       arriving->decoded->kind == FDAR_DECODED_TCP) {
		enum fdar_held_verdict verdict =
			flow->held ? fdar_held_judge(flow, arriving) : FDAR_HELD_NOTHING;

		/* What was on its way when it was reset does not tell. */
		if (verdict == FDAR_HELD_STRAY && flow->reset.pending &&
		    !fdar_assembler_undoes_reset(flow, arriving))
			break;
		while (verdict == FDAR_HELD_STRAY && flow->held)
			book_stray(assembler, flow);
		if (verdict == FDAR_HELD_NEW) {
			close_flow(assembler, flow, FDAR_ENDED_REUSED);
			continue;
		}
		if (verdict != FDAR_HELD_TOO && !fdar_assembler_starts_anew(flow, arriving))
			break;
		if ((*held = hold(assembler, flow, arriving)))
			break;
		if (!flow->held)
			return follow(assembler, flow, key, arriving);
		/* No room: the first makes some. */
		if (flow->established && !flow->reset.pending)
			book_stray(assembler, flow);
		else
			close_flow(assembler, flow, FDAR_ENDED_REUSED);
	}
	return flow;
}

/* The flow that a packet belongs to, which may be a new one; NULL: the packet is held. */
static struct fdar_flow *route(struct fdar_assembler *assembler, struct fdar_arriving *arriving)
{
	struct fdar_flow_key key;
	struct fdar_flow *flow;
	gboolean held = FALSE;

	arriving->src_low = fdar_flow_key_make(&assembler->flows, arriving->decoded, &key);
	flow = choose(assembler, &key, arriving, &held);
	if (held)
		return NULL;
	if (!flow)
		flow = open_flow(assembler, &key, arriving);
	flow->net[arriving->src_low] = arriving->decoded->net;
	flow->net_known |= (uint8_t)(1u << arriving->src_low);
	if (arriving->decoded->kind == FDAR_DECODED_TCP && arriving->decoded->flags & FDAR_TCP_SYN)
		fdar_assembler_learn(flow, arriving);
	arriving->way = fdar_flow_way(flow, arriving->src_low);
	return flow;
}

static void feed_segment(struct fdar_assembler *assembler, struct fdar_arriving *arriving)
{
	struct fdar_flow *flow;
	gboolean tcp = arriving->decoded->kind == FDAR_DECODED_TCP;

	if (!wanted(assembler, arriving->decoded))
		return;
	flow = route(assembler, arriving);
	if (!flow)
		return;
	account(assembler, flow, arriving);
	if (tcp)
		fdar_assembler_feed_tcp(assembler, flow, arriving);
	else
		fdar_assembler_feed_udp(assembler, flow, arriving);
	fdar_flows_touch(&assembler->flows, flow,
			 !tcp            ? FDAR_FLOW_UDP
			 : is_over(flow) ? FDAR_FLOW_TCP_CLOSED
					 : FDAR_FLOW_TCP,
			 assembler->clock.now_ns);
}

static void feed_held(struct fdar_assembler *assembler, struct fdar_held *held)
{
	while (held) {
		struct fdar_held *next = held->next;

		feed_segment(assembler, &held->arriving);
		fdar_held_free(held, &assembler->budget);
		held = next;
	}
}

static void feed_fragment(struct fdar_assembler *assembler, struct fdar_arriving *arriving)
{
	struct fdar_datagram *datagram = fdar_defrag_feed(assembler->defrag, arriving->packet,
							  arriving->decoded, arriving->clock_ns);

	if (!datagram)
		return;
	arriving->decoded = &datagram->decoded;
	arriving->datagram = datagram;
	switch (datagram->decoded.kind) {
	case FDAR_DECODED_TCP:
	case FDAR_DECODED_UDP:
		feed_segment(assembler, arriving);
		break;
	case FDAR_DECODED_OTHER:
		assembler->totals.other_protocol += datagram->packets->len;
		break;
	default:
		assembler->totals.malformed += datagram->packets->len;
	}
	if (arriving->datagram)
		fdar_datagram_free(datagram);
}

static void count_unread(struct fdar_assembler *assembler, int link)
{
	struct fdar_unread *links = assembler->totals.unread_links;

	assembler->totals.unread++;
	for (unsigned i = 0; i < FDAR_UNREAD_LINKS; i++) {
		if (links[i].packets && links[i].link != link)
			continue;
		links[i].link = link;
		links[i].packets++;
		return;
	}
}

void fdar_assembler_feed(struct fdar_assembler *assembler, const struct fdar_packet *packet)
{
	struct fdar_decoded decoded;
	struct fdar_arriving arriving = { .decoded = &decoded, .packet = packet };
	int link = packet->link ? packet->link : assembler->link;

	assembler->totals.packets++;
	arriving.order = assembler->totals.packets;
	arriving.time_ns = fdar_timeline_at(&assembler->line, packet->epoch_ns);
	arriving.clock_ns = fdar_timeline_at(&assembler->clock, packet->epoch_ns);
	assembler->totals.squeezed_ns = assembler->line.squeezed_ns;
	assembler->totals.clock_back = assembler->line.backward;
	drop_old(assembler, arriving.clock_ns);
	fdar_decode(link, packet, &decoded);
	arriving.interface = fdar_assembler_interface(packet, link);
	switch (decoded.kind) {
	case FDAR_DECODED_TCP:
	case FDAR_DECODED_UDP:
		feed_segment(assembler, &arriving);
		break;
	case FDAR_DECODED_FRAGMENT:
		feed_fragment(assembler, &arriving);
		assembler->totals.lone_fragments = fdar_defrag_lone(assembler->defrag);
		break;
	case FDAR_DECODED_NOT_IP:
		assembler->totals.not_ip++;
		break;
	case FDAR_DECODED_OTHER:
		assembler->totals.other_protocol++;
		break;
	case FDAR_DECODED_UNREAD:
		count_unread(assembler, link);
		break;
	default:
		assembler->totals.malformed++;
	}
}

void fdar_assembler_tick(struct fdar_assembler *assembler, uint64_t epoch_ns)
{
	fdar_timeline_at(&assembler->line, epoch_ns);
	drop_old(assembler, fdar_timeline_at(&assembler->clock, epoch_ns));
}

void fdar_assembler_finish(struct fdar_assembler *assembler)
{
	fdar_defrag_finish(assembler->defrag);
	assembler->totals.lone_fragments = fdar_defrag_lone(assembler->defrag);
	/* What was held becomes a session only now. */
	while (g_hash_table_size(assembler->flows.table) > 0) {
		GPtrArray *flows = fdar_flows_sorted(&assembler->flows);

		for (guint i = 0; i < flows->len; i++)
			close_flow(assembler, flows->pdata[i], FDAR_ENDED_OPEN);
		g_ptr_array_unref(flows);
	}
}

const struct fdar_capture_totals *fdar_assembler_totals(const struct fdar_assembler *assembler)
{
	return &assembler->totals;
}

void fdar_assembler_add_late(struct fdar_assembler *assembler, uint64_t packets)
{
	assembler->totals.clock_back += packets;
}

uint64_t fdar_assembler_line_ns(const struct fdar_assembler *assembler)
{
	return assembler->line.now_ns;
}

uint32_t fdar_assembler_sessions(const struct fdar_assembler *assembler, uint32_t *open)
{
	if (open)
		*open = g_hash_table_size(assembler->flows.table);
	return assembler->sessions;
}

void fdar_assembler_free(struct fdar_assembler *assembler)
{
	if (!assembler)
		return;
	fdar_flows_clear(&assembler->flows, &assembler->budget);
	fdar_defrag_free(assembler->defrag);
	g_free(assembler);
}
