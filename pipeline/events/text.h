/*
 * Interned texts: names that come again and again in a trace, kept once and known by a small id.
 *
 * Place in the house: one table a source (source.h); every decoder fills it. What comes in is
 * hostile: a text is cut at FD_TEXTS_MAX_LENGTH bytes, made valid UTF-8, and its control characters
 * become '?', so that a name can be printed on a terminal. The table as a whole is bounded: when it
 * is full, every new text is FD_TEXTS_OVERFLOW.
 */
#ifndef FD_PIPELINE_TEXT_H
#define FD_PIPELINE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define FD_TEXTS_MAX_LENGTH 4096u       /* bytes of one text: a path fits */
#define FD_TEXTS_MAX_COUNT  (1u << 20)  /* distinct texts */
#define FD_TEXTS_MAX_BYTES  (64u << 20) /* of all texts together */
#define FD_TEXTS_OVERFLOW   "(too many names)"

struct fd_texts;

struct fd_texts *fd_texts_new(void);

/* NULL is allowed. */
void fd_texts_free(struct fd_texts *texts);

/* The id of text: equal texts give equal ids, the empty text and NULL give 0. text need only live
 * during the call. */
uint32_t fd_texts_id(struct fd_texts *texts, const char *text);

/* The text of an id that fd_texts_id gave; the empty text for any other. Never NULL; owned by the
 * table. */
const char *fd_texts_get(const struct fd_texts *texts, uint32_t id);

/* How many ids there are: 0 to count - 1. */
uint32_t fd_texts_count(const struct fd_texts *texts);

/* Turns text (length bytes, which may hold anything) into what may be shown: valid UTF-8 without
 * control characters, at most FD_TEXTS_MAX_LENGTH bytes. The caller frees the result (g_free). */
char *fd_text_clean(const char *text, size_t length);

#endif
