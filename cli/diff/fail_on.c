#include "cli/diff/fail_on.h"

#include <math.h>
#include <string.h>

static double time_ratio(const struct fdar_diff *diff)
{
	return diff->ratio;
}

static double verdict_ratio(const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	/* A few sessions say nothing of the others. */
	return verdict->change == FDAR_CHANGE_NONE || verdict->few_only ? diff->ratio
									: verdict->factor;
}

static double unfinished_percent(const struct fdar_diff *diff)
{
	const struct fdar_diff_sessions *subject = &diff->subject;

	return subject->sessions ? 100 * (double)subject->unfinished / (double)subject->sessions
				 : 0;
}

static double lost_percent(const struct fdar_diff *diff)
{
	return 100 * diff->subject.discarded;
}

static const struct {
	const char *name;
	double (*value)(const struct fdar_diff *diff);
	double most; /* what is above it could never be crossed */
} metrics[] = {
	{ "ratio", verdict_ratio, HUGE_VAL },
	{ "time", time_ratio, HUGE_VAL },
	{ "unfinished", unfinished_percent, 100 },
	{ "lost", lost_percent, 100 },
};

gboolean fdar_fail_on_parse(const char *text, struct fdar_fail_on *fail_on)
{
	const char *sign = strchr(text, '>');
	double most = 0;
	char *end;

	if (!sign)
		return FALSE;
	fail_on->what = NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(metrics); i++) {
		if (strlen(metrics[i].name) != (size_t)(sign - text) ||
		    strncmp(text, metrics[i].name, (size_t)(sign - text)) != 0)
			continue;
		fail_on->what = metrics[i].name;
		most = metrics[i].most;
	}
	fail_on->or_equal = sign[1] == '=';
	sign += fail_on->or_equal ? 2 : 1;
	if (!g_ascii_isdigit(*sign))
		return FALSE;
	fail_on->limit = g_ascii_strtod(sign, &end);
	if (!fail_on->what || *end || !isfinite(fail_on->limit))
		return FALSE;
	return fail_on->or_equal ? fail_on->limit <= most : fail_on->limit < most;
}

gboolean fdar_fail_on_check(const struct fdar_fail_on *fail_on, const struct fdar_diff *diff,
			    double *value)
{
	*value = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(metrics); i++)
		if (strcmp(metrics[i].name, fail_on->what) == 0)
			*value = metrics[i].value(diff);
	return fail_on->or_equal ? *value >= fail_on->limit : *value > fail_on->limit;
}
