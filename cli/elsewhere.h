/*
 * "--pace is an option of replay, reduce and hunt": whoever takes an option of one command to another one is told
 * whose it is.
 *
 * Place in the house: beside the table of commands, which alone knows all of them; main.c asks when a
 * command line was refused.
 */
#ifndef FDAR_CLI_ELSEWHERE_H
#define FDAR_CLI_ELSEWHERE_H

#include "cli/kit/command.h"

/* Prints a line on stderr about the first option among words (the command's name and what was given to it, ended by
 * NULL) that this command does not have and others have; nothing when there is none. */
void fdar_elsewhere_tell(const struct fdar_command *command, char *const *words);

#endif
