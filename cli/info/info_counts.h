/*
 * What flowdar info says of page faults and migrations.
 */
#ifndef FDAR_CLI_INFO_INFO_COUNTS_H
#define FDAR_CLI_INFO_INFO_COUNTS_H

#include "cli/info/info_tables.h"
#include "cli/kit/options.h"

/* Adds them up; warns where they cannot be read. */
void fdar_info_counts(struct fdar_about *about, const struct fdar_usage *usage);

void fdar_info_print_counts(const struct fdar_about *about);

#endif
