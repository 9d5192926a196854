/*
 * Frames: the lengths that a protocol writes before its bytes, mended where bytes are replaced.
 *
 * Place in the house: below edit.h. What a client sends is looked at message by message, as it stands in the
 * capture. Known: HTTP/1 requests (Content-Length, RFC 9112 6; chunk sizes, 7.1), RESP arrays of bulk
 * strings (https://redis.io/docs/latest/develop/reference/protocol-spec), MySQL's packets (3 bytes of
 * length and a number). A message is of a protocol only when it is from its first byte on; in what is of
 * none, there is no length to mend. HTTP/2 is told (its headers are compressed, and refer to each other).
 *
 * Input is hostile. Bounds: no more than one walk over a message; a length grows to 2^24 - 1 (MySQL) or
 * 2^31 at most.
 */
#ifndef FDAR_REPLAY_EDIT_FRAMES_H
#define FDAR_REPLAY_EDIT_FRAMES_H

#include <glib.h>
#include <stdint.h>

#include "replay/edit/changes.h"

/* Where a client's stream stands between two messages: all 0 at its beginning. */
struct fdar_frames {
	uint64_t body_left; /* bytes of an HTTP body whose length has been sent */
	gboolean in_chunks; /* what follows is more of a chunked body */
	gboolean is_http2;
};

/* Adds to changes (struct fdar_edit_change, sorted, none over another; sorted again afterwards) those of
 * the lengths, and moves frames behind the message. A change that would make a length wrong which has been
 * sent already, or which cannot be that large, is taken out. Gives how many were. */
size_t fdar_frames_mend(struct fdar_frames *frames, const uint8_t *bytes, size_t size,
			GArray *changes);

#endif
