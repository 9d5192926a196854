/* The table at the end of a batch: a row a recording, in the order of time, and what stands out. */
#ifndef FDAR_CLI_BATCH_BATCH_TABLE_H
#define FDAR_CLI_BATCH_BATCH_TABLE_H

#include <stdio.h>

#include "cli/batch/batch_cases.h"
#include "cli/kit/table.h"

/* Loads the profiles; those that cannot be have an error then. Sorts the cases by when they began. */
void fdar_batch_load(GPtrArray *cases);

/* Why a loaded recording's figures are not to be compared: the first thing that speaks against it. NULL: nothing does;
 * the text is its profile's. */
const char *fdar_batch_doubt(const struct fdar_batch_case *one);

/* A loaded batch. */
void fdar_batch_print(const GPtrArray *cases, enum fdar_format format, FILE *out);

#endif
