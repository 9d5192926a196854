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
#include "replay/capture/slots.h"
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

/* A packet that was seen, to know it again at another place. */
struct fdar_seen {
	uint64_t clock_ns;
	uint32_t hash;
	uint32_t interface;
	uint32_t length;
	uint16_t id;
	uint8_t hops;
	uint8_t way; /* enum fdar_way plus 1; 0: nothing here */
};

#define FDAR_FLOW_SEEN 8u

/* A reset that may have happened. */
struct fdar_flow_reset {
	uint64_t time_ns;
	uint64_t packet;
	uint64_t acked;
	uint32_t top[2]; /* how far each way had got, where topped says so */
	uint8_t topped[2];
	uint8_t way;
	uint8_t pending;
	uint8_t followed; /* data came behind it */
};

struct fdar_flow {
	struct fdar_flow_key key; /* first: what the table finds it by */
	struct fdar_session session;
	struct fdar_half half[2]; /* by enum fdar_way; TCP only */
	void *data;               /* the user's */
	struct fdar_flow *twin;   /* of the same key, in another network */
	struct fdar_flow_reset reset;
	struct fdar_seen *seen; /* FDAR_FLOW_SEEN of them; NULL before the first */
	struct fdar_held *held; /* SYNs that may be of the next connection, see held.h */
	uint32_t net[2];        /* by whether the low end sent it: which network packets were in */
	uint32_t late_isn;      /* of a SYN that came again when the session was over */
	GList link;             /* in one of the lists */
	uint64_t clock_ns;      /* when it was last seen */
	uint64_t epoch_ns;      /* captured time of its last packet */
	uint64_t last_packet;
	uint8_t low_is_client;
	uint8_t net_known;   /* bits: of which directions net is set */
	uint8_t late_syn;    /* late_isn is set */
	uint8_t established; /* TCP: the client has acknowledged or sent something */
	uint8_t seen_at;     /* next place in seen */
	uint8_t same_ids; /* bits by enum fdar_way: different datagrams had the same IP identification */
	uint8_t list;      /* enum fdar_flow_list */
	uint8_t ending;    /* FIN or RST of anybody was seen: a SYN starts a new session */
	uint8_t wireguard; /* a handshake of it was seen */
	uint8_t last_way;  /* who sent the last data, plus 1; 0 when nobody did */
};

struct fdar_flows {
	GHashTable *table;        /* set of fdar_flow by key; nothing depends on its order */
	struct fdar_slots *slots; /* of flows */
	struct fdar_slots *seen_slots;
	uint32_t salt;
	GQueue lists[FDAR_FLOW_LISTS];
};

void fdar_flows_init(struct fdar_flows *flows);

/* Frees the flows that are left without a word; budget is that of their halves. */
void fdar_flows_clear(struct fdar_flows *flows, size_t *budget);

/* Fills in the key of a decoded packet; gives whether its sender is the low end. */
gboolean fdar_flow_key_make(const struct fdar_flows *flows, const struct fdar_decoded *decoded,
			    struct fdar_flow_key *key);

/* NULL when there is none; others of the same key follow by twin. */
struct fdar_flow *fdar_flows_find(const struct fdar_flows *flows, const struct fdar_flow_key *key);

/* A new flow, all zero but for key, clock and list. It becomes the last of its key's twins. */
struct fdar_flow *fdar_flows_add(struct fdar_flows *flows, const struct fdar_flow_key *key,
				 enum fdar_flow_list list, uint64_t clock_ns);

/* It was seen now, and belongs to list from now on. */
void fdar_flows_touch(struct fdar_flows *flows, struct fdar_flow *flow, enum fdar_flow_list list,
		      uint64_t clock_ns);

/* Makes flow->seen. */
void fdar_flows_make_seen(struct fdar_flows *flows, struct fdar_flow *flow);

/* The flow of the list that was seen longest ago; NULL when the list is empty. */
struct fdar_flow *fdar_flows_oldest(const struct fdar_flows *flows, enum fdar_flow_list list);

/* Takes it out and frees it. */
void fdar_flows_drop(struct fdar_flows *flows, struct fdar_flow *flow, size_t *budget);

/* All of them, by session id. The caller frees the array, not the flows. */
GPtrArray *fdar_flows_sorted(const struct fdar_flows *flows);

#endif
