/*
 * The stepper: where a run in lockstep pauses, and who lets it go on.
 *
 * Place in the house: fdar_lockstep_options.before of replay --lockstep. While the run pauses, lines are
 * read from standard input and from the control pipe (a FIFO, for debuggers); while it runs, from the pipe
 * only. What is shown goes to standard error.
 *
 *   Enter, s [N], step [N]   one step (N steps) more
 *   u N, until N             until N steps are done
 *   c, go                    to the end
 *   p, pause                 pause before the next step (while it runs)
 *   w, where                 the next step
 *   q, quit                  stop here
 */
#ifndef FDAR_CLI_REPLAY_STEPPER_H
#define FDAR_CLI_REPLAY_STEPPER_H

#include <glib.h>
#include <stdint.h>

#include "replay/lockstep/lockstep.h"

struct fdar_stepper;

/* Runs freely for so many steps (UINT64_MAX: for all). control: the pipe, may be NULL; made where there is
 * none, and then taken away at the end. NULL and error when it is there and no pipe of ours. order must
 * outlive it. */
struct fdar_stepper *fdar_stepper_new(const struct fdar_order *order, uint64_t until,
				      const char *control, const volatile int *stop,
				      GError **error);
/* NULL is allowed. */
void fdar_stepper_free(struct fdar_stepper *stepper);

/* Before a step (from 1): returns when it may go. FALSE: the run is to stop. */
gboolean fdar_stepper_before(struct fdar_stepper *stepper, uint64_t number,
			     const struct fdar_step *step);

/* After a step: says how it went, when steps are let go one by one. */
void fdar_stepper_after(struct fdar_stepper *stepper, const struct fdar_stepped *stepped);

#endif
