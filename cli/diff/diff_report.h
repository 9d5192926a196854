/*
 * What flowdar diff prints: the verdict, both sides, functions, call paths of one side only, hints.
 */
#ifndef FDAR_CLI_DIFF_DIFF_REPORT_H
#define FDAR_CLI_DIFF_DIFF_REPORT_H

#include <glib.h>
#include <stdio.h>

#include "analyze/diff/diff.h"
#include "cli/diff/diff_clients.h"
#include "cli/diff/diff_samples.h"
#include "cli/kit/table.h"

struct fdar_diff_request {
	char **paths[2]; /* of baseline and subject, NULL-terminated */
	enum fdar_format format;
	enum fdar_unit unit;
	guint limit;                             /* rows; 0: all */
	const struct fdar_diff_samples *samples; /* NULL: nobody looked for any */
	const struct fdar_diff_clients *clients; /* the same */
	double min_share;                        /* rows with less are left out, 0 to 1 */
};

void fdar_diff_print(const struct fdar_diff *diff, const struct fdar_diff_request *request,
		     FILE *out);

#endif
