/*
 * flowdar info --check: whether a recording is as it was written.
 */
#ifndef FDAR_CLI_INFO_INFO_CHECK_H
#define FDAR_CLI_INFO_INFO_CHECK_H

#include "cli/kit/options.h"
#include "cli/kit/table.h"

/* Reads every byte of path, prints what is not as it was written, and gives the exit status. */
int fdar_info_check(const struct fdar_usage *usage, const char *path, enum fdar_format format);

#endif
