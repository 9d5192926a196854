/*
 * Settle: has the server taken a step, answered it, and gone back to waiting? Internal to lockstep.c.
 *
 * Place in the house: looks only: nothing is sent, received or waited for in here. lockstep.h has the
 * rules.
 */
#ifndef FDAR_REPLAY_LOCKSTEP_SETTLE_H
#define FDAR_REPLAY_LOCKSTEP_SETTLE_H

#include "replay/lockstep/lockstep.h"
#include "replay/play/play.h"

/* One session and clone while the run goes on. */
struct fdar_seat {
	struct fdar_play *play; /* NULL before it is opened and after it is over */
	struct fdar_endpoint client;
	struct fdar_endpoint server;
	gboolean known;           /* client and server are */
	gboolean seen;            /* the server's socket was */
	enum fdar_result verdict; /* when the play is over; what it was not begun with is LOCAL */
};

/* What there is to say of a step. */
struct fdar_settling {
	gboolean taken;
	gboolean answered;
	/* The kernel still carries bytes, either way. It may for minutes: lockstep.c has a bound. */
	gboolean under_way;
	enum fdar_rest rest; /* FDAR_REST_WAITING where there is no watch */
};

/* How listeners take connections, by their port: learned from the first that come. */
struct fdar_openings {
	GHashTable *ways; /* GUINT_TO_POINTER(port) -> enum fdar_opening */
};

enum fdar_opening {
	FDAR_OPENING_UNKNOWN,
	FDAR_OPENING_PROMPT,  /* the server is given them at once */
	FDAR_OPENING_DEFERRED /* with their first bytes (TCP_DEFER_ACCEPT) */
};

/* What there is to say now. The threads are looked at last: they wait after what was seen of the rest.
 * idle_ns: for how long the server has been waiting. */
void fdar_settle_look(const struct fdar_lockstep_options *options, struct fdar_seat *seat,
		      const struct fdar_step *step, const struct fdar_pace *pace, uint64_t now_ns,
		      uint64_t idle_ns, struct fdar_openings *openings,
		      struct fdar_settling *settling);

#endif
