/*
 * Writing sessions anew: what was said, in packets of our own.
 *
 * Place in the house: below excerpt.c and amplify.c, for what cannot be had by changing captured packets: sessions of
 * which some exchanges are left out, plaintext in place of TLS, and content that was taken out (redact.h) or replaced
 * (replay/edit/). Each session gets the handshake that it had, a segment for each captured piece (more where it is
 * larger than a segment may be), its gaps, FIN and RST, at their times; acknowledgements as far as its pieces have
 * them. Retransmissions, and packets that say nothing, are gone. All is in Ethernet, with right checksums.
 *
 * An *exchange* is what a client says until it is answered, and the answer.
 *
 * Memory: 16 bytes a piece, 200 a session, the messages at hand, and a mapping of the payload.
 */
#ifndef FDAR_REPLAY_REWRITE_ANEW_H
#define FDAR_REPLAY_REWRITE_ANEW_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/pcap_file.h"
#include "replay/edit/edit.h"
#include "replay/rewrite/cut.h"
#include "replay/rewrite/redact.h"
#include "replay/sessions/session.h"

/* Payload of a segment at most: as a network has them, and as cards join them. */
#define FDAR_ANEW_SEGMENT 1400u
#define FDAR_ANEW_JOINED  32768u

/* Before the first exchange. */
#define FDAR_ANEW_BEFORE UINT32_MAX

/* Zeroed at the beginning of a session. */
struct fdar_anew_walk {
	uint32_t runs; /* of the client, so far */
	gboolean client_last;
};

/* The exchange that the session's next piece is part of, from 0; FDAR_ANEW_BEFORE: of none. */
uint32_t fdar_anew_exchange(struct fdar_anew_walk *walk, const struct fdar_piece *piece);

/* What becomes of the sessions. All of it is borrowed. */
struct fdar_anew_how {
	uint32_t segment; /* payload of one, at most */
	const uint8_t *const
		*keep; /* by session: which of its exchanges are written (what is before
				     * them always is); NULL: nothing of it. NULL: everything */
	const struct fdar_cut *const
		*cuts;              /* by session: bytes of its client that are left out, may
					     * be NULL; NULL: none of any. Not with edit */
	struct fdar_redact *redact; /* what payload and servers go through; NULL: they stay */
	struct fdar_edit *edit; /* what clients' messages go through; NULL: they stay. Answers of
				     * this run are the captured ones, and now is when it was captured */
	const struct fdar_edit_who *who; /* with edit: by session */
};

struct fdar_anew;

/* sessions and how must outlive it. */
struct fdar_anew *fdar_anew_new(const struct fdar_sessions *sessions,
				const struct fdar_anew_how *how);

/* Writes what is due until then, on the sessions' time line, of which 0 is at epoch_ns (modulo 2^64). FALSE: the writer
 * cannot go on; its finish says why. */
gboolean fdar_anew_put(struct fdar_anew *anew, struct fdar_pcap_writer *writer, uint64_t epoch_ns,
		       uint64_t until_ns);

/* NULL is allowed. */
void fdar_anew_free(struct fdar_anew *anew);

/* All of it into the file at path. FALSE and error. */
gboolean fdar_anew_write(const struct fdar_sessions *sessions, const struct fdar_anew_how *how,
			 const char *path, GError **error);

#endif
