/*
 * Texts of strangers, made fit to be shown: nothing in them moves a cursor, turns the direction of what
 * stands beside them, or hides.
 *
 * Place in the house: under everything that prints or keeps names from traces, captures, journals,
 * file systems and other processes. What is replaced: C0 and C1 control characters and DEL, line and
 * paragraph separators, the marks and overrides of the bidirectional algorithm (UAX 9), invisible
 * tags. (CVE-2021-42574 shows what can be done with the latter.)
 */
#ifndef FDAR_BASE_SHOW_H
#define FDAR_BASE_SHOW_H

#include <glib.h>

/* Whether the character is one of these. */
gboolean fdar_show_is_bad(gunichar c);

/* Replaces them in a valid UTF-8 text by as many bytes: "?", U+00BF, U+FFFD. Characters in keep stay. */
void fdar_show_clean(char *text, const char *keep);

/* A copy of any bytes, made valid UTF-8 and cleaned. The caller frees the result. */
char *fdar_show(const char *text);

#endif
