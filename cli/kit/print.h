/*
 * Texts and numbers of others on standard output: for people, and as JSON.
 */
#ifndef FDAR_CLI_KIT_PRINT_H
#define FDAR_CLI_KIT_PRINT_H

#include <glib.h>

/* A JSON text in quotes, made valid UTF-8. The caller frees the result. */
char *fdar_json_text(const char *text);

/* A JSON number; "null" for what is not finite. The caller frees the result. */
char *fdar_json_number(double number);

/* A line on stdout, without control characters that a hostile trace could bring in. */
void fdar_print_line(const char *format, ...) G_GNUC_PRINTF(1, 2);

#endif
