/*
 * Shortening: bytes that are left out of the messages of what is kept. Internal to a reduction (reducing.h).
 *
 * The sessions of one cause are played alone, in as many copies as were left, first whole for what they do then;
 * after that with fewer and fewer bytes of the client (replay/reduce/shorten.h), the lengths in front of them mended.
 * Shorter messages have to do at least half of what the whole ones did, and leave no more sessions without an answer:
 * else one would pass that does next to nothing, or whose end a server waits for. What does not hurt alone in that way,
 * and what hurts by getting no answer, stays whole; so does what has more than FDAR_SHORTENING_MAX bytes.
 */
#ifndef FDAR_CLI_REDUCE_SHORTENING_H
#define FDAR_CLI_REDUCE_SHORTENING_H

#include "cli/reduce/reducing.h"

#define FDAR_SHORTENING_MAX ((uint64_t)256 * 1024)

/* One cause, of which there are these sessions (uint32_t, rising): its parts of what is kept become shorter. DONE or
 * STOPPED; then they are as short as they came. */
enum fdar_reduce_end fdar_reducing_shorten(struct fdar_reducing *reducing, guint cause,
					   const GArray *sessions);

#endif
