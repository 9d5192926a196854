/*
 * Split: a capture taken apart into one pcap a session, a list of them, and a T-Rex profile.
 *
 * Place in the house: above assembler.h; cli/cmd_split.c is its caller. What it writes into a new
 * directory:
 *
 *	000000_tcp_10.0.0.1.40000_10.0.0.2.80.pcap   the session's packets as captured, in Ethernet:
 *	                                             frames of other link types get an Ethernet
 *header sessions.json                                what is known about each session trex.yaml a
 *T-Rex profile (see trex.h); not written when no session fits its rules
 *
 * The name tells the order of first packets, the transport, client and server; in IPv6 addresses
 * colons become dashes. All is written into a directory beside it, which is renamed at the end.
 * Memory: about 500 bytes a session, 700 more while it is open, and 64 MiB of packets that wait to
 * be written.
 */
#ifndef FDAR_REPLAY_SPLIT_SPLIT_H
#define FDAR_REPLAY_SPLIT_SPLIT_H

#include <glib.h>
#include <stdint.h>

#include "replay/sessions/session.h"
#include "replay/split/split_tls.h"

#define FDAR_SPLIT_NO_TEMPLATE UINT32_MAX

struct fdar_split_session {
	struct fdar_session session;
	char *file;                 /* its name in the directory */
	uint8_t digest[2][32];      /* SHA-256 of each way's payload, by enum fdar_way */
	struct fdar_split_tls *tls; /* NULL: it is not TLS; see split_tls.h */
	uint32_t broken;            /* bits of enum fdar_trex_rule: why it is not in the profile */
	uint32_t template; /* the profile's template for it; FDAR_SPLIT_NO_TEMPLATE for none */
};

struct fdar_split {
	GArray *sessions;     /* struct fdar_split_session, by id */
	uint32_t templates;   /* in trex.yaml; 0: there is none */
	uint32_t rejected;    /* sessions that break a rule */
	uint64_t duration_ns; /* from the first packet to the last, silences of over 5 s cut */
	struct fdar_capture_totals totals;
	char *damage; /* what was wrong with the capture, NULL when it was whole */
};

struct fdar_split_options {
	uint64_t udp_idle_ns; /* as in fdar_load_options, like the rest */
	fdar_progress_fn progress;
	void *user;
	struct fdar_capture_options capture;
	const uint16_t *server_ports;
	const struct fdar_tls_keys *tls_keys;
};

/* Splits path ("-" is standard input) into directory, which must not exist or be empty. options may
 * be NULL. The caller owns the result. NULL and error on failure: nothing is left behind then. */
struct fdar_split *fdar_split_run(const char *path, const char *directory,
				  const struct fdar_split_options *options, GError **error);

void fdar_split_free(struct fdar_split *split);
typedef struct fdar_split fdar_split;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_split, fdar_split_free)

#endif
