/*
 * Live: a capture played at one server and mirrored at another as it happens.
 *
 * Place in the house: the last rung of ladder.h; a player of a trial, so it runs in a process of its own.
 * The watched server is a second one of the same command. What it prints on standard output is the
 * mirror's summary.
 */
#ifndef FDAR_CLI_VERIFY_LIVE_H
#define FDAR_CLI_VERIFY_LIVE_H

#include <stdint.h>

#include "cli/reduce/trial.h"

struct fdar_live {
	const struct fdar_trial_options *trial;
	const char *capture;
	const char *const *more; /* files that are read together with it; NULL: none */
	uint32_t copies;
	uint64_t limit_ns;                    /* of playing */
	int (*mirror)(int argc, char **argv); /* the command */
};

/* user: a struct fdar_live. Gives an exit code, FDAR_EXIT_LIMIT when the play was cut by its time; what fails is told on standard error. */
int fdar_live_play(void *user, const char *where);

#endif
