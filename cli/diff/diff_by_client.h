/*
 * flowdar diff --by client: what the sessions of each client took on either side. Not to be mixed up with
 * diff_clients.h, what clients saw of the server.
 */
#ifndef FDAR_CLI_DIFF_DIFF_BY_CLIENT_H
#define FDAR_CLI_DIFF_DIFF_BY_CLIENT_H

#include "cli/diff/diff_report.h"
#include "cli/diff/diff_sides.h"

/* Reads both sides again, session by session, those with their label (NULL: all), and prints: a row a client's
 * address, by what its sessions took more. There is no verdict in it. FALSE and error, also where a side has no
 * such session, or is a profile. */
gboolean fdar_diff_by_client(const struct fdar_diff_side_input inputs[2],
			     const char *const labels[2], const struct fdar_diff_request *request,
			     FILE *out, GError **error);

#endif
