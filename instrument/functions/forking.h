/*
 * Forks: what a child is to find whole, and the order in which locks are taken around one.
 *
 * Place in the house: between threads.c and select.c, whose locks these are, and libflowdar.so, which
 * says when a fork begins (provider/control.h).
 *
 * The order is: the lock of forks, that of changes, that of the list of threads, and only then the
 * tracer's own (its descriptors, its RCU) and the C library's. So a fork takes ours before LTTng takes
 * its own (fdar_forking_begin), and who holds ours may call what LTTng stands in front of. Who holds
 * that of changes opens and closes files by system call all the same: a fork that nobody has announced
 * comes to us by way of the C library's handlers, when everything else may be locked already.
 *
 * No server ever hangs for us: a lock that cannot be had in FDAR_FORKING_MS is gone without. A fork that was
 * announced, with nothing else locked yet, waits a second: who has the lock may be waiting for a
 * processor. A helper comes again with its next tick; a child that was made without it leaves alone what
 * may be half changed: it records what it recorded when it was made, nothing is chosen anew there, and the
 * segment counts it (gave_up).
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_FORKING_H
#define FDAR_INSTRUMENT_FUNCTIONS_FORKING_H

#include <stdbool.h>

#define FDAR_FORKING_MS 100u

/* Once, from the constructor. */
void fdar_forking_watch(void);

/* Before LTTng takes its locks for a fork of the calling thread, and after it has given them back: in
 * the parent, and in the child. Nesting does nothing. */
void fdar_forking_begin(void);
void fdar_forking_end(void);

/* In the child, when it has counters of its own. */
void fdar_forking_forked(void);

/* Around changes of what a forked child is to find whole; for the constructor and the helper. False:
 * not now. */
bool fdar_forking_change_begin(void);
void fdar_forking_change_end(void);

#endif
