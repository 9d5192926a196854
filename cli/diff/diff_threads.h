/*
 * flowdar diff --by thread and --by host: what threads, or all threads of a host, ran a session on either side.
 */
#ifndef FDAR_CLI_DIFF_DIFF_THREADS_H
#define FDAR_CLI_DIFF_DIFF_THREADS_H

#include "cli/diff/diff_report.h"
#include "cli/diff/diff_sides.h"

/* Reads both sides again, by thread, and prints: threads of one name, or of names that differ in their last number
 * only (a pool's workers), are a row, by what they ran more. There is
 * no verdict in it. FALSE and error, also where a side has no sessions. */
gboolean fdar_diff_threads(const struct fdar_diff_side_input inputs[2],
			   const struct fdar_diff_request *request, gboolean by_host, FILE *out,
			   GError **error);

#endif
