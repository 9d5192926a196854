#include "cli/reduce/jobs_option.h"

#include "cli/reduce/jobs.h"

gboolean fdar_jobs_option_read(unsigned jobs, const struct fdar_trial_options *trial,
			       enum fdar_test test, GError **error)
{
	const char *problem = NULL;

	if (!jobs)
		return TRUE;
	if (trial->reset || test == FDAR_TEST_FUNCTION)
		problem = "--jobs goes with a server that is started for each run: not with "
			  "--reset, nor with function:NAME, whose runs share a recorder";
	else if (trial->to && !fdar_trial_is_loopback(trial->to))
		problem = "--jobs: in a network namespace of its own a server is only reached by "
			  "loopback: give --to such an address, or none";
	if (!problem)
		return fdar_jobs_check(jobs, test == FDAR_TEST_LATENCY, error);
	g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, problem);
	return FALSE;
}

void fdar_jobs_option_try(const struct fdar_usage *usage, unsigned *jobs)
{
	g_autoptr(GError) error = NULL;

	if (!*jobs || fdar_jobs_are_permitted(&error))
		return;
	fdar_warning(usage,
		     "--jobs: a network namespace cannot be had here (%s): runs go one after the "
		     "other, in none",
		     error->message);
	*jobs = 0;
}
