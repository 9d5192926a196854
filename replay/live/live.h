/*
 * Live sessions: scripts that grow while they are played. Internal to the mirror.
 *
 * Place in the house: between the assembler's events and the driver's plays. A live session is the
 * mirror's from its first packet until it has ended and its last play is over.
 */
#ifndef FDAR_REPLAY_LIVE_LIVE_H
#define FDAR_REPLAY_LIVE_LIVE_H

#include <glib.h>
#include <stdint.h>

#include "replay/sessions/assembler.h"
#include "replay/play/driver.h"

struct fdar_live {
	struct fdar_script script; /* first: a script is its live session */
	struct fdar_session session;
	struct fdar_driver *driver;
	GArray *pieces;     /* struct fdar_piece; script.pieces */
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
struct fdar_live *fdar_live_new(struct fdar_driver *driver, const struct fdar_session *session);

/* Begins clones plays of it, from clients numbered from first_client on. */
void fdar_live_begin(struct fdar_live *live, const struct fdar_session *session, uint32_t clones,
		     uint64_t first_client);

/* Something arrived: it is appended, and sent by the plays that are ready to. Before the session
 * was begun: kept out, unless it is a message of the client that it can be joined at; then TRUE,
 * and nothing was done yet: begin it and call again. */
gboolean fdar_live_arrived(struct fdar_live *live, const struct fdar_session *session,
			   const struct fdar_arrival *arrival);

/* No more will arrive. Frees it when nobody plays it any more; the last play does so otherwise. */
void fdar_live_closed(struct fdar_live *live, const struct fdar_session *session);

#endif
