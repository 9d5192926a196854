/*
 * Helper: another thread, that does what it is given, in the order in which it was.
 *
 * Place in the house: in the cellar, for sums of which nobody needs to know before the end. What there is to
 * do is told in lots of bytes; who sends them goes on while the helper is at those before. One thread sends.
 *
 * Lots are copied, as a whole. To write bit by bit what another processor has just read is slow: each line of
 * its cache is to be fetched from there first, which a copy of many lines need not do.
 *
 * Forks. After fdar_helper_drain the thread holds nothing: a child may be made.
 *
 * Bounds: FDAR_HELPER_LOTS lots of FDAR_HELPER_BYTES. Who sends one more waits.
 */
#ifndef FDAR_BASE_HELPER_H
#define FDAR_BASE_HELPER_H

#include <glib.h>
#include <stddef.h>

#define FDAR_HELPER_LOTS  32u
#define FDAR_HELPER_BYTES (16u << 10)

struct fdar_helper;

/* What is to be done with a lot; user as it was sent. */
typedef void (*fdar_helper_fn)(void *user, const void *bytes, size_t length);

/* The caller owns the result (fdar_helper_free). */
struct fdar_helper *fdar_helper_new(void);

/* work is to be done with so many bytes, FDAR_HELPER_BYTES at most, which are the caller's again. */
void fdar_helper_send(struct fdar_helper *helper, const void *bytes, size_t length,
		      fdar_helper_fn work, void *user);

/* All that was sent has been done: what it was about is the caller's until more is sent. */
void fdar_helper_drain(struct fdar_helper *helper);

/* What was sent is done before. NULL is allowed. */
void fdar_helper_free(struct fdar_helper *helper);
typedef struct fdar_helper fdar_helper;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_helper, fdar_helper_free)

#endif
