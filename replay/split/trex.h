/*
 * T-Rex profiles: which sessions T-Rex's stateless loader takes, and the YAML that names them.
 *
 * Place in the house: below split.c. T-Rex (STF mode, `t-rex-64 -f`) loads one pcap a template,
 * each with one flow, and refuses the whole profile when a packet breaks one of its rules. The
 * rules here are those of its loader and packet parser, v3.08.
 */
#ifndef FDAR_REPLAY_SPLIT_TREX_H
#define FDAR_REPLAY_SPLIT_TREX_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/capture.h"
#include "replay/capture/decode.h"
#include "replay/sessions/session.h"

#define FDAR_TREX_PACKETS_MAX 65000u /* a template has fewer */
#define FDAR_TREX_PACKET_MAX  9238u  /* bytes, its reader's buffer */

/* Rules a session breaks. */
enum fdar_trex_rule {
	FDAR_TREX_BACKWARD = 1u << 0, /* time goes back between its packets */
	FDAR_TREX_PACKETS = 1u << 1,  /* FDAR_TREX_PACKETS_MAX packets or more */
	FDAR_TREX_FRAGMENTS = 1u << 2,
	FDAR_TREX_LINK = 1u << 3,    /* not IP in Ethernet with at most one VLAN tag */
	FDAR_TREX_CUT = 1u << 4,     /* the IP header announces more than the packet holds */
	FDAR_TREX_JUMBO = 1u << 5,   /* a packet of more than FDAR_TREX_PACKET_MAX bytes */
	FDAR_TREX_TTL = 1u << 6,     /* a time to live of 0 */
	FDAR_TREX_HEADERS = 1u << 7, /* headers between IP and TCP or UDP */
	FDAR_TREX_FAMILY = 1u << 8,  /* IPv6 among IPv4 sessions, or the other way round */
	FDAR_TREX_SIDES = 1u << 9,   /* the server's packet comes first: it would be the client */
	FDAR_TREX_RULES = 10
};

/* "time goes back between its packets", ...; NULL for no rule. */
const char *fdar_trex_rule_text(uint32_t rule);

/* The rules that a packet breaks as a frame of Ethernet. */
uint32_t fdar_trex_judge(const uint8_t *frame, uint32_t captured, uint32_t l3,
			 const struct fdar_decoded *decoded);

/* A template: one session that stands for all with the same payload. */
struct fdar_trex_template {
	const char *path; /* absolute */
	double cps;       /* new sessions a second */
};

struct fdar_trex_profile {
	double duration_s;
	uint8_t family;                      /* of all templates */
	struct fdar_endpoint client, server; /* IPv6: where the upper 96 bits are taken from */
	const struct fdar_trex_template *templates;
	size_t count;
};

/* The profile's text. The caller frees it. */
char *fdar_trex_profile_text(const struct fdar_trex_profile *profile);

#endif
