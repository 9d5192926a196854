/*
 * Interned texts: names that come again and again in a trace, kept once and known by a small id.
 *
 * Place in the house: one table a source (source.h); every decoder fills it. What comes in is
 * hostile: a text is cut at FDAR_TEXTS_MAX_LENGTH bytes, made valid UTF-8, and its control characters
 * become '?', so that a name can be printed on a terminal. The table as a whole is bounded: when it
 * is full, every new text is FDAR_TEXTS_OVERFLOW.
 */
#ifndef FDAR_PIPELINE_EVENTS_TEXT_H
#define FDAR_PIPELINE_EVENTS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define FDAR_TEXTS_MAX_LENGTH 4096u       /* bytes of one text: a path fits */
#define FDAR_TEXTS_MAX_COUNT  (1u << 20)  /* distinct texts */
#define FDAR_TEXTS_MAX_BYTES  (64u << 20) /* of all texts together */
#define FDAR_TEXTS_OVERFLOW   "(too many names)"

struct fdar_texts;

struct fdar_texts *fdar_texts_new(void);

/* NULL is allowed. */
void fdar_texts_free(struct fdar_texts *texts);

/* The id of text: equal texts give equal ids, the empty text and NULL give 0. text need only live
 * during the call. */
uint32_t fdar_texts_id(struct fdar_texts *texts, const char *text);

/* The text of an id that fdar_texts_id gave; the empty text for any other. Never NULL; owned by the
 * table. */
const char *fdar_texts_get(const struct fdar_texts *texts, uint32_t id);

/* How many ids there are: 0 to count - 1. */
uint32_t fdar_texts_count(const struct fdar_texts *texts);

/* Turns text (length bytes, which may hold anything) into what may be shown: valid UTF-8 without
 * control characters, at most FDAR_TEXTS_MAX_LENGTH bytes. The caller frees the result (g_free). */
char *fdar_text_clean(const char *text, size_t length);

#endif
