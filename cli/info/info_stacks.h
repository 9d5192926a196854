/*
 * flowdar info: where the threads of servers that were attached to were when the recording began.
 */
#ifndef FD_CLI_INFO_STACKS_H
#define FD_CLI_INFO_STACKS_H

#include "cli/kit/table.h"
#include "pipeline/recording/stacks.h"

/* A row for threads of one process and name that were in the same place, those most at one place last:
 * what waits for work is many, what hangs is few. The caller frees it. */
struct fd_table *fd_info_stacks(const struct fd_stacks *stacks);

/* The value of a JSON member: an array of threads with their frames, the innermost first. NULL: null. */
void fd_info_print_stacks_json(const struct fd_stacks *stacks, FILE *out);

#endif
