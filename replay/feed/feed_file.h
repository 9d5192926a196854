/*
 * What a server is fed: the TCP sessions of a capture as steps in one order, for libflowdar-feed.so.
 *
 * Place in the house: between scripts (replay/play/script.h) and the library in the server; the format is
 * instrument/wire/feed.h. Steps are ordered by captured time, ties by session. A session that cannot be fed is
 * no part of it, and counted by its reason; a client's reset becomes a close.
 */
#ifndef FDAR_REPLAY_FEED_FEED_FILE_H
#define FDAR_REPLAY_FEED_FEED_FILE_H

#include <glib.h>
#include <stdint.h>

#include "replay/play/script.h"

struct fdar_feed_counts {
	uint64_t steps;
	uint32_t connections;
	uint32_t datagrams; /* UDP: cannot be fed */
	uint32_t sealed;    /* TLS that is not opened: an answer cannot be made up */
	uint32_t unfit;     /* not playable either: see script.h */
};

/* Counts what could be fed. */
void fdar_feed_count(const struct fdar_scripts *scripts, struct fdar_feed_counts *counts);

/* Writes it to a descriptor, from its beginning. FALSE and error when it cannot be written. */
gboolean fdar_feed_write(const struct fdar_scripts *scripts, gboolean real_time, int fd,
			 GError **error);

#endif
