/*
 * flowdar info: where the threads of servers that were attached to were when the recording began.
 */
#ifndef FDAR_CLI_INFO_INFO_STACKS_H
#define FDAR_CLI_INFO_INFO_STACKS_H

#include "cli/kit/table.h"
#include "pipeline/recording/stacks.h"

/* A row for threads of one process and name that were in the same place, those most at one place last:
 * what waits for work is many, what hangs is few. The caller frees it. */
struct fdar_table *fdar_info_stacks(const struct fdar_stacks *stacks);

/* The value of a JSON member: an array of threads with their frames, the innermost first. NULL: null. */
void fdar_info_print_stacks_json(const struct fdar_stacks *stacks, FILE *out);

#endif
