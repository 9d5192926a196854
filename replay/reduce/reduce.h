/*
 * Reduce: the smallest set of units that still hurts, with few questions.
 *
 * Place in the house: the search behind `flowdar reduce`. It knows nothing of captures or servers:
 * units are numbers (sessions, or messages of sessions), and an oracle (tries.h) says of a set
 * whether it hurts.
 *
 * How it searches. Units have an order. The shortest hurting beginning of it ends with a unit that
 * is needed; it is found by bisection. That unit stays in every later question, and what came behind
 * it is dropped; then the next needed one is searched in what is left, until what was found hurts
 * alone. That takes about log2(units) questions for each unit of the result, whether the units hurt
 * only together or each by itself. With weights the order is by weight, heaviest first, and
 * beginnings of 1, 2, 4, ... units are tried before the whole: guilty units that stand out cost a
 * question or two, and are found even where the whole does not hurt, because there are so many
 * others. At the end each unit is left out once: what is left is minimal as to single units.
 *
 * Mistakes of the oracle. A yes that is none throws guilty units away: it has to be answered `trust`
 * times more often than no, what is left is asked about once more whenever a unit was found, and if
 * it does not hurt then the search goes back to the last set that does. A no that is none only makes
 * the result larger: the last pass takes that out.
 *
 * Load. While sets get smaller each unit gets more copies, so that the load that is offered stays
 * the same; at the end the copies are lowered, by bisection, while it hurts.
 *
 * Several causes. With `all` what is left of the units without the result is asked about; while that
 * hurts too there is another set, found in the same way.
 *
 * Memory: 8 bytes a unit, 100 a question. One thread. Same answers, same questions.
 */
#ifndef FDAR_REPLAY_REDUCE_REDUCE_H
#define FDAR_REPLAY_REDUCE_REDUCE_H

#include <glib.h>
#include <stdint.h>

#include "replay/reduce/tries.h"

struct fdar_reduce_options {
	uint32_t units;        /* at least 1 */
	const double *weights; /* of each unit; NULL: none is known. Borrowed */
	uint32_t load;         /* units times copies that every question offers; 0: each question
				* has `intensity` copies */
	uint32_t intensity;    /* of the whole set; at least 1 */
	uint32_t trust;        /* at least 1. 1 is for an oracle that is never wrong */
	uint32_t confirm;      /* questions about the result at the end; 0: none */
	gboolean all;          /* search for every cause, not only for one */
	gboolean keep_load;    /* copies are not lowered at the end */
	/* A smaller set that hurts, or the one that the search went back to. May be NULL. */
	void (*better)(void *user, const struct fdar_try *best);
	void *user;
};

enum fdar_reduce_end {
	FDAR_REDUCE_DONE,
	FDAR_REDUCE_HARMLESS, /* the whole set does not hurt: there is nothing to search for */
	FDAR_REDUCE_STOPPED,  /* by the oracle or the limit of runs: the best so far */
	FDAR_REDUCE_DOUBTFUL  /* the oracle contradicted itself so often that nothing held */
};

struct fdar_reduced {
	enum fdar_reduce_end end;
	GArray *units;      /* uint32_t, rising: of all causes */
	GArray *causes;     /* uint32_t: how many units each cause has; in order of `by_cause` */
	GArray *by_cause;   /* uint32_t: units, cause after cause */
	uint32_t intensity; /* copies with which the units hurt */
	uint32_t confirmed; /* of confirm_runs questions about the result, how often it hurt */
	uint32_t confirm_runs;
	unsigned went_back; /* how often a yes turned out to be none */
};

/* Searches; copies are as the load wants them. The caller clears the result, which is there in any
 * case. */
void fdar_reduce_run(struct fdar_tries *tries, const struct fdar_reduce_options *options,
		     struct fdar_reduced *result);

/* What comes last: copies are lowered while it hurts, then it is confirmed. result has units and an
 * intensity with which they hurt; its end is DONE or STOPPED. */
void fdar_reduce_settle(struct fdar_tries *tries, const struct fdar_reduce_options *options,
			struct fdar_reduced *result);
void fdar_reduced_clear(struct fdar_reduced *result);

#endif
