/*
 * The plan: which session starts when, for all captures, clones and rounds of a run.
 *
 * Place in the house: between scripts (script.h) and the driver, which takes one start after the
 * other from it. All times come from one schedule that is laid out from the run's beginning: none
 * is counted from the one before, so nothing adds up. Memory: 40 bytes a clone.
 *
 * Round r of clone c of a capture starts at (phase(c) + r x length of the capture) / speed. Without
 * a phase all clones start together; uniform spreads them evenly over the length of the capture,
 * random by the seed: the same seed gives the same plan.
 */
#ifndef FD_REPLAY_PLAN_H
#define FD_REPLAY_PLAN_H

#include <glib.h>
#include <stdint.h>

#include "replay/play/script.h"

enum fd_phase { FD_PHASE_NONE, FD_PHASE_UNIFORM, FD_PHASE_RANDOM };

struct fd_plan_input {
	const struct fd_scripts *scripts; /* borrowed */
	uint32_t clones;                  /* at least 1 */
	uint64_t rounds;                  /* 0: without end */
};

struct fd_plan_options {
	double speed;  /* 1: as captured; > 0 */
	double rate;   /* sessions a second in place of captured starts; 0: as captured */
	gboolean asap; /* all starts are due at once, in the order they would have had */
	enum fd_phase phase;
	uint32_t seed;
};

struct fd_start {
	const struct fd_script *script;
	uint32_t input;
	uint32_t clone;
	uint32_t round;
	uint64_t due_ns; /* since the run began */
	uint64_t client; /* number of the client host: different for each host of a capture, clone
			  * and round */
};

struct fd_plan;

/* inputs are copied. The caller frees the plan. */
struct fd_plan *fd_plan_new(const struct fd_plan_input *inputs, size_t count,
			    const struct fd_plan_options *options);

/* The next start, by time; ties by clone, then by capture. FALSE at the end. */
gboolean fd_plan_next(struct fd_plan *plan, struct fd_start *start);

/* Sessions that an input asks for, playable or not; 0 when it has no end. */
uint64_t fd_plan_asked(const struct fd_plan *plan, uint32_t input);

/* When the last session is due to be over, ns since the beginning; 0 when that is not known. */
uint64_t fd_plan_length_ns(const struct fd_plan *plan);

void fd_plan_free(struct fd_plan *plan);

#endif
