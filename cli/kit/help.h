/*
 * What a command and its options are, shown: as the help of --help, as a manual page, and as what the
 * completion of a shell needs. All from the same table, so that none of them can be wrong alone.
 *
 * Place in the house: beside options.h, which parses that table. `flowdar --help=FORM` (cli/main.c) puts
 * the parts together.
 */
#ifndef FDAR_CLI_KIT_HELP_H
#define FDAR_CLI_KIT_HELP_H

#include <glib.h>
#include <stdio.h>

#include "cli/kit/options.h"

/* The longest lines that are good to read; wider terminals are not filled. */
#define FDAR_HELP_WIDTH 100

/* The values that an option takes, "table json csv" with spaces between: the command's own, or of those
 * that mean the same everywhere (format, unit). NULL when any text will do. *open: others are right, too. */
const char *fdar_usage_values_of(const struct fdar_usage *usage, const char *option,
				 gboolean *open);

/* Such values as a sentence has them: "table, json or csv". The caller frees the result. */
char *fdar_usage_listed(const char *values);

/* The heading that stands above an option, or NULL. */
const char *fdar_usage_heading_of(const struct fdar_usage *usage, const char *option);

/* "-o, --output=FILE". The caller frees the result. */
char *fdar_help_option(const GOptionEntry *entry);

/* What TIME and SIZE are, for a command that takes them; else "". The caller frees the result. */
char *fdar_help_units(const GOptionEntry *entries);

/* Columns that a help is set to: the terminal's, and no more than FDAR_HELP_WIDTH. */
gsize fdar_help_width(FILE *out);

/* The help, set to the width of the terminal. */
void fdar_help_print(const struct fdar_usage *usage, const GOptionEntry *entries);

/* The command's part of FORM: "man" (all below NAME), "bash", "zsh" or "fish"; "option:NAME" and "runs"
 * print nothing, and *code says whether it has that option, and whether the command of somebody else stands among its
 * arguments: FDAR_EXIT_OK or FDAR_EXIT_FAILED. FALSE when there is no
 * such form; nothing is printed then, and *code is left alone. */
gboolean fdar_help_print_as(const char *form, const struct fdar_usage *usage,
			    const GOptionEntry *entries, int *code);

/* Manual pages (manual.c). text with the marks of roff escaped, the caller frees the result. */
char *fdar_manual_escape(const char *text);
void fdar_manual_prose(const char *text);
void fdar_manual_verbatim(const char *lines);
void fdar_manual_print(const struct fdar_usage *usage, const GOptionEntry *entries);

/* Completions (completion.c): the head and the foot of the file that a shell reads, which stand around the
 * parts of the commands. commands: rows of name and summary, ended by a NULL. */
void fdar_completion_head(const char *shell, const char *const *commands);
void fdar_completion_print(const char *shell, const struct fdar_usage *usage,
			   const GOptionEntry *entries);
void fdar_completion_foot(const char *shell);

/* What the words of a line offer for an option's value (offered.c): what is "labels", "clients" (both of the journal),
 * "functions", or "threads" (named where the trace begins) of the recordings among words (ended by a NULL), each once, sorted,
 * a line each. Others' texts go into somebody's command line there, so names with anything that a shell may take for its own
 * are left out; so is what cannot be read. FALSE when there is no such thing; nothing is printed then. */
gboolean fdar_offered_print(const char *what, char **words);

#endif
