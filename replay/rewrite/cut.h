/*
 * Cuts: bytes that are left out of what a client says, with the lengths in front of them mended.
 *
 * Place in the house: below anew.h, beside redact.h; replay/edit/frames.h knows the lengths. Of no protocol anything
 * else is known: what is left may make no sense to a server, and that is for whoever cuts to find out.
 */
#ifndef FDAR_REPLAY_REWRITE_CUT_H
#define FDAR_REPLAY_REWRITE_CUT_H

#include <glib.h>
#include <stdint.h>

#include "replay/edit/frames.h"

/* Bytes [from, to) of the client's stream as captured; of datagrams one behind the other. */
struct fdar_cut_range {
	uint64_t from, to;
};

/* Of a session; ranges rise, none over another. Borrowed by whoever is given it. */
struct fdar_cut {
	const struct fdar_cut_range *ranges;
	size_t count;
};

/* The next message of the client, of which count pieces are given (their `to` is set to where they end now) and which
 * begins at that byte of its stream. frames is where the stream stands, 0 at first. A byte whose leaving would make a
 * length wrong that was said in an earlier message stays. Gives what is left, *size of it; the caller frees it. */
uint8_t *fdar_cut_message(const struct fdar_cut *cut, struct fdar_frames *frames, uint64_t begin,
			  struct fdar_edit_piece *pieces, size_t count, size_t *size);

#endif
