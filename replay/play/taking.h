/*
 * Taking: a play that reads no faster than its captured client did.
 *
 * Place in the house: part of a play (play.h); play.c asks it before each read. Where the session has holds
 * (replay/sessions/windows.h) its socket gets a small receive buffer, and nothing is read beyond what the captured client had
 * permitted by then, less what that buffer takes for itself: so a server can send as much as it could then, and not more. A
 * hold begins when as much has come as was permitted at its beginning, and lasts as long as it did, divided by the speed
 * (never with pace.asap: then as captured). So it needs no captured times, and adds up to no more than all of them.
 */
#ifndef FDAR_REPLAY_PLAY_TAKING_H
#define FDAR_REPLAY_PLAY_TAKING_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/play/dialogue.h"

/* Zeroed: everything is read at once. */
struct fdar_taking {
	uint32_t next;     /* hold */
	uint32_t room;     /* bytes that the socket takes unread */
	uint64_t from_ns;  /* of the hold that goes on */
	uint64_t until_ns; /* its end; 0: none goes on */
	uint64_t held_ns;  /* by those that are over */
};

/* Before it is connected. */
void fdar_taking_prepare(struct fdar_taking *taking, const struct fdar_script *script, int fd);

/* How much may be read now that so many bytes have come, at most size; 0: nothing before until_ns. */
size_t fdar_taking_permits(struct fdar_taking *taking, const struct fdar_script *script,
			   const struct fdar_pace *pace, uint64_t received, size_t size,
			   uint64_t now_ns);

/* For how long nothing was read, so far. */
uint64_t fdar_taking_held_ns(const struct fdar_taking *taking, uint64_t now_ns);

#endif
