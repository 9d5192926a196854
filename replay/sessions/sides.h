/*
 * Sides: who serves, decided with the whole capture at hand; and which sessions are one seen twice.
 *
 * Place in the house: below load.c, split and amplify, which call it when all is read. A connection
 * whose SYN was captured says itself who the client is. For the others, and for UDP, this is the
 * evidence, the strongest first:
 * - a SYN anywhere in the capture to or from one of the ends;
 * - a port that the user says is a server's;
 * - UDP: the one end had just written to another port of the other's host, as TFTP's clients do;
 * - one end has talked to several others, the other one to fewer;
 * - one port is a known service's, and the other is not;
 * - UDP: who sent first is the client; TCP: the lower port is the server's.
 * What rests on less than the first two is marked as guessed; of UDP when who sent first was taken
 * for the server, or nothing but that speaks for it.
 *
 * Memory: about 150 bytes for each end of a session that is in doubt, while it runs.
 */
#ifndef FDAR_REPLAY_SESSIONS_SIDES_H
#define FDAR_REPLAY_SESSIONS_SIDES_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/sessions/session.h"

struct fdar_sides_input {
	size_t count;
	struct fdar_session *(*at)(void *user, size_t index); /* by id */
	/* The session was turned round: what belongs to its ways has to be as well. */
	void (*turn)(void *user, size_t index);
	void *user;
	const uint16_t *ports; /* servers' ports, ended by 0; may be NULL */
};

/* Settles who serves in each session, and marks other views of sessions (FDAR_ODD_VIEW): gives how many these are. */
uint32_t fdar_sides_settle(const struct fdar_sides_input *input);

#endif
