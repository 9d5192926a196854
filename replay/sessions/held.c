#include "replay/sessions/held.h"

#include <string.h>

#include "replay/sessions/half_private.h"

#define HELD_BYTES   ((uint32_t)64 * 1024)      /* of one packet */
#define BUDGET_BYTES ((size_t)64 * 1024 * 1024) /* of all flows, with what waits for holes */
#define NEAR         ((int32_t)FDAR_HALF_GUESS_WINDOW)

/* Whether a number is near to where a half is. */
static gboolean is_near(const struct fdar_half *half, uint32_t seq)
{
	int32_t ahead = fdar_seq_distance(seq, half->topped ? half->top : half->next);

	return fdar_half_believes(half, seq) || (half->topped && ahead <= NEAR && ahead >= -NEAR);
}

gboolean fdar_held_goes_on(const struct fdar_flow *flow, const struct fdar_arriving *arriving)
{
	const struct fdar_decoded *decoded = arriving->decoded;
	enum fdar_way way = fdar_flow_way(flow, arriving->src_low);
	const struct fdar_half *half = &flow->half[way], *other = &flow->half[!way];
	gboolean known = half->state != FDAR_HALF_UNKNOWN;
	gboolean other_known = other->state != FDAR_HALF_UNKNOWN;
	gboolean answer = (decoded->flags & FDAR_TCP_ACK) != 0;

	if (decoded->flags & FDAR_TCP_SYN)
		return half->syn ? half->isn == decoded->seq
				 : answer && other->syn && decoded->ack == other->isn + 1;
	if ((known && !is_near(half, decoded->seq)) ||
	    (answer && other_known && !is_near(other, decoded->ack)))
		return FALSE;
	return known || (answer && other_known);
}

/* How well a packet fits what begins with a held one. */
enum fit { NOT, NEARBY, EXACT };

static enum fit fit_number(const struct fdar_half *half, uint32_t number, uint32_t isn)
{
	int32_t ahead = fdar_seq_distance(number, isn + 1);

	/* Exactly where the old connection is, too, is not exact. */
	if (ahead == 0 && number != half->next && !(half->topped && number == half->top))
		return EXACT;
	return ahead >= 0 && ahead <= NEAR ? NEARBY : NOT;
}

static enum fit fit(const struct fdar_flow *flow, const struct fdar_held *held,
		    const struct fdar_arriving *arriving)
{
	const struct fdar_decoded *decoded = arriving->decoded;
	const struct fdar_half *half = &flow->half[fdar_flow_way(flow, held->arriving.src_low)];

	if (!(held->decoded.flags & FDAR_TCP_SYN))
		return NOT;
	if (held->arriving.src_low != arriving->src_low)
		return decoded->flags & FDAR_TCP_ACK
			       ? fit_number(half, decoded->ack, held->decoded.seq)
			       : NOT;
	if (decoded->flags & FDAR_TCP_SYN)
		return decoded->seq == held->decoded.seq ? EXACT : NOT;
	return fit_number(half, decoded->seq, held->decoded.seq);
}

enum fdar_held_verdict fdar_held_judge(const struct fdar_flow *flow,
				       const struct fdar_arriving *arriving)
{
	enum fit best = NOT;

	for (const struct fdar_held *held = flow->held; held; held = held->next)
		best = MAX(best, fit(flow, held, arriving));
	if (best != EXACT && fdar_held_goes_on(flow, arriving))
		return FDAR_HELD_STRAY;
	if (best == NOT)
		return FDAR_HELD_NOTHING;
	return arriving->decoded->flags & (FDAR_TCP_SYN | FDAR_TCP_RST) ? FDAR_HELD_TOO
									: FDAR_HELD_NEW;
}

/* The bytes of a datagram, and of the packets that it came in. */
static size_t datagram_bytes(const struct fdar_datagram *datagram)
{
	size_t bytes = datagram->decoded.segment_captured;

	for (guint i = 0; i < datagram->packets->len; i++)
		bytes += ((const struct fdar_packet *)datagram->packets->pdata[i])->captured;
	return bytes;
}

gboolean fdar_held_keep(struct fdar_flow *flow, int link, size_t *budget,
			struct fdar_arriving *arriving)
{
	const struct fdar_packet *packet = arriving->packet;
	struct fdar_held **end = &flow->held;
	struct fdar_held *held;
	unsigned count = 0;

	for (; *end; end = &(*end)->next)
		count++;
	if (count >= FDAR_HELD_MAX || packet->captured > HELD_BYTES || *budget > BUDGET_BYTES)
		return FALSE;
	held = g_malloc(sizeof(*held) + packet->captured);
	held->next = NULL;
	held->packet = *packet;
	held->packet.bytes = memcpy(held->bytes, packet->bytes, packet->captured);
	held->arriving = *arriving;
	held->arriving.packet = &held->packet;
	held->arriving.decoded = &held->decoded;
	held->cost = sizeof(*held) + packet->captured;
	if (arriving->datagram) {
		held->decoded = arriving->datagram->decoded;
		held->cost += datagram_bytes(arriving->datagram);
		arriving->datagram = NULL;
	} else {
		fdar_decode(packet->link ? packet->link : link, &held->packet, &held->decoded);
	}
	*budget += held->cost;
	*end = held;
	return TRUE;
}

struct fdar_held *fdar_held_take(struct fdar_flow *flow)
{
	struct fdar_held *held = flow->held;

	if (held)
		flow->held = held->next;
	return held;
}

void fdar_held_free(struct fdar_held *held, size_t *budget)
{
	*budget -= held->cost;
	if (held->arriving.datagram)
		fdar_datagram_free(held->arriving.datagram);
	g_free(held);
}

void fdar_held_clear(struct fdar_flow *flow, size_t *budget)
{
	while (flow->held)
		fdar_held_free(fdar_held_take(flow), budget);
}
