/*
 * What was given on the command line and is never meant: empty texts, and numbers that GLib takes for octal
 * or hexadecimal ones.
 *
 * Place in the house: beside options.h, which asks when GLib has taken the arguments apart.
 */
#ifndef FDAR_CLI_KIT_GIVEN_H
#define FDAR_CLI_KIT_GIVEN_H

#include <glib.h>

#include "cli/kit/options.h"

/* Of the arguments as they were before: the first value of an option for whole numbers that begins with a 0
 * and goes on ("010" would be 8, "0x10" 16, "+010" 8), up to "--". What is wrong, without the command; the
 * caller frees it. NULL: none. */
char *fdar_given_number(const GOptionEntry *entries, int argc, char *const *argv);

/* The first option whose text is empty, as of an unset variable of a shell; a folder of that name is
 * the one that one stands in. Says what may be given. The same. */
char *fdar_given_empty(const struct fdar_usage *usage, const GOptionEntry *entries);

/* Takes a "--" out wherever it is, and gives what is wrong where an argument is empty. Not for
 * commands whose arguments hold another command's (" -- " in the synopsis): of these nothing but a "--"
 * that comes first goes. */
char *fdar_given_arguments(const struct fdar_usage *usage, int *argc, char **argv);

#endif
