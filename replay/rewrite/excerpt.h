/*
 * Excerpts: a capture with only some of its sessions, of these only some exchanges, and of these only
 * some bytes.
 *
 * Place in the house: beside amplify.h; `flowdar reduce` writes one for everything it tries. Packets
 * of a session that is kept whole are as captured, byte for byte, at their times. A session of which
 * exchanges or bytes are left out is written anew: its payload in the pieces and at the times in which it was
 * captured, with the same addresses and ports, sequence numbers without holes, in Ethernet (and then
 * all others are in Ethernet, too). Packets that belong to no session are left out.
 *
 * An exchange is a run of the client's data and all that comes until the client's next run; what
 * comes before the first (a greeting), and the ends, always stay. Of some sessions nothing can be
 * left out, and they have one exchange: TLS that is not opened, data in the SYN, urgent data, bytes that
 * are missing from the capture.
 *
 * Memory: about 200 bytes a session; packets and payload lie in mapped temporary files.
 */
#ifndef FDAR_REPLAY_REWRITE_EXCERPT_H
#define FDAR_REPLAY_REWRITE_EXCERPT_H

#include <glib.h>
#include <stdint.h>

#include "replay/rewrite/cut.h"
#include "replay/sessions/session.h"

struct fdar_excerpt;

/* What is kept of a session. */
struct fdar_excerpt_part {
	uint32_t session;
	const uint8_t *exchanges;   /* nonzero: is kept; NULL: all are */
	const struct fdar_cut *cut; /* bytes of the client that are left out; NULL: none are */
};

/* Reads the capture, twice, so it must be a file; options as for fdar_sessions_load, secrets of TLS
 * are not used. NULL and error as there. The caller owns the result. */
struct fdar_excerpt *fdar_excerpt_open(const char *path, const struct fdar_load_options *options,
				       GError **error);

const struct fdar_sessions *fdar_excerpt_sessions(const struct fdar_excerpt *excerpt);

/* At least 1. */
uint32_t fdar_excerpt_exchanges(const struct fdar_excerpt *excerpt, uint32_t session);

/* Whether something can be left out of what it says: exchanges, where there are several, or bytes. */
gboolean fdar_excerpt_can_cut(const struct fdar_excerpt *excerpt, uint32_t session);

/* Writes the parts (rising by session, at least one) to a pcap, which is whole or not there. */
gboolean fdar_excerpt_write(const struct fdar_excerpt *excerpt,
			    const struct fdar_excerpt_part *parts, size_t count, const char *output,
			    GError **error);

/* NULL is allowed. */
void fdar_excerpt_free(struct fdar_excerpt *excerpt);

#endif
