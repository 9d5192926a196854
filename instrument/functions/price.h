/*
 * The price of recording a call, measured where it is paid: in this process, on this machine, of the kind
 * of hooks that it uses, while it is recorded.
 *
 * Place in the house: used by select.c in the helper thread; over frames.c, whose hooks it calls of a state
 * that is no thread's. What they record is looked at and thrown away: nothing of it is written.
 *
 * A probe is a function that does nothing. It is called through the hooks, as the server's functions are, and
 * without them. What calls take longer is the price; what of it the records say, the part that is in the call's
 * own time (inner), the rest is in its caller's. The median of some rounds counts: the first find nothing in
 * the caches, and any may be interrupted. What writing records as events takes is measured where it is done
 * (flush.c).
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_PRICE_H
#define FDAR_INSTRUMENT_FUNCTIONS_PRICE_H

#include <stdbool.h>
#include <stdint.h>

#include "functions/selection.h"

/* Measures once and adds it to the process's counters, while calls are recorded in full: not with a least
 * duration, nor a depth. patched, hooked: the kinds that are in use. The helper thread only. */
void fdar_price_measure(bool patched, bool hooked);

/* Where the probes are, for the table of what is recorded: always on, not counted. */
struct fdar_selection_module fdar_price_module(void);

#endif
