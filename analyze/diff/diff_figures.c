/* Figures, in words and not, and questions that all files of the diff ask. */
#include "analyze/diff/diff_private.h"

#include "base/amount.h"
#include "instrument/wire/events.h"

double diff_ratio(double baseline, double subject)
{
	if (baseline > 0)
		return subject / baseline;
	return subject > 0 ? INFINITY : 1;
}

gboolean diff_is_calls(const struct diff_work *work, double time, double calls)
{
	return isfinite(time) && isfinite(calls) && calls >= work->options.min_ratio &&
	       calls >= 0.5 * time;
}

gboolean diff_leaves_out(const struct diff_work *work, uint32_t function)
{
	if (!work->diff->whole_run || function == FDAR_PROFILE_NONE)
		return FALSE;
	const struct fdar_profile_function *about = &work->names->functions[function];
	return about->kind == FDAR_FRAME_WAIT &&
	       (about->wait == FDAR_WAIT_POLL || about->wait == FDAR_WAIT_ACCEPT ||
		about->wait == FDAR_WAIT_COND);
}

gboolean diff_row_runs(const struct fdar_diff_row *row)
{
	return row->frame == FDAR_FRAME_FUNCTION || row->frame == FDAR_FRAME_SCOPE ||
	       row->frame == FDAR_FRAME_INFERRED;
}

gboolean diff_is_function(const struct fdar_diff_node *node)
{
	return node->frame == FDAR_FRAME_FUNCTION || node->frame == FDAR_FRAME_SCOPE ||
	       node->frame == FDAR_FRAME_INFERRED;
}

double diff_outer_ratio(const struct fdar_diff_side *baseline, const struct fdar_diff_side *subject)
{
	return diff_ratio(baseline->outer_calls, subject->outer_calls);
}

double diff_per_outer_call(const struct fdar_diff_side *side)
{
	return side->outer_calls > 0 ? side->total_ns / side->outer_calls : 0;
}

gboolean diff_mostly_waits(const struct fdar_diff_node *node)
{
	return node->subject.wait_ns - node->baseline.wait_ns >= 0.5 * node->tree_added_ns;
}

/* What a change must add. What runs is measured by what ran before: a client that is slow to ask makes
 * sessions wait for it, and a run that is short beside that may be an attack. */
double diff_usual_ns(const struct diff_work *work, gboolean running)
{
	const struct fdar_diff_sessions *baseline = &work->diff->baseline;
	const struct diff_side *side = &work->side[BASELINE];
	gboolean runs = running && baseline->running_ns > 0;
	double mean_ns = runs ? baseline->running_ns : baseline->busy_ns;
	double median_ns =
		fdar_histogram_quantile(runs ? &side->group->running_ns : &side->group->busy_ns,
					0.5, side->sessions);

	return work->testable ? MIN(mean_ns, 2 * median_ns) : mean_ns;
}

double diff_least_added(const struct diff_work *work, gboolean running)
{
	double part = running && work->testable ? DIFF_MIN_RUNNING_PART : DIFF_MIN_PART;
	double floor_ns = work->testable ? DIFF_MIN_ADDED_NS : DIFF_MIN_UNTESTED_NS;

	if (work->options.min_added_ns > 0)
		floor_ns = work->options.min_added_ns;
	/* Who is asked for more runs for more. */
	return MAX(part * MAX(work->diff->load.work, 1) * diff_usual_ns(work, running), floor_ns);
}

gboolean diff_is_large(const struct diff_work *work, double ratio, double added_ns,
		       gboolean running)
{
	double least = work->testable ? work->options.min_ratio
				      : MAX(work->options.min_ratio, DIFF_UNTESTED_RATIO);

	return ratio >= least && added_ns >= diff_least_added(work, running);
}

/* The row that the verdict is about; NULL: it is about something else. */
const struct fdar_diff_row *diff_verdict_row(const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	for (uint32_t i = 0; i < diff->row_count && verdict->function && !verdict->server; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		if (row->function == verdict->function && row->component == verdict->component &&
		    g_strcmp0(row->below, verdict->below) == 0)
			return row;
	}
	return NULL;
}

double diff_resting_added_ns(const struct fdar_diff *diff)
{
	double resting_ns = 0;

	for (uint32_t i = 0; i < diff->row_count; i++)
		resting_ns += diff->rows[i].resting ? diff->rows[i].added_ns : 0;
	return resting_ns;
}

/* Three significant digits and a unit. */
const char *diff_duration(double ns, char text[32])
{
	return fdar_duration_text(ns, text);
}

/* "1.5", "412", "12,345". */
void diff_add_number(GString *text, double value)
{
	g_autofree char *number = fdar_number_text(value);

	g_string_append(text, number);
}

const char *diff_units(const struct fdar_diff *diff)
{
	return diff->unit == FDAR_UNIT_REQUEST ? "requests" : "sessions";
}
