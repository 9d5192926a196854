/*
 * Live sessions: scripts that grow while they are played. Internal to the mirror.
 *
 * Place in the house: between the assembler's events and the driver's plays. A live session is the
 * mirror's from its first packet until it has ended and its last play is over.
 */
#ifndef FD_REPLAY_LIVE_H
#define FD_REPLAY_LIVE_H

#include <glib.h>
#include <stdint.h>

#include "replay/sessions/assembler.h"
#include "replay/play/driver.h"

struct fd_live {
	struct fd_script script; /* first: a script is its live session */
	struct fd_session session;
	struct fd_driver *driver;
	GArray *pieces;     /* struct fd_piece; script.pieces */
	GByteArray *bytes;  /* of the client, those that may still be sent; script.bytes */
	uint64_t offset;    /* in the client's stream, where bytes ends */
	GPtrArray *plays;   /* those that run */
	uint64_t origin_ns; /* since the run began: when it was begun to be played */
	gboolean begun;     /* plays were begun */
	gboolean answered;  /* bytes of the server were seen */
	gboolean closed;    /* no more will arrive */
	gboolean gone;      /* given up: what comes is not kept */
};

/* A session was seen. */
struct fd_live *fd_live_new(struct fd_driver *driver, const struct fd_session *session);

/* Begins clones plays of it, from clients numbered from first_client on. */
void fd_live_begin(struct fd_live *live, const struct fd_session *session, uint32_t clones,
		   uint64_t first_client);

/* Something arrived: it is appended, and sent by the plays that are ready to. Before the session
 * was begun: kept out, unless it is a message of the client that it can be joined at; then TRUE,
 * and nothing was done yet: begin it and call again. */
gboolean fd_live_arrived(struct fd_live *live, const struct fd_session *session,
			 const struct fd_arrival *arrival);

/* No more will arrive. Frees it when nobody plays it any more; the last play does so otherwise. */
void fd_live_closed(struct fd_live *live, const struct fd_session *session);

#endif
