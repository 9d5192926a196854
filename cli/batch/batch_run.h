/*
 * Running a batch: flowdar analyze --save for every case, some at a time, each in a process of its own:
 * one that dies takes nobody along.
 */
#ifndef FDAR_CLI_BATCH_BATCH_RUN_H
#define FDAR_CLI_BATCH_BATCH_RUN_H

#include "cli/batch/batch_cases.h"

struct fdar_batch_options {
	guint jobs;
	const char *unit; /* NULL: the default, as of rules */
	const char *rules;
	const char *listing; /* of --symbols */
	gboolean again;      /* those that are done, too */
	const volatile int *stop;
	/* Called when a case is through: was it done before? */
	void (*through)(const struct fdar_batch_case *one, gboolean before, void *user);
	void *user;
};

/* FALSE: it was stopped. What failed is in the cases. making: where profiles are made. */
gboolean fdar_batch_run(GPtrArray *cases, const struct fdar_batch_options *options,
			struct fdar_batch_making *making);

#endif
