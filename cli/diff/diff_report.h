/*
 * What flowdar diff prints: the verdict, both sides, functions, call paths of one side only, hints.
 */
#ifndef FD_CLI_DIFF_REPORT_H
#define FD_CLI_DIFF_REPORT_H

#include <glib.h>
#include <stdio.h>

#include "analyze/diff/diff.h"
#include "cli/kit/table.h"

struct fd_diff_request {
	const char *paths[2]; /* baseline, subject */
	enum fd_format format;
	enum fd_unit unit;
	guint limit;      /* rows; 0: all */
	double min_share; /* rows with less are left out, 0 to 1 */
};

void fd_diff_print(const struct fd_diff *diff, const struct fd_diff_request *request, FILE *out);

#endif
