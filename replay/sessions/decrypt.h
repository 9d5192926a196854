/*
 * Decrypting: sessions of TLS, told as such, and with their secrets made into what was said in them.
 *
 * Place in the house: below load.c, which calls it when all is loaded; replay/tls/ does the work. A
 * session that opens is replaced by its plaintext: a piece for each captured piece that completed a
 * record, at its time; gaps where records were lost; FIN and RST as they were. What one side had
 * acknowledged of the other's records becomes what it had read of their content.
 */
#ifndef FDAR_REPLAY_SESSIONS_DECRYPT_H
#define FDAR_REPLAY_SESSIONS_DECRYPT_H

#include <glib.h>

#include "replay/sessions/session_private.h"
#include "replay/tls/keylog.h"

/* Looks at all sessions; keys may be NULL. progress, which may be NULL, is asked about each session and megabyte. FALSE and
 * error when it says stop, or a spool fails. */
gboolean fdar_sessions_decrypt(struct fdar_sessions *sessions, struct fdar_tls_keys *keys,
			       fdar_progress_fn progress, void *user, GError **error);

#endif
