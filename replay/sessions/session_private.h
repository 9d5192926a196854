/*
 * What loading (load.c) makes and the accessors of session.h (session.c) read.
 *
 * Private to session.h's implementation.
 */
#ifndef FD_REPLAY_SESSION_PRIVATE_H
#define FD_REPLAY_SESSION_PRIVATE_H

#include "replay/sessions/session.h"
#include "replay/capture/spool.h"

struct fd_sessions {
	GArray *sessions;       /* struct fd_session, by id */
	struct fd_spool *bytes; /* payload */
	struct fd_spool *index; /* pieces of all sessions, one session after the other */
	const uint8_t *payload;
	const struct fd_piece *pieces;
	uint64_t piece_count;
	uint64_t duration_ns;
	char *damage;
	struct fd_capture_totals totals;
};

#endif
