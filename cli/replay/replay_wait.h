/*
 * Waits until somebody takes connections where a capture is to be played.
 *
 * Place in the house: under cmd_replay.c. On this machine it looks into /proc/net/tcp: no connection is made that a
 * recorded server would take for a client. Elsewhere it connects, and closes at once.
 */
#ifndef FDAR_CLI_REPLAY_REPLAY_WAIT_H
#define FDAR_CLI_REPLAY_REPLAY_WAIT_H

#include "replay/play/routes.h"

/* Until all targets of the routes are listened on (TCP), at most for_ns. FALSE and error: nobody was there, with
 * the address, or it was stopped (G_IO_ERROR_CANCELLED). */
gboolean fdar_replay_wait(const struct fdar_routes *routes, uint64_t for_ns,
			  const volatile int *stop, GError **error);

#endif
