/*
 * The widths of a table's columns on a terminal: nothing wraps, and what is cut is cut where it hurts least.
 *
 * Place in the house: under table.c, and nobody else.
 */
#ifndef FDAR_CLI_KIT_TABLE_FIT_H
#define FDAR_CLI_KIT_TABLE_FIT_H

#include <glib.h>

#include "cli/kit/table.h"

/* Columns of a terminal that a valid UTF-8 text takes. */
gsize fdar_text_columns(const char *text);

/* A copy of at most width columns, "..." where something was taken away: at its end, or (tail) at its
 * beginning. The caller frees the result. */
char *fdar_text_cut(const char *text, gsize width, gboolean tail);

/* Fits count columns, of the natural widths given, into terminal columns with one space between two of them:
 * widths becomes what each gets, 0 for one that is left out. Columns that can be cut get 20 (tails 36) before others
 * are left out for them, and a quarter of that when there are no others.
 * When even that is too wide the natural widths of what cannot be left out stay. */
void fdar_table_fit(const struct fdar_column *columns, gsize count, gsize *widths, gsize terminal);

#endif
