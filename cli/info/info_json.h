/*
 * What flowdar info says to programs.
 */
#ifndef FDAR_CLI_INFO_INFO_JSON_H
#define FDAR_CLI_INFO_INFO_JSON_H

#include "cli/info/info_tables.h"

void fdar_info_print_json(const struct fdar_about *about);

#endif
