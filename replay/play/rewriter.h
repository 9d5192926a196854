/*
 * A played session's messages, rewritten by the rules of replay/edit/ right before they leave. Internal to
 * the driver.
 *
 * Place in the house: between play.c and replay/edit/. A message is rewritten when its first piece leaves,
 * with what the server had said by then, and leaves in as many pieces as were captured. A UDP datagram is a
 * message.
 */
#ifndef FDAR_REPLAY_PLAY_REWRITER_H
#define FDAR_REPLAY_PLAY_REWRITER_H

#include <glib.h>
#include <stdint.h>

#include "replay/edit/edit.h"
#include "replay/play/plan.h"

struct fdar_rewriter;

/* edit, and the start's script, must outlive it. */
struct fdar_rewriter *fdar_rewriter_new(struct fdar_edit *edit, const struct fdar_start *start);

/* The server said that. */
void fdar_rewriter_heard(struct fdar_rewriter *rewriter, const uint8_t *bytes, size_t size);

/* What leaves in place of that piece of the script, a DATA piece of the client's: as long as no later one is
 * asked for, the same. */
const uint8_t *fdar_rewriter_piece(struct fdar_rewriter *rewriter, uint64_t piece, size_t *size);

/* NULL is allowed. */
void fdar_rewriter_free(struct fdar_rewriter *rewriter);

#endif
