/*
 * What the two halves of the assembler share: assembler.c routes packets to flows and drops old
 * ones, assembler_tcp.c knows what a TCP segment means to its flow.
 *
 * Private to assembler.h's implementation.
 */
#ifndef FDAR_REPLAY_SESSIONS_ASSEMBLER_PRIVATE_H
#define FDAR_REPLAY_SESSIONS_ASSEMBLER_PRIVATE_H

#include "replay/sessions/assembler.h"
#include "replay/capture/decode.h"
#include "replay/capture/defrag.h"
#include "replay/sessions/flow.h"
#include "replay/sessions/timeline.h"

struct fdar_assembler {
	int link;
	struct fdar_assembler_options options;
	const struct fdar_assembler_ops *ops;
	void *user;
	struct fdar_flows flows;
	struct fdar_defrag *defrag;
	struct fdar_timeline line;  /* squeezed: what sessions see */
	struct fdar_timeline clock; /* not squeezed, but never back: what decides who is idle */
	uint32_t sessions;
	size_t budget;
	struct fdar_capture_totals totals;
};

/* A packet on its way through: what its fragments, if it came in several, have in common. */
struct fdar_arriving {
	const struct fdar_decoded *decoded;
	const struct fdar_packet *packet; /* the last one */
	struct fdar_datagram *datagram;   /* of fragments; whoever keeps it sets it to NULL */
	uint64_t order; /* number in the order they were fed: never less than the last's */
	uint64_t time_ns;
	uint64_t clock_ns;
	uint32_t interface; /* which saw it, or what else tells places apart */
	gboolean src_low;
	enum fdar_way way;
};

/* Counts an arrival and hands it to the user. */
void fdar_assembler_deliver(struct fdar_assembler *assembler, struct fdar_flow *flow,
			    const struct fdar_arrival *arrival);

/* Whether a segment on known addresses and ports starts another session. */
gboolean fdar_assembler_starts_anew(const struct fdar_flow *flow,
				    const struct fdar_arriving *arriving);

/* After a reset: did both sides go on? What was sent behind it has been acknowledged, so yes. */
gboolean fdar_assembler_undoes_reset(const struct fdar_flow *flow,
				     const struct fdar_arriving *arriving);

/* What a SYN tells about the session: how it began, and whose side is whose. */
void fdar_assembler_learn(struct fdar_flow *flow, const struct fdar_arriving *arriving);

/* Takes a segment; arriving->way is set. */
void fdar_assembler_feed_tcp(struct fdar_assembler *assembler, struct fdar_flow *flow,
			     const struct fdar_arriving *arriving);

/* Delivers what waits, both ways. */
void fdar_assembler_finish_tcp(struct fdar_assembler *assembler, struct fdar_flow *flow);

/* A reset that was not taken back happens. */
void fdar_assembler_finish_reset(struct fdar_assembler *assembler, struct fdar_flow *flow);

/* The flow that a packet belongs to; NULL: a new one is needed. */
struct fdar_flow *fdar_assembler_find(const struct fdar_assembler *assembler,
				      const struct fdar_flow_key *key,
				      const struct fdar_arriving *arriving);

/* What tells the place where a packet was seen. */
uint32_t fdar_assembler_interface(const struct fdar_packet *packet, int link);

/* Whether a segment was seen before, at another place: counted then, else remembered. */
gboolean fdar_assembler_note_segment(struct fdar_assembler *assembler, struct fdar_flow *flow,
				     const struct fdar_arriving *arriving);

/* Takes a datagram; arriving->way is set. */
void fdar_assembler_feed_udp(struct fdar_assembler *assembler, struct fdar_flow *flow,
			     const struct fdar_arriving *arriving);

void fdar_flow_set_sides(struct fdar_flow *flow, gboolean low_is_client);

static inline enum fdar_way fdar_flow_way(const struct fdar_flow *flow, gboolean src_low)
{
	return src_low == (flow->low_is_client != 0) ? FDAR_FROM_CLIENT : FDAR_FROM_SERVER;
}

#endif
