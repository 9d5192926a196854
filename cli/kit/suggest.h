/*
 * "did you mean": the word of a list that somebody has likely meant.
 *
 * Place in the house: for commands, options and values that are not known.
 */
#ifndef FDAR_CLI_KIT_SUGGEST_H
#define FDAR_CLI_KIT_SUGGEST_H

#include <glib.h>

/* Letters to add, take out, change or swap with their neighbour until a is b (optimal string alignment
 * distance). Bytes are compared; texts longer than 63 are cut there. */
guint fdar_word_distance(const char *a, const char *b);

/* The one of words (ended by NULL) that is near enough to text: up to a third of its letters wrong, at
 * least one, or the only one that begins with it. NULL if there is none. */
const char *fdar_suggest(const char *text, const char *const *words);

#endif
