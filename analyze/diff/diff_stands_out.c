/* Which rows grew by more than chance, the machine and the load make them. */
#include "analyze/diff/diff_private.h"
#include "instrument/wire/events.h"

/* At another pace a row must grow by more than this; on a full machine one that has little of what was
 * added. */
#define PACE_RATIO 5
/* On a full machine what runs in one run and the next differs by this: caches are others'. */
#define FULL_RATIO 2

gboolean diff_is_longer(const struct diff_work *work, gboolean running)
{
	return running && diff_knows_processor(work)
		       ? work->running_longer
		       : work->longer || (running && work->running_longer);
}

/* Nearly all sessions of the subject are above those of the baseline, by much: that some are far out
 * and make the mean vary takes nothing away. */
#define SHIFT_LEVEL 0.1 /* between blocks: one of them may be far out */

gboolean diff_is_shift(const struct fdar_diff_row *row)
{
	return row->test.delta >= 0.8 && row->ratio_median >= DIFF_UNTESTED_RATIO;
}

gboolean diff_shifts_by(const struct diff_work *work, const struct fdar_diff_row *row,
			double factor, double p)
{
	return work->testable && row && work->diff->verdict.change == FDAR_CHANGE_RUNNING &&
	       !work->diff->verdict.per_call && !row->transfers && diff_is_shift(row) &&
	       MIN(row->ratio, row->ratio_median) >= factor && row->test.adjusted < p;
}

/* No mood of a machine does that, in whatever part of the run. */
static gboolean is_plain_shift(const struct fdar_diff_row *row)
{
	return row->test.delta >= 0.9 && row->ratio_median >= PACE_RATIO;
}

/* The middle is many times as long, and so are most: those few that are further out still make the mean vary, and
 * those that do not call it make it no shift. */
#define MOST_DELTA 0.5

static gboolean is_plain_most(const struct fdar_diff_row *row)
{
	return row->test.delta >= MOST_DELTA && row->ratio_median >= DIFF_PLAIN_FACTOR;
}

/* Sessions as a whole differ and the row does, on the same side; or the row alone by much. */
static gboolean is_significant(const struct diff_work *work, const struct fdar_diff_row *row)
{
	if (work->diff->whole_run)
		return TRUE;
	if (!work->testable)
		return row->gap >= DIFF_UNTESTED_RATIO;
	return row->added_ns > 0 &&
	       (diff_spread_above(&row->spread) ||
		(diff_is_shift(row) && (row->spread.p <= SHIFT_LEVEL || is_plain_shift(row)))) &&
	       (row->added_ns >= 2 * row->spread.noise_ns || diff_is_shift(row) ||
		is_plain_most(row)) &&
	       (row->test.adjusted < work->options.alpha ||
		(diff_is_longer(work, diff_row_runs(row)) && row->test.p < work->options.alpha));
}

/* It runs, sleeps, or waits for a lock: nothing that a client decides. */
static gboolean is_own_doing(const struct fdar_diff_row *row)
{
	return diff_row_runs(row) ||
	       (row->frame == FDAR_FRAME_WAIT &&
		(row->wait == FDAR_WAIT_SLEEP || row->wait == FDAR_WAIT_LOCK));
}

/* What it gained may be the short calls in it that were left out of one side: of the other they are
 * calls. */
static gboolean is_left_out(const struct diff_work *work, const struct fdar_diff_row *row)
{
	double short_ns = work->options.left_out_ns;
	double in_it_ns = row->subject.skipped_ns - row->baseline.skipped_ns;

	/* Less than half of the sessions call it. */
	double total_ns = row->subject.total_median_ns > 0 ? row->subject.total_median_ns
							   : row->subject.total_ns;

	if (!(short_ns > 0) || !diff_row_runs(row))
		return FALSE;
	return total_ns < 4 * short_ns * row->subject.outer_calls ||
	       row->added_ns - MAX(in_it_ns, 0) < 0.5 * row->added_ns;
}

/* By what factor and how much a row grew; where all of it moved, the middle of it says so, too: one
 * session of the baseline that is far out hides that in the means. */
static double grown_ratio(const struct fdar_diff_row *row)
{
	return diff_is_shift(row) ? MAX(row->ratio, row->ratio_median) : row->ratio;
}

static double grown_ns(const struct fdar_diff_row *row, double usual)
{
	double mean_ns = row->subject.own_ns - usual * row->baseline.own_ns;
	double median_ns = row->subject.own_median_ns - usual * row->baseline.own_median_ns;

	return diff_is_shift(row) ? MAX(mean_ns, median_ns) : mean_ns;
}

/* By what factor a row must grow on a full machine, where it has little of what was added: who is kept
 * from the processor for some sessions makes the mean, not the median. */
static double least_on_full(const struct diff_work *work, const struct fdar_diff_row *row,
			    double usual)
{
	if (diff_is_shift(row))
		return 2;
	return row->ratio_median >= usual * work->options.min_ratio ? PACE_RATIO
								    : DIFF_PLAIN_FACTOR;
}

/* Of what is worth a word: less is none in a session either. */
#define FEW_PART 0.5

/* What grew is not the middle, or that by next to nothing, but some sessions: then these must be beyond chance, too,
 * by more than that. All being a little longer is significant, and what a few add is large; neither is both. */
static gboolean is_of_few_by_chance(const struct diff_work *work, const struct fdar_diff_row *row,
				    double usual)
{
	double little_ns = FEW_PART * diff_least_added(work, is_own_doing(row));
	double middle_ns = row->subject.own_median_ns - usual * row->baseline.own_median_ns;
	gboolean few = row->ratio_median < usual * work->options.min_ratio || middle_ns < little_ns;

	return work->testable && few &&
	       diff_p_few(work, row, usual, little_ns) >= work->options.alpha;
}

/* It has more time because more of its calls are sessions' that were the server's, each as long as
 * before. */
static gboolean is_moved(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return row->counts.moved && (row->presence != FDAR_IN_BOTH ||
				     row->ratio < work->options.min_ratio * row->ratio_calls);
}

/* What it has more of was elsewhere before, or is what recording took. */
static gboolean is_explained(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return row->traded || is_left_out(work, row) || is_moved(work, row) ||
	       diff_price_hides(work, row);
}

/* It runs so much longer that neither pace nor a system call between others is the reason. */
static gboolean is_beyond_pace(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return diff_row_runs(row) && !diff_hides_running(work) && row->ratio >= DIFF_PACE_FACTOR &&
	       row->added_ns >= DIFF_PACE_NS;
}

/* A row that grew, by more than everything else did and than the sessions were asked for. */
gboolean diff_stands_out(const struct diff_work *work, const struct fdar_diff_row *row)
{
	const struct fdar_diff_load *load = &work->diff->load;
	/* On a full machine who has a lock may be kept from the processor with it. */
	gboolean kept =
		row->frame == FDAR_FRAME_WAIT && row->wait == FDAR_WAIT_LOCK && diff_is_full(work);
	gboolean runs = is_own_doing(row) && !kept;
	double usual;

	if (!diff_is_large(work, grown_ratio(row), grown_ns(row, 1), runs) ||
	    !is_significant(work, row))
		return FALSE;
	if (row->resting || (row->frame == FDAR_FRAME_WAIT && row->wait == FDAR_WAIT_PROCESSOR))
		return FALSE;
	/* Did nothing itself. */
	if (!(row->subject.calls > 0) && !row->below)
		return FALSE;
	if (is_explained(work, row))
		return FALSE;
	/* Who comes more slowly is waited for longer; who never ends is no matter of pace. */
	if (load->pace && !diff_holds(work, row) && !is_beyond_pace(work, row) &&
	    (row->transfers || !runs))
		return FALSE;
	usual = MAX(load->work, diff_machine(work->diff, row));
	/* Caches that are cold, processors that sleep and wake up: at leisure all is slower. */
	double ratio = grown_ratio(row);
	if (load->pace && ratio < PACE_RATIO * usual)
		return FALSE;
	if (diff_is_full(work) && diff_row_runs(row) && !diff_has_several(work) &&
	    ratio < FULL_RATIO * usual)
		return FALSE;
	if (diff_hides_running(work) && row->share < DIFF_MIN_PART &&
	    ratio < usual * least_on_full(work, row, usual))
		return FALSE;
	if (is_of_few_by_chance(work, row, usual))
		return FALSE;
	return diff_is_large(work, ratio / usual, grown_ns(row, usual), runs);
}

#define MOST_P 1e-4

const struct fdar_diff_row *diff_most_of_it(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_diff_row *row = diff->row_count ? &diff->rows[0] : NULL;

	if (!row || diff->whole_run || diff->even || diff->load.pace || row->share < 0.5 ||
	    row->transfers || row->added_ns <= 0 || !diff_row_runs(row) ||
	    !(row->subject.calls > 0) || !(row->ratio > 1) || !isfinite(row->ratio) ||
	    is_explained(work, row))
		return NULL;
	return row->test.adjusted < MOST_P && diff_spread_above(&row->spread) ? row : NULL;
}
