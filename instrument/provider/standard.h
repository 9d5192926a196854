/*
 * Descriptors 0 to 2 of a server that has closed them.
 *
 * Place in the house: for whatever stands in front of functions that put something there, and for those
 * who open something that comes there for a moment (aside.h).
 *
 * LTTng's threads do as we do: they make another descriptor of what they get there, and close the first
 * (lttng_ust_add_fd_to_tracker()), under a lock of theirs which LTTng's close() takes as well, and
 * which nothing takes at dup2(): so ours does.
 */
#ifndef FDAR_INSTRUMENT_PROVIDER_STANDARD_H
#define FDAR_INSTRUMENT_PROVIDER_STANDARD_H

#include <stdbool.h>

#include "provider/control.h"

/* The locks that were taken. */
struct fdar_standard {
	bool ours, lttngs;
};

/* Around putting something at fd, in the calling thread: nobody else has it for a moment meanwhile.
 * Nothing is locked for other numbers, nor in a process that was made without our knowing, where the locks may
 * be somebody's who is not there. Ours is gone without when it is not to be had in a second. */
FDAR_CONTROL_API struct fdar_standard flowdar_control_standard_begin(int fd);
FDAR_CONTROL_API void flowdar_control_standard_end(struct fdar_standard taken);

/* Whether one of them is free: the server may be about to open what is to be there. */
bool fdar_standard_free(void);

/* In a forked child: nobody has the lock. */
void fdar_standard_forked(void);

#endif
