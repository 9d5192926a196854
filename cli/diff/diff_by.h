/*
 * flowdar diff --by client, label, request and component: what sessions of each client, under each label, that asked
 * for the same, or all of them in each binary took on either side. Not to be mixed up with diff_clients.h, what
 * clients saw of the server.
 */
#ifndef FDAR_CLI_DIFF_DIFF_BY_H
#define FDAR_CLI_DIFF_DIFF_BY_H

#include "cli/diff/diff_report.h"
#include "cli/diff/diff_sides.h"

enum fdar_diff_by {
	FDAR_DIFF_BY_CLIENT,
	FDAR_DIFF_BY_LABEL,
	FDAR_DIFF_BY_REQUEST, /* the inputs' unit is to be requests */
	FDAR_DIFF_BY_COMPONENT,
	FDAR_DIFF_BYS
};

/* "client", "label", "request", "component"; FALSE: none of them. */
gboolean fdar_diff_by_parse(const char *text, enum fdar_diff_by *by);

/* Reads both sides again, and prints of the sessions with their label (NULL: all) a row each, by what they took
 * more. There is no verdict in it. FALSE and error, also where a side has no such session, or is a profile and is
 * asked by client or request. */
gboolean fdar_diff_by(enum fdar_diff_by by, const struct fdar_diff_side_input inputs[2],
		      const char *const labels[2], const struct fdar_diff_request *request,
		      FILE *out, GError **error);

#endif
