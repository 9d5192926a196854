/*
 * --fail-on: limits that turn a comparison into an exit code, for scripts.
 *
 *	ratio>2         the factor of the verdict; without a culprit, of the mean time per session
 *	time>2          the factor of the mean time per session
 *	unfinished>10   per cent of the subject's sessions that did not end
 *	lost>1          per cent of the subject's events that were discarded
 *
 * ">=" is possible too.
 */
#ifndef FDAR_CLI_DIFF_FAIL_ON_H
#define FDAR_CLI_DIFF_FAIL_ON_H

#include <glib.h>

#include "analyze/diff/diff.h"

/* What is right, for the message to who gave something else. */
#define FDAR_FAIL_ON_EXPECTED \
	"expected ratio>N, time>N, unfinished>PERCENT or lost>PERCENT (or >=), PERCENT to 100"

struct fdar_fail_on {
	const char *what; /* the part before the sign, one of ours */
	double limit;
	gboolean or_equal;
};

/* FALSE when the text is none. */
gboolean fdar_fail_on_parse(const char *text, struct fdar_fail_on *fail_on);

/* Is the limit crossed? value is what was compared with it. */
gboolean fdar_fail_on_check(const struct fdar_fail_on *fail_on, const struct fdar_diff *diff,
			    double *value);

#endif
