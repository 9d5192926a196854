/*
 * --jobs, as `flowdar reduce` and `flowdar hunt` have it: runs at once share the processors, and files; not the network.
 */
#ifndef FDAR_CLI_REDUCE_JOBS_OPTION_H
#define FDAR_CLI_REDUCE_JOBS_OPTION_H

#include "cli/kit/options.h"
#include "cli/reduce/judge.h"

#define FDAR_JOBS_HELP                                                                             \
	"Make N runs at once, each with a server in a network namespace of its own; default: one " \
	"after the other, in none"

/* Whether so many (0: not asked for) go with the rest. FALSE and error (G_OPTION_ERROR). */
gboolean fdar_jobs_option_read(unsigned jobs, const struct fdar_trial_options *trial,
			       enum fdar_test test, GError **error);

/* Where the kernel gives no namespaces it goes on without: a warning, and *jobs is 0. */
void fdar_jobs_option_try(const struct fdar_usage *usage, unsigned *jobs);

#endif
