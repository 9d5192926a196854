/*
 * The script: the steps that the server is fed, as they lie in the file.
 *
 * Place in the house: at the bottom of libflowdar-feed.so. Whoever reads goes forward only; the thread that has
 * the baton (baton.h) does.
 */
#ifndef FDAR_INSTRUMENT_FEED_SCRIPT_H
#define FDAR_INSTRUMENT_FEED_SCRIPT_H

#include <stdint.h>

#include "instrument/wire/feed.h"

/* NULL: there is no file, and nothing is fed. */
const struct fdar_feed_header *fdar_feed_header(void);

/* The step at hand; NULL at the end. */
const struct fdar_feed_step *fdar_feed_step(void);
/* Its bytes. */
const uint8_t *fdar_feed_bytes(void);
void fdar_feed_advance(void);
uint64_t fdar_feed_done(void); /* steps that are behind us */

#endif
