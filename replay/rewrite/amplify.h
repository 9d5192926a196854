/*
 * Amplify: a capture made more intense, as a file.
 *
 * Place in the house: above assembler.h; cli/cmd_amplify.c is its caller. The output is many copies
 * of the capture's sessions mixed in time. In each copy every client of the capture becomes another
 * host: it has its own address, and ports of its own, that no other client alive at the time has.
 * Its sessions keep their server, payload, gaps and flags; sequence numbers are moved by a constant
 * a session and way (acknowledgements and SACK blocks alike), and all checksums are made right,
 * also where the capture's were not. Packets that belong to no session are left out.
 *
 * Order of copies. A round is one copy by each of the clones; there are `repeat` rounds. A clone
 * starts its first copy at its phase and each next one a period after the one before, a period
 * being the capture's duration and one average gap between packets.
 *
 * Memory: about 100 bytes a session of the capture, 150 a clone, and 2 MiB of buffers; the capture's
 * packets lie in a mapped temporary file (48 bytes a packet and its bytes), with rules of rewriting in
 * one for each clone that has begun and not ended. It does not grow with the output. The same capture, options and seed give the same bytes.
 */
#ifndef FDAR_REPLAY_REWRITE_AMPLIFY_H
#define FDAR_REPLAY_REWRITE_AMPLIFY_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/endpoint.h"
#include "replay/edit/edit.h"
#include "replay/rewrite/redact.h"
#include "replay/sessions/session.h"

enum fdar_phase {
	FDAR_PHASE_UNIFORM, /* clones start evenly spread over a period */
	FDAR_PHASE_RANDOM,  /* at random within a period, by the seed */
	FDAR_PHASE_NONE     /* all at once */
};

struct fdar_amplify_options {
	uint32_t clones; /* at least 1 */
	uint32_t repeat; /* at least 1 */
	double speed;    /* times are divided by it; more than 0 */
	enum fdar_phase phase;
	uint64_t seed;
	struct fdar_prefix sources[2];       /* for IPv4 and IPv6 clients; family NONE: the
				      * default, 16.0.0.0/8 and 2001:db8:16::/64 */
	struct fdar_capture_options capture; /* other files, a filter */
	const uint16_t *server_ports;        /* as in fdar_load_options, like the next */
	/* With one of these sessions are written anew, and copied then (anew.h): */
	const struct fdar_tls_keys
		*tls_keys;          /* what they open is written in plain; NULL: nothing */
	struct fdar_redact *redact; /* content and servers; NULL: they stay */
	const struct fdar_edit_rules *rewrite; /* what clients say in each copy; NULL: it stays */
	uint64_t max_gap_ns;                   /* as in fdar_load_options */
	uint64_t udp_idle_ns;                  /* as in fdar_load_options */
	/* While the capture is read; then, with written packets and their total, while writing. */
	fdar_progress_fn reading, writing;
	void *user;
};

struct fdar_amplified {
	uint64_t packets;
	uint64_t bytes; /* of the file */
	uint64_t sessions;
	uint64_t clients;     /* different address and life: copies times clients of the capture */
	uint64_t duration_ns; /* from its first packet to its last */
	uint32_t captured_sessions;
	uint32_t captured_clients;
	uint64_t captured_duration_ns;
	uint32_t decrypted;                /* of the captured sessions: they are in plain now */
	struct fdar_edit_counts rewritten; /* over all copies */
	struct fdar_capture_totals totals;
	uint64_t nested; /* packets of sessions that are left out: fragments of fragments */
	char *damage;    /* what was wrong with the capture, NULL when it was whole */
};

/* Writes output ("-" is standard output) from path ("-" is standard input). FALSE and error on
 * failure: no file is left then. The caller clears result. */
gboolean fdar_amplify_run(const char *path, const char *output,
			  const struct fdar_amplify_options *options, struct fdar_amplified *result,
			  GError **error);

void fdar_amplified_clear(struct fdar_amplified *result);

#endif
