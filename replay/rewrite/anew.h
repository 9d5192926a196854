/*
 * Writing sessions anew: a capture of what was said, in packets of our own.
 *
 * Place in the house: below amplify.c, for what cannot be had by changing captured packets: plaintext in
 * place of TLS, and content that was taken out (redact.h). Each session gets the handshake that it had, a segment
 * for each captured piece (more where it is larger than FDAR_ANEW_SEGMENT), its gaps, FIN and RST, at their
 * times; acknowledgements as far as its pieces have them. Retransmissions, and packets that say nothing, are
 * gone. All is in Ethernet, to be read by amplify, which makes the checksums.
 *
 * Memory: 16 bytes a piece, and a mapping of the payload.
 */
#ifndef FDAR_REPLAY_REWRITE_ANEW_H
#define FDAR_REPLAY_REWRITE_ANEW_H

#include <glib.h>
#include <stdint.h>

#include "replay/rewrite/redact.h"
#include "replay/sessions/session.h"

#define FDAR_ANEW_SEGMENT 1400u

/* Writes the file at path. redact: what payload and servers go through; NULL: they stay. FALSE and error. */
gboolean fdar_anew_write(const struct fdar_sessions *sessions, struct fdar_redact *redact,
			 const char *path, GError **error);

#endif
