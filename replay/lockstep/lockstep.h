/*
 * Lockstep: a capture played one step at a time, in one order (order.h).
 *
 * Place in the house: the top of replay/, a loop for the driver (fdar_driver_options.loop) over the same
 * plays; their rules of what a session does are dialogue.h's, with FDAR_PACE_STEP.
 *
 *     READY --before() lets it--> MOVING --it has left--> SETTLING --settled--> READY ... DONE
 *
 * A step has settled when all of this is so:
 * - taken: the server has read what the step brought. Our socket has nothing that is not acknowledged
 *   (SIOCOUTQ), or all of it is in the server's socket; of that nothing is unread; an opening is accepted
 *   (or the kernel waits with it for the first bytes: TCP_DEFER_ACCEPT); a FIN is read;
 * - answered: the captured answer to what its session has sent is there, by the rule of dialogue.h; and
 * - the server waits for work (threads.h).
 *
 * What the kernel still carries between the two sockets (a busy machine) is no quiet of the server, for
 * FDAR_LOCKSTEP_CARRIED_NS. A connection of which nothing has come while the server waited for FDAR_LOCKSTEP_OPEN_NS
 * is given up (TIMEOUT, and the step UNTAKEN): the kernel would try for minutes where the listener's queue is full.
 *
 * A server that waits for work, and has for quiet_ns at every look while the step was not taken or not answered, is not
 * going to: the step ends as UNTAKEN, or UNANSWERED where nothing came at all, and the next one comes. That is how a session gets its
 * turn that others wait for.
 *
 * Where the server's processes are not known (no watch: another user's, or another machine's), a step has
 * settled when it is taken and answered; and, where it has no answer, when nothing has come for quiet_ns.
 * Where its sockets are not seen either (another machine, or network namespace), taken means that its
 * kernel has acknowledged. patience_ns takes the place of quiet_ns for giving up.
 *
 * Time. Nothing times out while the server is stopped (a debugger), nor while this program is: a span
 * between two looks counts as FDAR_LOCKSTEP_SPAN_NS at most. Before a step, before() may wait as long as
 * it likes.
 */
#ifndef FDAR_REPLAY_LOCKSTEP_LOCKSTEP_H
#define FDAR_REPLAY_LOCKSTEP_LOCKSTEP_H

#include <glib.h>
#include <stdint.h>

#include "replay/lockstep/order.h"
#include "replay/lockstep/queues.h"
#include "replay/lockstep/threads.h"
#include "replay/play/driver.h"

#define FDAR_LOCKSTEP_SPAN_NS 5000000u

/* Twice what the kernel waits before it sends a handshake's packet again (RFC 6298). */
#define FDAR_LOCKSTEP_CARRIED_NS 2000000000u

/* A connection's first packet is sent again after one second and after three (RFC 6298): more than these two. */
#define FDAR_LOCKSTEP_OPEN_NS ((uint64_t)4000000000)

enum fdar_step_end {
	FDAR_STEP_SETTLED,
	FDAR_STEP_UNANSWERED,
	FDAR_STEP_UNTAKEN,
	FDAR_STEP_SKIPPED, /* its session was over before */
	FDAR_STEP_ENDS
};

/* "settled", "unanswered", "untaken", "skipped". */
const char *fdar_step_end_text(enum fdar_step_end end);

/* A step that is over. Valid during the call it is given to. */
struct fdar_stepped {
	uint64_t number; /* from 1 */
	const struct fdar_step *step;
	enum fdar_step_end end;
	uint64_t sent_bytes;     /* by the step */
	uint64_t received_bytes; /* by its session while it went on */
	uint64_t begin_ns;       /* since the run began */
	uint64_t end_ns;
};

struct fdar_lockstep_options {
	const struct fdar_order *order; /* borrowed, as are the next two */
	struct fdar_threads *watch;     /* NULL: the server's processes are not known */
	struct fdar_queues *queues;     /* NULL: its sockets are not seen */
	uint64_t quiet_ns;
	uint64_t patience_ns;
	/* Before each step. FALSE ends the run as if it was stopped. May be NULL. */
	gboolean (*before)(void *user, uint64_t number, const struct fdar_step *step);
	/* After each step. May be NULL. */
	void (*after)(void *user, const struct fdar_stepped *stepped);
	/* The server was stopped, or goes on. May be NULL. */
	void (*stopped)(void *user, gboolean stopped);
	void *user;
};

struct fdar_lockstep_totals {
	uint64_t ends[FDAR_STEP_ENDS]; /* steps, by how they ended */
	uint64_t unseen;               /* sessions whose socket at the server was not seen */
	uint64_t looks;                /* how often the server was looked at */
	uint64_t steps_ns;             /* all steps took, without what is between them */
};

struct fdar_lockstep;

/* options are copied. The caller frees it, after the run. */
struct fdar_lockstep *fdar_lockstep_new(const struct fdar_lockstep_options *options);
void fdar_lockstep_free(struct fdar_lockstep *lockstep);

/* For fdar_driver_options.loop, with a struct fdar_lockstep as loop_user. */
enum fdar_replay_end fdar_lockstep_loop(void *lockstep, struct fdar_driver *driver,
					const volatile int *stop);

const struct fdar_lockstep_totals *fdar_lockstep_totals(const struct fdar_lockstep *lockstep);

#endif
