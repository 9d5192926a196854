/*
 * Texts and numbers of others on standard output: for people, and as JSON.
 */
#ifndef FDAR_CLI_KIT_PRINT_H
#define FDAR_CLI_KIT_PRINT_H

#include <glib.h>
#include <stdio.h>

/* A JSON text in quotes, made valid UTF-8. The caller frees the result. */
char *fdar_json_text(const char *text);

/* A JSON array of texts; list ends with NULL. The caller frees the result. */
char *fdar_json_list(const char *const *list);

/* A JSON number; "null" for what is not finite. The caller frees the result. */
char *fdar_json_number(double number);

/* A line on stdout (or out), without control characters that a hostile trace could bring in. Where the width of the
 * terminal is known a longer one is folded between words, the rest two columns further in. */
void fdar_print_line(const char *format, ...) G_GNUC_PRINTF(1, 2);
void fdar_print_line_to(FILE *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The same of what people paste, a command: never folded. */
void fdar_print_verbatim(const char *line);

/* What the functions above make of a line; width 0: nothing is folded. The caller frees the result. */
char *fdar_fold_line(const char *line, gsize width);

#endif
