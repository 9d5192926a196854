/*
 * What flowdar info says of a recording's journal.
 */
#ifndef FDAR_CLI_INFO_INFO_LABELS_H
#define FDAR_CLI_INFO_INFO_LABELS_H

#include "cli/info/info_tables.h"
#include "cli/kit/options.h"

/* Counts its lines with a label; warns of one that is not used. */
void fdar_info_labels(struct fdar_about *about, const struct fdar_usage *usage);

void fdar_info_print_labels(const struct fdar_about *about);

#endif
