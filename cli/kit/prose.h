/*
 * The text of a help, taken apart so that it can be set to any width, or as a manual page.
 *
 * A text is lines with \n at their ends. Lines that begin in the first column and follow each other are
 * one paragraph. A line with two spaces or more in its middle is an item, the words before them its
 * term; lines below that begin no further left than its text belong to it. Other lines that begin with
 * spaces stand as they are.
 *
 * Place in the house: under help and manual.
 */
#ifndef FDAR_CLI_KIT_PROSE_H
#define FDAR_CLI_KIT_PROSE_H

#include <glib.h>

enum fdar_prose_kind { FDAR_PROSE_PARAGRAPH, FDAR_PROSE_ITEM, FDAR_PROSE_VERBATIM, FDAR_PROSE_GAP };

struct fdar_prose {
	enum fdar_prose_kind kind;
	gsize indent;  /* columns before the term of an item */
	gsize hang;    /* columns before its text */
	char *term;    /* of an item, else NULL */
	GString *text; /* words with one space between; a verbatim line as it is; NULL for a gap */
};

/* Array of struct fdar_prose, owned by the caller (g_array_unref frees what is in it). */
GArray *fdar_prose_parse(const char *text);

/* Appends words broken into lines of at most width columns (0: one line) to out; column is where the
 * first begins, indent where the others do. No newline at the end. A longer word stands alone. */
void fdar_prose_fill(GString *out, const char *words, gsize column, gsize indent, gsize width);

/* Appends lines for a shell to out, each that is wider than width (0: none is) cut where its arguments end, with a
 * backslash that joins them when they are pasted. What is between quotes, or longer, stays whole. */
void fdar_prose_commands(GString *out, const char *lines, gsize width);

/* All of a text, set to a width. */
void fdar_prose_set(GString *out, const char *text, gsize width);

#endif
