/*
 * T-Rex profiles: which sessions T-Rex's stateless loader takes, and the YAML that names them.
 *
 * Place in the house: below split.c. T-Rex (STF mode, `t-rex-64 -f`) loads one pcap a template,
 * each with one flow, and refuses the whole profile when a packet breaks one of its rules. The
 * rules here are those of its loader and packet parser, v3.08.
 */
#ifndef FD_REPLAY_TREX_H
#define FD_REPLAY_TREX_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/capture.h"
#include "replay/capture/decode.h"
#include "replay/sessions/session.h"

#define FD_TREX_PACKETS_MAX 65000u /* a template has fewer */
#define FD_TREX_PACKET_MAX  9238u  /* bytes, its reader's buffer */

/* Rules a session breaks. */
enum fd_trex_rule {
	FD_TREX_BACKWARD = 1u << 0, /* time goes back between its packets */
	FD_TREX_PACKETS = 1u << 1,  /* FD_TREX_PACKETS_MAX packets or more */
	FD_TREX_FRAGMENTS = 1u << 2,
	FD_TREX_LINK = 1u << 3,    /* not IP in Ethernet with at most one VLAN tag */
	FD_TREX_CUT = 1u << 4,     /* the IP header announces more than the packet holds */
	FD_TREX_JUMBO = 1u << 5,   /* a packet of more than FD_TREX_PACKET_MAX bytes */
	FD_TREX_TTL = 1u << 6,     /* a time to live of 0 */
	FD_TREX_HEADERS = 1u << 7, /* headers between IP and TCP or UDP */
	FD_TREX_FAMILY = 1u << 8,  /* IPv6 among IPv4 sessions, or the other way round */
	FD_TREX_SIDES = 1u << 9,   /* the server's packet comes first: it would be the client */
	FD_TREX_RULES = 10
};

/* "time goes back between its packets", ...; NULL for no rule. */
const char *fd_trex_rule_text(uint32_t rule);

/* The rules that a packet breaks as a frame of Ethernet. */
uint32_t fd_trex_judge(const uint8_t *frame, uint32_t captured, uint32_t l3,
		       const struct fd_decoded *decoded);

/* A template: one session that stands for all with the same payload. */
struct fd_trex_template {
	const char *path; /* absolute */
	double cps;       /* new sessions a second */
};

struct fd_trex_profile {
	double duration_s;
	uint8_t family;                    /* of all templates */
	struct fd_endpoint client, server; /* IPv6: where the upper 96 bits are taken from */
	const struct fd_trex_template *templates;
	size_t count;
};

/* The profile's text. The caller frees it. */
char *fd_trex_profile_text(const struct fd_trex_profile *profile);

#endif
