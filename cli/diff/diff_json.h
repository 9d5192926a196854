/*
 * A comparison as JSON, and the call paths that only one side has.
 */
#ifndef FDAR_CLI_DIFF_DIFF_JSON_H
#define FDAR_CLI_DIFF_DIFF_JSON_H

#include <stdio.h>

#include "analyze/diff/diff.h"
#include "cli/diff/diff_report.h"
#include "cli/kit/table.h"

/* The tables are the two sides and the functions. */
void fdar_diff_print_json(const struct fdar_diff *diff, struct fdar_table *sides,
			  struct fdar_table *rows, const struct fdar_diff_request *request,
			  FILE *out);

/* The topmost nodes of what is on one side only, guint32, the largest first. The caller unrefs it. */
GArray *fdar_changed_paths(const struct fdar_diff *diff, enum fdar_presence presence);

/* What such a node took on its side, per session. */
double fdar_presence_ns(const struct fdar_diff_node *node);

#endif
