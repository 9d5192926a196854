/*
 * The watch: ends a server that works, and does not ask for more.
 *
 * Place in the house: beside baton.h. The next step of the capture comes when nobody in the server can go on; one that
 * goes round for ever, and finds something each time or asks for nothing at all, would never get it. A thread of our own,
 * which takes no part, looks at the processor time since the last step: nobody is hurried while a debugger
 * holds the server.
 */
#ifndef FDAR_INSTRUMENT_FEED_WATCH_H
#define FDAR_INSTRUMENT_FEED_WATCH_H

#include <stdint.h>

/* Once. Past ns of processor time for one step the process ends with 3, and says why. 0: never. */
void fdar_feed_watch(uint64_t ns);

#endif
