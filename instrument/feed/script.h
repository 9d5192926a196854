/*
 * The script: the steps that the server is fed, as they lie in the file.
 *
 * Place in the house: at the bottom of libflowdar-feed.so. Whoever reads goes forward only; the thread that has
 * the baton (baton.h) does.
 */
#ifndef FDAR_INSTRUMENT_FEED_SCRIPT_H
#define FDAR_INSTRUMENT_FEED_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "instrument/wire/feed.h"

/* Begins with these bytes, which must lie at a multiple of 8 and stay; refuses (next.h) what is none. Comes by itself when
 * a program begins that FDAR_FEED_ENV is told. */
void fdar_feed_open(const uint8_t *bytes, uint64_t size);

/* NULL: there is no file, and nothing is fed. */
const struct fdar_feed_header *fdar_feed_header(void);

/* The process that began with it: what that forks has it, too. */
pid_t fdar_feed_owner(void);
/* Whether it is the program that was started, and not one that this one started. */
bool fdar_feed_is_first(void);

/* The step at hand; NULL at the end. */
const struct fdar_feed_step *fdar_feed_step(void);
/* Its bytes. */
const uint8_t *fdar_feed_bytes(void);
void fdar_feed_advance(void);
uint64_t fdar_feed_done(void); /* steps that are behind us */
/* Of processor time, for one step; 0: any. */
uint64_t fdar_feed_patience_ns(void);

#endif
