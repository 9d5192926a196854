/*
 * Side connections: sessions whose port another session agreed on in its bytes, as FTP does.
 *
 * Place in the house: below script.h. Reads the client's PORT and EPRT commands and the server's
 * answers 227 and 229 (RFC 959, RFC 2428) of TCP sessions that look like FTP: the server's first
 * line begins with a three-digit code, or the server port is 21. At most 1 MiB of such a session is
 * looked at, each way.
 */
#ifndef FDAR_REPLAY_SESSIONS_SIDE_H
#define FDAR_REPLAY_SESSIONS_SIDE_H

#include <glib.h>
#include <stdint.h>

#include "replay/sessions/session.h"

/* For each session that is a side connection: its id, and as value the id of the session that
 * agreed on it, both as GUINT_TO_POINTER(id + 1). The caller unrefs the result. */
GHashTable *fdar_side_connections(const struct fdar_sessions *sessions);

/* One line of a control connection: TRUE and where it says that the side connection goes to. The
 * address may be absent (229): its family is then FDAR_FAMILY_NONE. Exposed for tests. */
gboolean fdar_side_parse(const char *line, size_t length, enum fdar_way way,
			 struct fdar_endpoint *endpoint);

#endif
