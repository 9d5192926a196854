/*
 * Which of the subject's sessions the verdict is about, where they are one or a few of many: a profile does not
 * know sessions by name, so the recordings are read once more.
 */
#ifndef FDAR_CLI_DIFF_DIFF_FEW_H
#define FDAR_CLI_DIFF_DIFF_FEW_H

#include "analyze/diff/diff.h"
#include "cli/diff/diff_sides.h"

/* Tells the diff (fdar_diff_tell_few), where its verdict is about a few; of a side that is a profile it is not
 * known. label: of the subject's sessions; NULL: all. FALSE and error: a recording could not be read, or Ctrl-C. */
gboolean fdar_diff_few_name(const struct fdar_diff_side_input *subject, const char *label,
			    struct fdar_diff *diff, GError **error);

#endif
