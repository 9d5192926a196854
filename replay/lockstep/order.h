/*
 * The order: every step of a run in lockstep, one after the other.
 *
 * Place in the house: between scripts (replay/play/script.h) and the loop (lockstep.h). Made from a
 * capture: the steps of all sessions by captured time, ties by clone, by session. Or fed from a file
 * (order_text.h), which may put the steps of different sessions in any order, and leave out the rest of
 * a session, or all of it; the steps of one session come as they were captured.
 *
 * A step is a session's opening, one captured write of its client (a part of a message: what one
 * segment brought), its half-close, reset, or close. Order and addresses depend on the capture, the clones
 * and the routes alone: every run has the same.
 *
 * Addresses: by the routes; a client's port is its captured one, unless that is below 1024, is played at,
 * or another session or clone of that address has it: then the next one from 10000 on that nobody has.
 *
 * Memory: 32 bytes a step, 80 a session and clone; while it is made 48 a step more.
 */
#ifndef FDAR_REPLAY_LOCKSTEP_ORDER_H
#define FDAR_REPLAY_LOCKSTEP_ORDER_H

#include <glib.h>
#include <stdint.h>

#include "replay/lockstep/order_text.h"
#include "replay/play/plan.h"
#include "replay/play/routes.h"

struct fdar_step {
	uint32_t role;
	uint32_t message; /* SEND: from 1 */
	uint32_t part;    /* SEND: from 1 */
	uint8_t kind;     /* enum fdar_step_kind */
};

/* A session and clone that can be played. */
struct fdar_role {
	struct fdar_start start;
	uint64_t first; /* its steps: count of them in order->own from here */
	uint64_t count;
};

struct fdar_order {
	struct fdar_role *roles;
	uint32_t role_count;
	struct fdar_step *steps; /* in the order of the run */
	uint64_t count;
	uint64_t open_at_once;
	struct fdar_step *own; /* private: in the order of roles */
	uint64_t own_count;
	int64_t *of_session; /* private: by clone and session, the role or -1 */
	uint32_t clones;
	uint32_t sessions;
};

/* The order of a capture: all its sessions that can be played, input->clones times, one round. NULL and
 * error (G_OPTION_ERROR_BAD_VALUE) when there are more than 2^28 steps, or an address runs out of ports. */
struct fdar_order *fdar_order_new(const struct fdar_plan_input *input,
				  const struct fdar_routes *routes, GError **error);

/* Replaces the steps by those that text (length bytes) says; name is what errors call it ("FILE:LINE:
 * ..."). FALSE and error (G_OPTION_ERROR_BAD_VALUE) when it does not fit the capture: the order is then
 * as it was, but for the addresses. */
gboolean fdar_order_feed(struct fdar_order *order, const char *text, size_t length,
			 const char *name, GError **error);

/* Writes it to a file, whole or not at all. */
gboolean fdar_order_write(const struct fdar_order *order, const char *path, GError **error);

/* A step as its line in the file, with the address that an open has. */
const char *fdar_order_step_text(const struct fdar_order *order, const struct fdar_step *step,
				 char text[FDAR_ORDER_LINE_MAX]);

/* NULL is allowed. */
void fdar_order_free(struct fdar_order *order);

#endif
