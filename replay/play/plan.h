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
#ifndef FDAR_REPLAY_PLAY_PLAN_H
#define FDAR_REPLAY_PLAY_PLAN_H

#include <glib.h>
#include <stdint.h>

#include "replay/play/script.h"

enum fdar_phase { FDAR_PHASE_NONE, FDAR_PHASE_UNIFORM, FDAR_PHASE_RANDOM };

struct fdar_plan_input {
	const struct fdar_scripts *scripts; /* borrowed */
	uint32_t clones;                    /* at least 1 */
	uint64_t rounds;                    /* 0: without end */
};

struct fdar_plan_options {
	double speed;  /* 1: as captured; > 0 */
	double rate;   /* sessions a second in place of captured starts; 0: as captured */
	gboolean asap; /* all starts are due at once, in the order they would have had */
	enum fdar_phase phase;
	uint32_t seed;
};

struct fdar_start {
	const struct fdar_script *script;
	uint32_t input;
	uint32_t clone;
	uint32_t round;
	uint64_t due_ns; /* since the run began */
	uint64_t client; /* number of the client host: different for each host of a capture, clone
			  * and round */
	struct fdar_endpoint
		source; /* where it is played from; all zero: by the routes, from a port
				      * that the kernel chooses */
};

struct fdar_plan;

/* inputs are copied. The caller frees the plan. */
struct fdar_plan *fdar_plan_new(const struct fdar_plan_input *inputs, size_t count,
				const struct fdar_plan_options *options);

/* The next start, by time; ties by clone, then by capture. FALSE at the end. */
gboolean fdar_plan_next(struct fdar_plan *plan, struct fdar_start *start);

/* Sessions that an input asks for, playable or not; 0 when it has no end. */
uint64_t fdar_plan_asked(const struct fdar_plan *plan, uint32_t input);

/* When the last session is due to be over, ns since the beginning; 0 when that is not known. */
uint64_t fdar_plan_length_ns(const struct fdar_plan *plan);

void fdar_plan_free(struct fdar_plan *plan);

#endif
