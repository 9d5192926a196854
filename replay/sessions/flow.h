/*
 * Flows: the sessions that an assembler has not dropped, found by their addresses and ports.
 *
 * Place in the house: private to the assembler (assembler.h). A flow is a session and what is
 * needed to go on with it. The table owns the flows; three lists, each ordered by when its flows
 * were last seen, tell which to drop.
 */
#ifndef FDAR_REPLAY_SESSIONS_FLOW_H
#define FDAR_REPLAY_SESSIONS_FLOW_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/decode.h"
#include "replay/sessions/half.h"
#include "replay/sessions/session.h"

enum fdar_flow_list { FDAR_FLOW_UDP, FDAR_FLOW_TCP, FDAR_FLOW_TCP_CLOSED, FDAR_FLOW_LISTS };

/* The two ends in the order of their bytes, so that both ways have the same key. The salt is the
 * table's own: which keys collide cannot be arranged by who made the capture. */
struct fdar_flow_key {
	uint32_t salt;
	struct fdar_endpoint low, high;
	uint32_t transport;
};

struct fdar_flow {
	struct fdar_session session;
	struct fdar_flow_key key;
	struct fdar_half half[2]; /* by enum fdar_way; TCP only */
	void *data;               /* the user's */
	GList link;               /* in one of the lists */
	uint64_t clock_ns;        /* when it was last seen */
	uint64_t epoch_ns;        /* captured time of its last packet */
	uint64_t last_packet;
	uint8_t low_is_client;
	uint8_t list;     /* enum fdar_flow_list */
	uint8_t ending;   /* FIN or RST of anybody was seen: a SYN starts a new session */
	uint8_t last_way; /* who sent the last data, plus 1; 0 when nobody did */
};

struct fdar_flows {
	GHashTable *table; /* fdar_flow_key -> fdar_flow; nothing depends on its order */
	uint32_t salt;
	GQueue lists[FDAR_FLOW_LISTS];
};

void fdar_flows_init(struct fdar_flows *flows);

/* Frees the flows that are left without a word; budget is that of their halves. */
void fdar_flows_clear(struct fdar_flows *flows, size_t *budget);

/* Fills in the key of a decoded packet; gives whether its sender is the low end. */
gboolean fdar_flow_key_make(const struct fdar_flows *flows, const struct fdar_decoded *decoded,
			    struct fdar_flow_key *key);

/* NULL when there is none. */
struct fdar_flow *fdar_flows_find(const struct fdar_flows *flows, const struct fdar_flow_key *key);

/* A new flow, all zero but for key, clock and list. The key must not be in the table. */
struct fdar_flow *fdar_flows_add(struct fdar_flows *flows, const struct fdar_flow_key *key,
				 enum fdar_flow_list list, uint64_t clock_ns);

/* It was seen now, and belongs to list from now on. */
void fdar_flows_touch(struct fdar_flows *flows, struct fdar_flow *flow, enum fdar_flow_list list,
		      uint64_t clock_ns);

/* The flow of the list that was seen longest ago; NULL when the list is empty. */
struct fdar_flow *fdar_flows_oldest(const struct fdar_flows *flows, enum fdar_flow_list list);

/* Takes it out and frees it. */
void fdar_flows_drop(struct fdar_flows *flows, struct fdar_flow *flow, size_t *budget);

/* All of them, by session id. The caller frees the array, not the flows. */
GPtrArray *fdar_flows_sorted(const struct fdar_flows *flows);

#endif
