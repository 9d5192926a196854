/*
 * Amounts as people read them: times, counts, and words that go with a number.
 *
 * Place in the house: the one home of these texts; tables, sentences and pictures take them from here.
 */
#ifndef FDAR_BASE_AMOUNT_H
#define FDAR_BASE_AMOUNT_H

#include <glib.h>

/* "1.24 ms", "830 ns", "2.10 s": three significant digits of a time of 0 ns or more. text is what is
 * returned. */
#define FDAR_DURATION_BYTES 32
const char *fdar_duration_text(double ns, char text[FDAR_DURATION_BYTES]);

/* "1,234,567". The caller frees the result. */
char *fdar_count_text(guint64 count);

/* "1.5", "412", "12,345": a mean of counts, two digits where it is small and no whole number. The caller frees
 * the result. */
char *fdar_number_text(double number);

/* "1 session", "1,234 sessions": the word gets an s unless there is one, or the plural given. The caller frees
 * the result. */
char *fdar_plural(guint64 count, const char *one, const char *many);

#endif
