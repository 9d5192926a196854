/*
 * The ladder: a small capture played at a server in one way after the other, and what is normal beside it.
 *
 * Place in the house: what `flowdar verify` climbs, on trials and the judge of cli/reduce. On each rung
 * the baseline and the small capture are played in the same way, one after the other, until yes leads no by
 * so many runs or the other way round; the limit is that rung's own baseline's, of its last five runs. The small capture is played in as many copies as make as many
 * sessions as the baseline has: the first sessions of a fresh server cost more than others, of both.
 */
#ifndef FDAR_CLI_VERIFY_LADDER_H
#define FDAR_CLI_VERIFY_LADDER_H

#include <glib.h>
#include <stdint.h>

#include "cli/reduce/judge.h"
#include "cli/reduce/trial.h"

#define FDAR_LADDER_RUNS_MAX 20u

enum fdar_rung {
	FDAR_RUNG_FED,       /* a session at a time */
	FDAR_RUNG_LARGER,    /* among the baseline's sessions */
	FDAR_RUNG_REPLAYED,  /* at captured times */
	FDAR_RUNG_AMPLIFIED, /* in more copies, side by side */
	FDAR_RUNG_MIRRORED,  /* at another server, and mirrored from there as it happens */
	FDAR_RUNGS
};

enum fdar_rung_verdict {
	FDAR_RUNG_NOT_DONE, /* why says why */
	FDAR_RUNG_FREE,     /* it does not hurt */
	FDAR_RUNG_HURTS,
	FDAR_RUNG_UNKNOWN
};

struct fdar_rung_result {
	enum fdar_rung_verdict verdict;
	double figure, normal; /* medians; NAN: none */
	unsigned runs, hurts;
	char *why; /* NULL: nothing more to say; owned */
};

struct fdar_ladder {
	/* Set by the caller; borrowed. */
	const struct fdar_judge
		*judge; /* what is measured, and the limit where there is no baseline */
	const struct fdar_trial_options *trial;
	const char *small;
	const char *const *base; /* files that are one capture; NULL: there is none */
	uint32_t small_sessions, base_sessions;
	uint32_t clones; /* of FDAR_RUNG_AMPLIFIED */
	unsigned runs;
	uint64_t limit_ns; /* of one play */
	int (*mirror)(int argc, char **argv);
	void (*show)(void *user, enum fdar_rung rung, unsigned run); /* may be NULL */
	void *user;
	/* What comes out. */
	struct fdar_rung_result rungs[FDAR_RUNGS];
};

/* "fed", "larger", ... */
const char *fdar_rung_text(enum fdar_rung rung);

/* How many copies of the small capture are as many sessions as the baseline has. */
uint32_t fdar_ladder_copies(const struct fdar_ladder *ladder);

/* Blocks. FALSE and error when the server cannot be started, and (CANCELLED) when it was stopped;
 * rungs that were climbed before have their results. */
gboolean fdar_ladder_climb(struct fdar_ladder *ladder, GError **error);

void fdar_ladder_clear(struct fdar_ladder *ladder);

#endif
