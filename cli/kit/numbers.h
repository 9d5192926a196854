/*
 * What the numbers of a command's options may be (struct fdar_usage_range): looked at by fdar_options_parse, so that
 * each command says the same of a wrong one.
 *
 * GOption does not tell whether an option was given. So what stands for "not given" is put aside, and a number
 * that nobody writes put in its place, until the options are parsed.
 */
#ifndef FDAR_CLI_KIT_NUMBERS_H
#define FDAR_CLI_KIT_NUMBERS_H

#include "cli/kit/options.h"

/* Puts aside the numbers of the options that have a range. The caller frees the result (g_array_unref). */
GArray *fdar_numbers_put_aside(const struct fdar_usage *usage, const GOptionEntry *entries);

/* Gives options that were not given their numbers back. NULL when all others are within their range, else what
 * is wrong with the first that is not; the caller frees it. */
char *fdar_numbers_give_back(GArray *aside);

#endif
