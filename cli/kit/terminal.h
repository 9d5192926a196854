/*
 * What the terminal is like that something is printed on: its width, and whether it is ours to draw on.
 *
 * Place in the house: under help, tables and progress lines.
 */
#ifndef FDAR_CLI_KIT_TERMINAL_H
#define FDAR_CLI_KIT_TERMINAL_H

#include <glib.h>
#include <stdio.h>

/* Columns of the terminal that out goes to, else what the environment's COLUMNS says (20 or more), else
 * 0: nobody knows, and nothing is to be fitted. */
gsize fdar_terminal_width(FILE *out);

/* Whether a progress line may be drawn on stderr now: it is a terminal, and we are not in the background of a shell
 * ("&"), where the line would be drawn over what somebody types. */
gboolean fdar_terminal_is_ours(void);

#endif
