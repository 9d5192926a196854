/*
 * Flows: the sessions that an assembler has not dropped, found by their addresses and ports.
 *
 * Place in the house: private to the assembler (assembler.h). A flow is a session and what is
 * needed to go on with it. The table owns the flows; three lists, each ordered by when its flows
 * were last seen, tell which to drop.
 */
#ifndef FD_REPLAY_FLOW_H
#define FD_REPLAY_FLOW_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/decode.h"
#include "replay/sessions/half.h"
#include "replay/sessions/session.h"

enum fd_flow_list { FD_FLOW_UDP, FD_FLOW_TCP, FD_FLOW_TCP_CLOSED, FD_FLOW_LISTS };

/* The two ends in the order of their bytes, so that both ways have the same key. The salt is the
 * table's own: which keys collide cannot be arranged by who made the capture. */
struct fd_flow_key {
	uint32_t salt;
	struct fd_endpoint low, high;
	uint32_t transport;
};

struct fd_flow {
	struct fd_session session;
	struct fd_flow_key key;
	struct fd_half half[2]; /* by enum fd_way; TCP only */
	void *data;             /* the user's */
	GList link;             /* in one of the lists */
	uint64_t clock_ns;      /* when it was last seen */
	uint64_t epoch_ns;      /* captured time of its last packet */
	uint64_t last_packet;
	uint8_t low_is_client;
	uint8_t list;     /* enum fd_flow_list */
	uint8_t ending;   /* FIN or RST of anybody was seen: a SYN starts a new session */
	uint8_t last_way; /* who sent the last data, plus 1; 0 when nobody did */
};

struct fd_flows {
	GHashTable *table; /* fd_flow_key -> fd_flow; nothing depends on its order */
	uint32_t salt;
	GQueue lists[FD_FLOW_LISTS];
};

void fd_flows_init(struct fd_flows *flows);

/* Frees the flows that are left without a word; budget is that of their halves. */
void fd_flows_clear(struct fd_flows *flows, size_t *budget);

/* Fills in the key of a decoded packet; gives whether its sender is the low end. */
gboolean fd_flow_key_make(const struct fd_flows *flows, const struct fd_decoded *decoded,
			  struct fd_flow_key *key);

/* NULL when there is none. */
struct fd_flow *fd_flows_find(const struct fd_flows *flows, const struct fd_flow_key *key);

/* A new flow, all zero but for key, clock and list. The key must not be in the table. */
struct fd_flow *fd_flows_add(struct fd_flows *flows, const struct fd_flow_key *key,
			     enum fd_flow_list list, uint64_t clock_ns);

/* It was seen now, and belongs to list from now on. */
void fd_flows_touch(struct fd_flows *flows, struct fd_flow *flow, enum fd_flow_list list,
		    uint64_t clock_ns);

/* The flow of the list that was seen longest ago; NULL when the list is empty. */
struct fd_flow *fd_flows_oldest(const struct fd_flows *flows, enum fd_flow_list list);

/* Takes it out and frees it. */
void fd_flows_drop(struct fd_flows *flows, struct fd_flow *flow, size_t *budget);

/* All of them, by session id. The caller frees the array, not the flows. */
GPtrArray *fd_flows_sorted(const struct fd_flows *flows);

#endif
