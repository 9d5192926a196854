/*
 * The ring: where this process writes its ticks (instrument/wire/ticks.h).
 *
 * Place in the house: part of libflowdar-ticks.so. All but fdar_ring_make() and fdar_ring_mapped() are safe
 * in signal handlers; nothing changes errno but them.
 */
#ifndef FDAR_INSTRUMENT_TICKS_RING_H
#define FDAR_INSTRUMENT_TICKS_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "instrument/wire/ticks.h"

/* A new one in the folder, for this process; parent: that it was forked from, 0: none. False: there is none to
 * be had, and nothing is written from here on. */
bool fdar_ring_make(const char *folder, int32_t parent);

/* A place to write to, whose turn and time are set. NULL: there is no ring, no memory, or somebody is writing there
 * still, whom 64 others have overtaken; who has not come to an end after as many rounds as FDAR_RING_ROUNDS never
 * will (a handler that was left by longjmp), and loses the place. */
#define FDAR_RING_ROUNDS 16u
struct fdar_tick *fdar_ring_begin(uint64_t *turn);

/* It is whole, if it is still that turn. */
void fdar_ring_end(struct fdar_tick *tick, uint64_t turn);

/* Tells what is mapped now. */
void fdar_ring_mapped(void);

/* Adds to why there are no samples: FDAR_TICKS_NO_SIGNAL ... */
void fdar_ring_without(uint32_t reason);

#endif
