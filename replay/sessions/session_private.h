/*
 * What loading (load.c) makes and the accessors of session.h (session.c) read.
 *
 * Private to session.h's implementation.
 */
#ifndef FDAR_REPLAY_SESSIONS_SESSION_PRIVATE_H
#define FDAR_REPLAY_SESSIONS_SESSION_PRIVATE_H

#include "replay/sessions/session.h"
#include "replay/capture/spool.h"

#define FDAR_PLAIN_BASE ((uint64_t)1 << 62)

struct fdar_sessions {
	GArray *sessions;        /* struct fdar_session, by id; NULL once they are in the list */
	struct fdar_spool *list; /* of them, when all is known */
	const struct fdar_session *listed;
	size_t count;
	struct fdar_spool *bytes; /* payload */
	struct fdar_spool *index; /* pieces of all sessions, one session after the other */
	struct fdar_spool *holds; /* of all sessions; NULL: not looked for */
	const struct fdar_hold *held;
	const uint8_t *payload;
	const struct fdar_piece *pieces;
	/* Of sessions that were decrypted: offsets and first pieces of these count from
	 * FDAR_PLAIN_BASE on. */
	struct fdar_spool *plain, *plain_index;
	const uint8_t *plain_payload;
	const struct fdar_piece *plain_pieces;
	GArray *tls; /* struct fdar_session_tls */
	uint64_t piece_count;
	uint64_t duration_ns;
	char *damage;
	struct fdar_capture_totals totals;
};

#endif
