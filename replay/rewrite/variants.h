/*
 * Variants: the captures that copies are made of, where these are not the captured one: sessions written anew
 * (anew.h), and with rules of rewriting another one for each copy.
 *
 * Place in the house: between amplify.c and anew.c. A variant is a temporary capture file in $TMPDIR, which is read
 * as any other and gone when that is done.
 */
#ifndef FDAR_REPLAY_REWRITE_VARIANTS_H
#define FDAR_REPLAY_REWRITE_VARIANTS_H

#include <glib.h>
#include <stdint.h>

#include "replay/rewrite/amplify.h"
#include "replay/rewrite/original.h"

struct fdar_variants;

/* Loads the capture. options must outlive the result. NULL and error. */
struct fdar_variants *fdar_variants_open(const char *path,
					 const struct fdar_amplify_options *options,
					 GError **error);

/* The variant of the copy that a clone makes in a round, both from 0: in all of them sessions and their order are the
 * same, and the first one that is loaded alone has them. The caller frees it. NULL and error. */
struct fdar_original *fdar_variants_load(struct fdar_variants *variants, uint32_t clone,
					 uint32_t round, GError **error);

/* What the variants' files cannot tell of the capture, and what was rewritten so far. */
void fdar_variants_tell(const struct fdar_variants *variants, struct fdar_amplified *result);

/* NULL is allowed. */
void fdar_variants_free(struct fdar_variants *variants);

#endif
