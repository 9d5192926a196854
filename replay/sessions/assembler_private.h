/*
 * What the two halves of the assembler share: assembler.c routes packets to flows and drops old
 * ones, assembler_tcp.c knows what a TCP segment means to its flow.
 *
 * Private to assembler.h's implementation.
 */
#ifndef FD_REPLAY_ASSEMBLER_PRIVATE_H
#define FD_REPLAY_ASSEMBLER_PRIVATE_H

#include "replay/sessions/assembler.h"
#include "replay/capture/decode.h"
#include "replay/capture/defrag.h"
#include "replay/sessions/flow.h"
#include "replay/sessions/timeline.h"

struct fd_assembler {
	int link;
	struct fd_assembler_options options;
	const struct fd_assembler_ops *ops;
	void *user;
	struct fd_flows flows;
	struct fd_defrag *defrag;
	struct fd_timeline line;  /* squeezed: what sessions see */
	struct fd_timeline clock; /* not squeezed, but never back: what decides who is idle */
	uint32_t sessions;
	size_t budget;
	struct fd_capture_totals totals;
};

/* A packet on its way through: what its fragments, if it came in several, have in common. */
struct fd_arriving {
	const struct fd_decoded *decoded;
	const struct fd_packet *packet;
	uint64_t time_ns;
	uint64_t clock_ns;
	gboolean src_low;
	enum fd_way way;
};

/* Counts an arrival and hands it to the user. */
void fd_assembler_deliver(struct fd_assembler *assembler, struct fd_flow *flow,
			  const struct fd_arrival *arrival);

/* Whether a segment on known addresses and ports starts another session. */
gboolean fd_assembler_starts_anew(const struct fd_flow *flow, const struct fd_arriving *arriving);

/* What a SYN tells about the session: how it began, and whose side is whose. */
void fd_assembler_learn(struct fd_flow *flow, const struct fd_arriving *arriving);

/* Takes a segment; arriving->way is set. */
void fd_assembler_feed_tcp(struct fd_assembler *assembler, struct fd_flow *flow,
			   const struct fd_arriving *arriving);

/* Delivers what waits, both ways. */
void fd_assembler_finish_tcp(struct fd_assembler *assembler, struct fd_flow *flow);

void fd_flow_set_sides(struct fd_flow *flow, gboolean low_is_client);

static inline enum fd_way fd_flow_way(const struct fd_flow *flow, gboolean src_low)
{
	return src_low == (flow->low_is_client != 0) ? FD_FROM_CLIENT : FD_FROM_SERVER;
}

#endif
